"""Reading lines: of all ways to cut a line into cells, the one whose glyphs explain its ink best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell, cut, judge, with_other_glyphs
from vwd.readback.edges import HARMLESS, without_cut
from vwd.readback.ink import Ink
from vwd.readback.lines import strip
from vwd.readback.marks import with_lone_marks
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height

# A glyph that fits so well, where none of another width does, is right; where there may be a space, so well.
_CERTAIN, _CERTAIN_BESIDE_SPACE = 0.88, 0.95
# A glyph that fits so well is alone, where this share of a wide cell's ink is where no narrow one reaches.
_WIDE, _BEYOND = 0.95, 0.2
# So many cells of a line are looked at together, where they are likely to start.
_AHEAD = 24
# Lines of which the first cell is doubtful: so many are read in full before the others are given up.
_TRIED = 2
# Between cells a column has at most so much of the ink of a dense one.
_GAP = 0.3
# What is darker is ink; what is darker may be.
_INKED, _PALE = 0.5, 0.3

# For each advance and each column where a cell may start: its character, its score and its unexplained ink.
_Edges = dict[int, dict[int, tuple[str, float, float]]]


class _Line(NamedTuple):
    """A line's pixels, float32 [line height, width], with room on both sides.

    `last`: the last column that has ink; `first` and `end`: the picture's first column, and the one after its last.
    `gaps`: whether there is no ink in a column and in the one before.
    """

    pixels: Ink
    last: int
    first: int
    end: int
    gaps: list[bool]


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
    placed = without_cut(ink, placed, left, height)
    return with_other_glyphs(placed, [line.pixels for line in lines], before, face)


def _padded(pixels: Ink, before: int, after: int) -> _Line:
    wide = np.pad(pixels, ((0, 0), (before, after)))
    inked = np.flatnonzero((pixels > _INKED).any(axis=0))
    last = int(inked[-1]) + before if len(inked) else -1
    empty = np.less_equal(wide.max(axis=0), _PALE)
    gaps = empty & np.concatenate([[True], empty[:-1]])
    return _Line(wide, last, before, before + pixels.shape[1], gaps.tolist())


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
    widest, narrow = max(groups), min(groups)
    for number, first in _cut_at_left(lines, list(places), start, groups):
        read[number].append(first)
        places[number] += first.advance
    doubtful = []
    known: dict[tuple[int, int], list[Cell]] = {}
    while places:
        for number, place in list(places.items()):
            if edge := _cut_at_right(lines[number], place, widest, narrow):
                read[number].append(edge)
                del places[number]
        guesses = [
            (number, x) for number, place in places.items() for x in _guesses(place, narrow, widest, lines[number])
        ]
        if not guesses:
            break
        new = [guess for guess in guesses if guess not in known]
        known.update(zip(new, _options(lines, new, groups) if new else (), strict=True))
        for number, x in guesses:
            if places.get(number) != x:  # a guess that did not come true
                continue
            cell = _certain(known[number, x])
            if cell is None:
                doubtful.append(number)
                del places[number]
                continue
            read[number].append(cell)
            places[number] += cell.advance
            if places[number] > lines[number].last:
                del places[number]
    certain = any(not cell.cut for cells in read for cell in cells)
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

    Where one fits that must be alone, the others are not looked for: a wide glyph that has ink at its right, too; or a
    narrow one with a gap behind it and ink in the rest of a wide cell, since no wide glyph starts like that.
    """
    widest, narrow = max(groups), min(groups)
    pixels = np.stack([lines[number].pixels[:, x : x + widest] for number, x in places])
    beyond = pixels[:, :, narrow:].sum(axis=(1, 2)) > _BEYOND * pixels.sum(axis=(1, 2))
    options: list[dict[int, Cell]] = [{} for _ in places]

    def look(advance: int, numbers: list[int]) -> None:
        if numbers:
            cells = np.ascontiguousarray(pixels[numbers, :, :advance]).reshape(len(numbers), -1)
            judged = judge(cells, groups[advance])
            for at, text, score in zip(numbers, judged.texts, judged.scores, strict=True):
                options[at][advance] = Cell(text, places[at][1], 0, advance, score)

    gaps = [bool(ink) and lines[n].gaps[x + narrow] for ink, (n, x) in zip(beyond.tolist(), places, strict=True)]
    look(narrow, [at for at, gap in enumerate(gaps) if gap])
    left = [at for at, found in enumerate(options) if not (found and found[narrow].score > _WIDE)]
    look(widest, left)
    for at in left:
        if beyond[at] and options[at][widest].score > _WIDE:
            options[at].pop(narrow, None)
    left = [at for at in left if not (beyond[at] and options[at][widest].score > _WIDE)]
    for advance in groups:
        look(advance, [at for at in left if advance not in options[at]])
    return [[found[advance] for advance in sorted(found)] for found in options]


def _guesses(place: int, narrow: int, widest: int, line: _Line) -> Iterator[int]:
    """Where the next cells of a line start if narrow ones are those with a gap behind; only the first may be cut."""
    x = place
    for _ in range(_AHEAD):
        yield x
        x += narrow if line.gaps[x + narrow] else widest
        if x > line.last or x + widest > line.end + HARMLESS:
            break


def _cut_at_left(
    lines: list[_Line], numbers: list[int], start: int, groups: dict[int, Templates]
) -> Iterator[tuple[int, Cell]]:
    """The first cell of each of some lines where the picture's edge cuts it: as wide as lets the next one fit best."""
    if not numbers or start >= lines[0].first - HARMLESS:
        return
    options = iter(_options(lines, [(n, start + advance) for n in numbers for advance in groups], groups))
    for number in numbers:
        fits = {advance: max(cell.score for cell in next(options)) for advance in groups}
        yield number, Cell(UNREADABLE, start, 0, max(groups, key=fits.__getitem__), 0.0, cut=True)


def _cut_at_right(line: _Line, x: int, widest: int, narrow: int) -> Cell | None:
    """The cell of a line that starts at a column, if the picture's edge cuts it, or would a wide one."""
    if x + widest <= line.end + HARMLESS:
        return None
    if (line.pixels[:, x + narrow : line.end] > _INKED).any():
        return Cell(UNREADABLE, x, 0, widest, 0.0, cut=True)
    return Cell(UNREADABLE, x, 0, narrow, 0.0, cut=True) if x + narrow > line.end + HARMLESS else None


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
