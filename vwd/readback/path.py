"""Of all ways to cut a line into cells, the one whose glyphs explain its ink best."""

from __future__ import annotations

import numpy as np

from vwd.readback.cells import Cell, cut, judge
from vwd.readback.strips import Strip
from vwd.readback.templates import Templates

# Between cells a column has at most so much of the ink of a dense one.
_GAP = 0.3

# For each advance and each column where a cell may start: its character, its score and its unexplained ink.
_Edges = dict[int, dict[int, tuple[str, float, float]]]


def best_path(line: Strip, start: int, groups: dict[int, Templates]) -> list[Cell]:
    """The cells from a line's start to its last ink that leave the least ink unexplained."""
    edges: _Edges = {}
    starts = _reachable(line, start, tuple(groups))
    for advance, group in groups.items():
        judged = judge(cut(line.pixels, starts, advance), group)
        edges[advance] = dict(zip(starts, zip(judged.texts, judged.scores, judged.costs, strict=True), strict=True))
    narrow = min(groups)
    costs = {start: 0.0}
    came: dict[int, Cell] = {}
    ends: dict[int, float] = {}
    for x in starts:
        if x not in costs:
            continue
        for advance, found in edges.items():
            text, score, cost = found[x]
            if text == " " and advance != narrow:
                continue
            end, total = x + advance, costs[x] + cost
            if total < costs.get(end, np.inf):
                costs[end], came[end] = total, Cell(text, x, 0, advance, score)
                if end > line.last:
                    ends[end] = total
    cells: list[Cell] = []
    x = min(ends, key=ends.__getitem__, default=start)
    while x in came:
        cells.append(came[x])
        x = came[x].x
    return cells[::-1]


def _reachable(line: Strip, start: int, advances: tuple[int, ...]) -> list[int]:
    """The columns at which a cell may start: those that cells lead to, where there is a gap or little ink."""
    columns = np.where(line.pixels > 0.2, line.pixels, 0).sum(axis=0)
    dense = float(np.quantile(columns[start : line.last + 1], 0.9))
    lowest = np.minimum(columns, np.concatenate([columns[:1], columns[:-1]]))
    free = lowest <= max(1.5, _GAP * dense)
    found = {start}
    for x in range(start, line.last + 1):
        if x in found:
            found.update(x + advance for advance in advances if free[x + advance])
            if not any(free[x + advance] for advance in advances):  # glyphs that touch, or none
                found.update(x + advance for advance in advances)
    return sorted(x for x in found if x <= line.last)
