"""Characters that the edge of a picture cuts: what is left of them may look like others, so that they are not read."""

from __future__ import annotations

from collections.abc import Iterable

from vwd.readback.cells import UNREADABLE, Cell
from vwd.readback.ink import Ink

# Pixels of the page: with so many hidden, every character can be recognised; with more than these, none can, even if
# those that are seen at the edge have no ink. Glyphs keep about as far from the sides of their cells.
HARMLESS, _MOST = 2, 4
_INK = 0.5


def without_cut(ink: Ink, lines: Iterable[list[Cell]], left: int, height: int) -> list[list[Cell]]:
    """The lines of a page, with what the picture's edge cuts as UNREADABLE.

    Args:
        left: where lines start; where one has ink before, at least one character was there.
        height: of a line, in pixels.
    """
    found = []
    for line in lines:
        cells = [_cut(cell) if _is_cut(ink, cell, height) else cell for cell in line]
        if cells and 0 < left <= cells[0].x and _has_ink_before(ink, cells[0].top, height, left):
            first = cells[0]
            cells.insert(0, _cut(first._replace(x=left - first.advance)))
        found.append(cells)
    return found


def _cut(cell: Cell) -> Cell:
    return cell._replace(text=UNREADABLE, score=0.0, cut=True)


def _is_cut(ink: Ink, cell: Cell, height: int) -> bool:
    rows, columns = ink.shape
    hidden = -cell.x, cell.x + cell.advance - columns, -cell.top, cell.top + height - rows
    if max(hidden) <= HARMLESS:
        return False
    if max(hidden) > _MOST:
        return True
    seen = ink[max(0, cell.top) : cell.top + height, max(0, cell.x) : cell.x + cell.advance] > _INK
    edges = seen[:, 0], seen[:, -1], seen[0], seen[-1]
    return any(one > HARMLESS and bool(edge.any()) for one, edge in zip(hidden, edges, strict=True))


def _has_ink_before(ink: Ink, top: int, height: int, left: int) -> bool:
    return bool((ink[max(0, top) : top + height, : max(0, left - HARMLESS)] > _INK).any())
