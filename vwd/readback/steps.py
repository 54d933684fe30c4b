"""Lines of cells of several widths, read on from one cell to the next while it is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from vwd.readback.cells import UNREADABLE, Cell
from vwd.readback.edges import HARMLESS
from vwd.readback.options import CERTAIN, Place, certain_of, options_at, weighed
from vwd.readback.path import best_path
from vwd.readback.strips import INKED, Strip
from vwd.readback.templates import Templates

# Where lines lie otherwise than expected, the first cells of so many tell, and no others need be looked at.
_FIRST = 4
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
    known: dict[Place, list[Cell]] = {}
    if not thorough and _lie_otherwise(lines, start, groups, known):
        return [None] * len(lines)
    read, doubtful = _while_certain(lines, start, groups, known)
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
        certain |= any(cell.score > CERTAIN for cell in read[number])
    return [
        cells or [Cell(UNREADABLE, start, 0, min(groups), 0.0)] * (line.last >= start)
        for cells, line in zip(read, lines, strict=True)
    ]


def _lie_otherwise(
    lines: list[Strip], start: int, groups: dict[int, Templates], known: dict[Place, list[Cell]]
) -> bool:
    """Whether of most of some lines the first cell is not certain, which may be none that the picture's edge cuts.

    What may start at these places is kept in `known`.
    """
    if start < lines[0].first - HARMLESS:
        return False
    places = [(number, start) for number, line in enumerate(lines) if line.last >= start][:_FIRST]
    known.update(zip(places, options_at(lines, places, groups) if places else (), strict=True))
    doubts = {place: cells for place, cells in known.items() if certain_of(cells) is None}
    return 2 * sum(cell is None for _, cell in weighed(lines, doubts, groups)) > len(known)


def _while_certain(
    lines: list[Strip], start: int, groups: dict[int, Templates], known: dict[Place, list[Cell]]
) -> tuple[list[list[Cell]], list[int]]:
    """The first cells of each line, up to its end or to the first that is not certain; the numbers of these lines.

    Cells of all lines are looked at together, those that are likely to come next, too.

    Args:
        known: what may start at some places.
    """
    read: list[list[Cell]] = [[] for _ in lines]
    places = {number: start for number, line in enumerate(lines) if line.last >= start}
    widest, narrow = max(groups), min(groups)

    def take(number: int, cell: Cell) -> None:
        read[number].append(cell)
        places[number] += cell.advance
        if places[number] > lines[number].last:
            del places[number]

    for number, first in _cut_at_left(lines, list(places), start, groups):
        take(number, first)
    doubtful: list[int] = []
    while places:
        for number, place in list(places.items()):
            if edge := _cut_at_right(lines[number], place, widest, narrow):
                read[number].append(edge)
                del places[number]
        guesses = [
            (number, x)
            for number, place in places.items()
            for x in islice(_guesses(place, narrow, widest, lines[number]), _AHEAD)
        ]
        new = [guess for guess in guesses if guess not in known]
        known.update(zip(new, options_at(lines, new, groups) if new else (), strict=True))
        doubts = {}
        for number, x in guesses:
            if places.get(number) != x:  # a guess that did not come true
                continue
            if cell := certain_of(known[number, x]):
                take(number, cell)
            else:
                doubts[number, x] = known[number, x]
        for number, cell in weighed(lines, doubts, groups):
            if cell:
                take(number, cell)
            else:
                doubtful.append(number)
                del places[number]
    return read, doubtful


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
    options = iter(options_at(lines, [(n, start + advance) for n in numbers for advance in groups], groups))
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
