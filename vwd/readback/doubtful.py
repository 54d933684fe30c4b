"""Lines that do not show how high they stand: of nothing but small marks, such as one comma, or of few characters.

Such a line is read where the others tell: lines are a line's height apart, but for the separator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell
from vwd.readback.ink import Ink
from vwd.readback.lines import rule_rows

_SMALL = frozenset(",.'`´¨’‘“”\"·•-–—−_¯~^°¸:;′″，。、：；…")
# A line whose characters fit so well is where it seems to be; and so well must a mark fit to be read.
_FITS = 0.9
_INK = 0.5


def with_doubtful_lines(
    ink: Ink, lines: list[list[Cell]], height: int, read: Callable[[int], list[Cell]]
) -> list[list[Cell]]:
    """The lines of a page, with such ones read elsewhere where that is certain; marks are UNREADABLE where it is not.

    Args:
        lines: from top to bottom, none without cells.
        height: of a line, in pixels.
        read: reads the line with this top.
    """
    only_marks = [line for line in lines if all(cell.text in _SMALL for cell in line)]
    others = [line for line in lines if line not in only_marks]
    weak = [line for line in others if _mean_score(line) < _FITS]
    known = [line for line in others if line not in weak]
    weak_tops = {line[0].top for line in weak}  # of these, some stand where they should
    tops = (top for top in _free_tops(ink, known, height) if top not in weak_tops)
    found = [line for top in tops if _is_certain(line := read(top))]
    unread = [[cell._replace(text=UNREADABLE, score=0.0) for cell in line] for line in only_marks]
    for line in weak + unread:
        if not _is_covered(line, found, height):
            found.append(line)
    return sorted([*known, *found], key=lambda line: line[0].top)


def _is_certain(line: list[Cell]) -> bool:
    return bool(line) and all(cell.score >= _FITS for cell in line)


def _is_covered(line: list[Cell], others: list[list[Cell]], height: int) -> bool:
    return any(_overlap(line[0].top, other[0].top, height) for other in others)


def _free_tops(ink: Ink, lines: list[list[Cell]], height: int) -> Iterator[int]:
    """Where there is ink and may be a line by those that are read, but none is."""
    tops = [line[0].top for line in lines]
    sure = [line[0].top for line in lines if _mean_score(line) >= _FITS]
    if not sure:
        return
    rules = rule_rows(ink)
    inked = np.flatnonzero(~rules & (ink > _INK).any(axis=1))
    numbers = np.flatnonzero(rules)
    below = inked[:, None] - np.array(tops)
    free = inked[~((below >= 0) & (below < height)).any(axis=1)]
    seen = set[int]()
    for row in free.tolist():
        for near in sorted(sure, key=lambda top: abs(top - row)):
            top = near + (row - near) // height * height
            first, last = min(top, near), max(top, near) + height
            if not ((numbers >= first) & (numbers < last)).any():  # no separator between them
                if top not in seen and not any(_overlap(top, other, height) for other in tops):
                    yield top
                seen.add(top)
                break


def _mean_score(line: list[Cell]) -> float:
    scores = [cell.score for cell in line if cell.text not in _SMALL]
    return sum(scores) / len(scores) if scores else 0.0


def _overlap(one: int, other: int, height: int) -> bool:
    return abs(one - other) < height
