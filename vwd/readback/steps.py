"""Lines of cells of several widths, read on from one cell to the next while it is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell, judge
from vwd.readback.edges import HARMLESS
from vwd.readback.path import best_path
from vwd.readback.strips import INKED, Strip
from vwd.readback.templates import Templates

# A glyph that fits so well, where none of another width does, is right; where there may be a space, so well.
_CERTAIN, _CERTAIN_BESIDE_SPACE = 0.88, 0.95
# A glyph that fits so well is alone, where this share of a wide cell's ink is where no narrow one reaches.
_WIDE, _BEYOND = 0.95, 0.2
# So many cells of a line are looked at together, where they are likely to start.
_AHEAD = 24
# Lines of which the first cell is doubtful: so many are read in full before the others are given up.
_TRIED = 2


def read_on(
    lines: list[Strip], start: int, groups: dict[int, Templates], thorough: bool
) -> Sequence[list[Cell] | None]:
    """The cells of each line: on from one to the next while it is certain; else the best of all ways to cut the line.

    Args:
        start: the column where lines start.
        thorough: read all lines; else all but those with most ink of those that are not certain are left out, as None.
    """
    # Where lines lie otherwise, their first cells tell, and no others need be looked at.
    read, doubtful = _while_certain(lines, start, groups, first_ahead=_AHEAD if thorough else 1)
    count = sum(not cell.cut for cells in read for cell in cells)
    certain = count > 0
    if not thorough:
        doubtful.sort(key=lambda number: -float(lines[number].pixels.sum()))
    # Where lines lie otherwise, a cell of some may fit by chance.
    tried = _TRIED if thorough or count > len(doubtful) else 0
    for place, number in enumerate(doubtful):
        if place >= tried and not thorough:
            return [None if number in doubtful[place:] else cells for number, cells in enumerate(read)]
        if place >= tried and not certain:
            break  # this is no page of text, or it lies otherwise
        read[number] = best_path(lines[number], start, groups)
        certain |= any(cell.score > _CERTAIN for cell in read[number])
    return [
        cells or [Cell(UNREADABLE, start, 0, min(groups), 0.0)] * (line.last >= start)
        for cells, line in zip(read, lines, strict=True)
    ]


def _while_certain(
    lines: list[Strip], start: int, groups: dict[int, Templates], first_ahead: int
) -> tuple[list[list[Cell]], list[int]]:
    """The first cells of each line, up to its end or to the first that is not certain; the numbers of these lines.

    Cells of all lines are looked at together, those that are likely to come next, too.

    Args:
        first_ahead: so many of each line at the start.
    """
    read: list[list[Cell]] = [[] for _ in lines]
    places = {number: start for number, line in enumerate(lines) if line.last >= start}
    widest, narrow = max(groups), min(groups)
    for number, first in _cut_at_left(lines, list(places), start, groups):
        read[number].append(first)
        places[number] += first.advance
    doubtful: list[int] = []
    known: dict[tuple[int, int], list[Cell]] = {}
    ahead = first_ahead
    while places:
        for number, place in list(places.items()):
            if edge := _cut_at_right(lines[number], place, widest, narrow):
                read[number].append(edge)
                del places[number]
        guesses = [
            (number, x)
            for number, place in places.items()
            for x in islice(_guesses(place, narrow, widest, lines[number]), ahead)
        ]
        ahead = _AHEAD
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
    return read, doubtful


def _options(lines: list[Strip], places: Sequence[tuple[int, int]], groups: dict[int, Templates]) -> list[list[Cell]]:
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


def _guesses(place: int, narrow: int, widest: int, line: Strip) -> Iterator[int]:
    """Where the next cells of a line start, by the gaps behind them; only the first may be cut."""
    x = place
    while True:
        yield x
        x += narrow if _seems_narrow(x, narrow, widest, line.gaps) else widest
        if x > line.last or x + widest > line.end + HARMLESS:
            break


def _seems_narrow(x: int, narrow: int, widest: int, gaps: list[bool]) -> bool:
    """Whether there is a gap behind a narrow cell; and behind a further one, if one is behind a wide cell, too.

    Parts of a wide glyph have gaps between them, but what would come next after such a part has none.
    """
    end = x + narrow
    return gaps[end] and (not gaps[x + widest] or gaps[end + narrow] or gaps[end + widest])


def _cut_at_left(
    lines: list[Strip], numbers: list[int], start: int, groups: dict[int, Templates]
) -> Iterator[tuple[int, Cell]]:
    """The first cell of each of some lines where the picture's edge cuts it: as wide as lets the next one fit best."""
    if not numbers or start >= lines[0].first - HARMLESS:
        return
    options = iter(_options(lines, [(n, start + advance) for n in numbers for advance in groups], groups))
    for number in numbers:
        fits = {advance: max(cell.score for cell in next(options)) for advance in groups}
        yield number, Cell(UNREADABLE, start, 0, max(groups, key=fits.__getitem__), 0.0, cut=True)


def _cut_at_right(line: Strip, x: int, widest: int, narrow: int) -> Cell | None:
    """The cell of a line that starts at a column, if the picture's edge cuts it, or would a wide one."""
    if x + widest <= line.end + HARMLESS:
        return None
    if (line.pixels[:, x + narrow : line.end] > INKED).any():
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
