"""Reading lines: of all ways to cut a line into cells, the one whose glyphs explain its ink best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell, cut, judge, with_other_glyphs
from vwd.readback.ink import Ink
from vwd.readback.lines import strip
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height

# A glyph that fits so well, where none of another width does, is right; where there may be a space, so well.
_CERTAIN, _CERTAIN_BESIDE_SPACE = 0.88, 0.95
# So many cells of a line are looked at together, as if all were as wide as the widest, which most are.
_AHEAD = 4
# Lines of which the first cell is doubtful: so many are read in full before the others are given up.
_TRIED = 2
_SMALL = frozenset(",.'`´¨’‘“”\"·•-–—−_¯~^°¸:;′″，。、：；…")
# Between cells a column has at most so much of the ink of a dense one.
_GAP = 0.3

# For each advance and each column where a cell may start: its character, its score and its unexplained ink.
_Edges = dict[int, dict[int, tuple[str, float, float]]]


class _Line(NamedTuple):
    """A line's pixels, float32 [line height, width], with room to the right; the last column that has ink."""

    pixels: Ink
    last: int


def read_lines(ink: Ink, tops: list[int], left: int, face: Typeface, advances: tuple[int, ...]) -> list[list[Cell]]:
    """The cells of each line, without spaces.

    Args:
        tops: the first row of each line.
        left: the column where lines start; it may be outside of the picture.
        advances: which widths of glyphs are looked for, the narrowest first.
    """
    height, before = line_height(face.font_size), max(0, -left)
    lines = [_padded(strip(ink, top, height), before, 2 * advances[-1]) for top in tops]
    groups = {advance: group for advance, group in templates(face).items() if advance in advances}
    if len(advances) == 1:
        found = _read_grid(lines, left + before, groups[advances[0]])
    else:
        found = _read_on(lines, left + before, groups)
    placed = [
        [cell._replace(x=cell.x - before, top=top) for cell in cells if cell.text != " "]
        for cells, top in zip(found, tops, strict=True)
    ]
    return [
        [cell._replace(text=UNREADABLE, score=0.0) for cell in cells] if _only_small(cells) else cells
        for cells in with_other_glyphs(placed, [line.pixels for line in lines], before, face)
    ]


def _only_small(cells: list[Cell]) -> bool:
    """Whether a line has nothing but small marks: these do not tell how high it stands, and differ by their height."""
    return all(cell.text in _SMALL for cell in cells)


def _padded(pixels: Ink, before: int, after: int) -> _Line:
    wide = np.pad(pixels, ((0, 0), (before, after)))
    inked = np.flatnonzero((pixels > 0.5).any(axis=0))
    return _Line(wide, int(inked[-1]) + before if len(inked) else -1)


def _read_grid(lines: list[_Line], start: int, group: Templates) -> list[list[Cell]]:
    """Lines in which all cells are equally wide."""
    starts = [list(range(start, line.last + 1, group.advance)) for line in lines]
    judged = judge(
        np.concatenate([cut(line.pixels, xs, group.advance) for line, xs in zip(lines, starts, strict=True)]), group
    )
    cells = iter(zip(judged.texts, judged.scores, strict=True))
    return [
        [Cell(text, x, 0, group.advance, score) for x, (text, score) in zip(xs, cells, strict=False)] for xs in starts
    ]


def _read_on(lines: list[_Line], start: int, groups: dict[int, Templates]) -> list[list[Cell]]:
    """Lines of cells of several widths: on from one cell to the next, in all lines at a time, while it is certain.

    Where it is not, all ways to cut the line are compared.
    """
    read: list[list[Cell]] = [[] for _ in lines]
    places = {number: start for number, line in enumerate(lines) if line.last >= start}
    widest = max(groups)
    doubtful = []
    while places:
        guesses = [
            (number, x)
            for number, place in places.items()
            for x in range(place, min(place + _AHEAD * widest, lines[number].last + 1), widest)
        ]
        judged = {
            advance: judge(np.stack([lines[n].pixels[:, x : x + advance].ravel() for n, x in guesses]), group)
            for advance, group in groups.items()
        }
        for i, (number, x) in enumerate(guesses):
            if places.get(number) != x:  # a guess that did not come true
                continue
            cell = _certain([Cell(j.texts[i], x, 0, advance, j.scores[i]) for advance, j in judged.items()])
            if cell is None:
                doubtful.append(number)
                del places[number]
                continue
            read[number].append(cell)
            places[number] += cell.advance
            if places[number] > lines[number].last:
                del places[number]
    certain = any(read)
    for place, number in enumerate(doubtful):
        if not certain and place >= _TRIED:
            break  # this is no page of text, or it lies otherwise
        read[number] = _best_path(lines[number], start, groups)
        certain |= any(cell.score > _CERTAIN for cell in read[number])
    return [
        cells or [Cell(UNREADABLE, start, 0, min(groups), 0.0)] * (line.last >= start)
        for cells, line in zip(read, lines, strict=True)
    ]


def _certain(options: list[Cell]) -> Cell | None:
    """The one of some cells that start at the same place, the narrowest first, that is certainly right, if one is."""
    blank = options[0].text == " "
    least = _CERTAIN_BESIDE_SPACE if blank else _CERTAIN
    good = [cell for cell in options if cell.score >= least]
    if len(good) == 1:
        return good[0]
    return options[0] if blank and not good and max(cell.score for cell in options) == 0 else None


def _best_path(line: _Line, start: int, groups: dict[int, Templates]) -> list[Cell]:
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


def _reachable(line: _Line, start: int, advances: tuple[int, ...]) -> list[int]:
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


__all__ = ["UNREADABLE", "Cell", "read_lines"]
