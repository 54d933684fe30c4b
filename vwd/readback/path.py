"""Reading lines: of all ways to cut a line into cells, the one whose glyphs explain its ink best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.readback.ink import Ink
from vwd.readback.lines import strip
from vwd.readback.matching import match
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height

UNREADABLE = "\ufffd"
# A cell whose best glyph correlates less is not read.
LEAST_SCORE = 0.72
# Nor one whose best glyph leaves almost as much ink unexplained as the next.
_LEAST_LEAD = 0.004
# Ink may be so much paler or darker than a glyph's.
_PALEST, _DARKEST = 0.35, 1.8
# Of the smallest glyph's ink: a cell with less that any glyph explains is a space.
_BLANK = 0.35
# A glyph below this may be a rare one, which then must fit better by so much.
_SURE, _BETTER = 0.96, 0.012
# Share of a cell's ink that counts as unexplained where it is not read, and what a cell costs in any case.
_UNREAD, _CELL = 0.5, 0.3
# Between cells a column has at most so much of the ink of a dense one.
_GAP = 0.3


class Cell(NamedTuple):
    """A character that was read, or UNREADABLE: its place in pixels of the page, and how well its glyph fits, 0 to 1."""

    text: str
    x: int
    top: int
    advance: int
    score: float


class _Windows(NamedTuple):
    """The cells of one advance that lines may consist of: which line, where it starts, its ink."""

    line: npt.NDArray[np.int64]
    x: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.float32]


def read_lines(ink: Ink, tops: list[int], left: int, face: Typeface, advances: tuple[int, ...]) -> list[list[Cell]]:
    """The cells of each line, without spaces.

    Args:
        tops: the first row of each line.
        left: where lines start.
        advances: which widths of glyphs are looked for.
    """
    height = line_height(face.font_size)
    strips = [strip(ink, top, height) for top in tops]
    widest = max(advances)
    padded = [np.pad(one, ((0, 0), (max(0, -left), 2 * widest))) for one in strips]
    start = max(left, 0)
    reached = [_reachable(one, start, advances) for one in padded]
    groups = {advance: group for advance, group in templates(face).items() if advance in advances}
    edges: dict[int, dict[tuple[int, int], tuple[str, float, float]]] = {}
    for advance, group in groups.items():
        windows = _cut(padded, reached, advance)
        edges[advance] = _judge(windows, group)
    narrow = min(advances)
    lines = [
        _best_path(edges, number, one, start, narrow, tops[number], start - left)
        for number, one in enumerate(padded)
    ]
    return _with_other_glyphs(lines, padded, start - left, face)


def _reachable(line: Ink, start: int, advances: tuple[int, ...]) -> list[int]:
    """The columns at which a cell may start."""
    columns = np.where(line > 0.2, line, 0).sum(axis=0)
    inked = np.flatnonzero(columns > 0.5)
    if not len(inked) or inked[-1] < start:
        return []
    last = int(inked[-1])
    dense = float(np.quantile(columns[start : last + 1], 0.9))
    lowest = np.minimum(columns, np.concatenate([columns[:1], columns[:-1]]))
    free = lowest <= max(1.5, _GAP * dense)
    found = {start}
    fixed = len(advances) == 1
    for x in range(start, last + 1):
        if x in found:
            found.update(x + advance for advance in advances if fixed or free[x + advance])
    return sorted(x for x in found if x <= last)


def _cut(lines: list[Ink], reached: list[list[int]], advance: int) -> _Windows:
    numbers, places, pixels = [], [], []
    for number, (line, starts) in enumerate(zip(lines, reached, strict=True)):
        if starts:
            views = np.lib.stride_tricks.sliding_window_view(line, advance, axis=1)
            pixels.append(views[:, starts].transpose(1, 0, 2).reshape(len(starts), -1))
            numbers += [number] * len(starts)
            places += starts
    cells = np.concatenate(pixels) if pixels else np.empty((0, len(lines[0]) * advance), np.float32)
    return _Windows(np.array(numbers, np.int64), np.array(places, np.int64), cells)


def _judge(windows: _Windows, group: Templates) -> dict[tuple[int, int], tuple[str, float, float]]:
    """For each window, by its line and place: its character, the score, and the ink that stays unexplained."""
    if not len(windows.line):
        return {}
    energy = np.einsum("ij,ij->i", windows.pixels, windows.pixels)
    blank = _BLANK * float(group.lengths.min()) ** 2
    found = match(windows.pixels, group)
    chars = [group.chars[number] for number in found.glyph]
    explained = energy * found.score**2
    spaces = explained < blank
    score, second, gain = found.score, found.second, found.gain
    readable = (score >= LEAST_SCORE) & (gain > _PALEST) & (gain < _DARKEST)
    lead = score**2 - second**2
    cost = np.where(readable, energy * (1 - score**2), _UNREAD * energy) + _CELL
    cost = np.where(spaces, energy, cost)
    result = {}
    for i, key in enumerate(zip(windows.line.tolist(), windows.x.tolist(), strict=True)):
        clear = readable[i] and lead[i] > _LEAST_LEAD
        text = " " if spaces[i] else chars[i] if clear else UNREADABLE
        result[key] = text, float(score[i]) if clear else 0.0, float(cost[i])
    return result


def _with_other_glyphs(lines: list[list[Cell]], padded: list[Ink], shift: int, face: Typeface) -> list[list[Cell]]:
    """The same cells, but where a glyph of another tier fits clearly better than the best common one, that."""
    for tier in (1, 2):
        weak = [(n, at, cell) for n, line in enumerate(lines) for at, cell in enumerate(line) if cell.score < _SURE]
        if tier == 2:  # tens of thousands of glyphs: not for pages on which hardly anything fits
            weak = [] if 4 * len(weak) > sum(map(len, lines)) else weak
        if not weak:
            break
        others = templates(face, tier)
        for advance in {cell.advance for _, _, cell in weak} & set(others):
            places = [(n, at, cell) for n, at, cell in weak if cell.advance == advance]
            pixels = np.stack([padded[n][:, c.x + shift : c.x + shift + advance].ravel() for n, _, c in places])
            found = match(pixels, others[advance])
            for i, (n, at, cell) in enumerate(places):
                lead = found.score[i] ** 2 - found.second[i] ** 2
                if found.score[i] > max(cell.score + _BETTER, LEAST_SCORE) and lead > _LEAST_LEAD:
                    char = others[advance].chars[found.glyph[i]]
                    lines[n][at] = cell._replace(text=char, score=float(found.score[i]))
    return lines


def _best_path(
    edges: dict[int, dict[tuple[int, int], tuple[str, float, float]]],
    number: int, line: Ink, start: int, narrow: int, top: int, shift: int,
) -> list[Cell]:  # fmt: skip
    """The cells from a line's start to its last ink that leave the least ink unexplained."""
    inked = np.flatnonzero((line > 0.5).any(axis=0))
    if not len(inked):
        return []
    last = int(inked[-1])
    costs: dict[int, float] = {start: 0.0}
    came: dict[int, tuple[int, int, str, float]] = {}
    goal, lowest = -1, np.inf
    for x in range(start, last + 1):
        if x not in costs:
            continue
        for advance, found in edges.items():
            if (number, x) not in found:
                continue
            text, score, cost = found[number, x]
            if text == " " and advance != narrow:
                continue
            end, total = x + advance, costs[x] + cost
            if total < costs.get(end, np.inf):
                costs[end], came[end] = total, (x, advance, text, score)
                if end > last:
                    goal, lowest = min((goal, lowest), (end, total), key=lambda pair: pair[1])
    cells: list[Cell] = []
    x = goal
    while x in came:
        x, advance, text, score = came[x]
        if text != " ":
            cells.append(Cell(text, x - shift, top, advance, score))
    return cells[::-1]
