"""Reading lines: of all ways to cut a line into cells, the one whose glyphs explain its ink best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell, cut, judge, with_other_glyphs
from vwd.readback.ink import Ink
from vwd.readback.lines import strip
from vwd.readback.marks import with_lone_marks
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height

# A glyph that fits so well, where none of another width does, is right; where there may be a space, so well.
_CERTAIN, _CERTAIN_BESIDE_SPACE = 0.88, 0.95
# A wide glyph that fits so well, and has this share of its ink where no narrow one reaches, is alone.
_WIDE, _BEYOND = 0.95, 0.2
# So many cells of a line are looked at together, as if all were as wide as the one before, which most are.
_AHEAD = 4
# Lines of which the first cell is doubtful: so many are read in full before the others are given up.
_TRIED = 2
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

    def read(tops: list[int]) -> list[list[Cell]]:
        return [line for line in _read_at(ink, tops, left, face, advances) if line]

    return with_lone_marks(ink, read(tops), line_height(face.font_size), lambda top: next(iter(read([top])), []))


def _read_at(ink: Ink, tops: list[int], left: int, face: Typeface, advances: tuple[int, ...]) -> list[list[Cell]]:
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
    return with_other_glyphs(placed, [line.pixels for line in lines], before, face)


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
            for x in _guesses(place, read[number], widest, lines[number].last)
        ]
        for (number, x), options in zip(guesses, _options(lines, guesses, groups), strict=True):
            if places.get(number) != x:  # a guess that did not come true
                continue
            cell = _certain(options)
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


def _options(lines: list[_Line], places: Sequence[tuple[int, int]], groups: dict[int, Templates]) -> list[list[Cell]]:
    """What may start at each place, a line and a column: a cell of each width, the narrowest first.

    Where a wide glyph fits that has ink at its right, too, the others are not looked for.
    """
    widest, narrow = max(groups), min(groups)
    pixels = np.stack([lines[number].pixels[:, x : x + widest] for number, x in places])
    judged = judge(pixels.reshape(len(places), -1), groups[widest])
    options = [
        [Cell(text, x, 0, widest, score)]
        for (_, x), text, score in zip(places, judged.texts, judged.scores, strict=True)
    ]
    beyond = pixels[:, :, narrow:].sum(axis=(1, 2)) > _BEYOND * pixels.sum(axis=(1, 2))
    left = np.flatnonzero(~(beyond & (np.array(judged.scores) > _WIDE))).tolist()
    for advance in sorted(groups, reverse=True)[1:] if left else ():
        judged = judge(pixels[left, :, :advance].reshape(len(left), -1), groups[advance])
        for at, text, score in zip(left, judged.texts, judged.scores, strict=True):
            options[at].insert(0, Cell(text, places[at][1], 0, advance, score))
    return options


def _guesses(place: int, read: list[Cell], widest: int, last: int) -> range:
    """Where the next cells of a line start, if they are as wide as the one before."""
    step = read[-1].advance if read else widest
    return range(place, min(place + _AHEAD * step, last + 1), step)


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
