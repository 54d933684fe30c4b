"""What may start at a place of a line: cells of each width; and which of them is certainly right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from vwd.readback.cells import UNREADABLE, Cell, judge
from vwd.readback.strips import Strip
from vwd.readback.templates import Templates

# A glyph that fits so well, where none of another width does, is right; where there may be a space, so well.
CERTAIN, _CERTAIN_BESIDE_SPACE = 0.88, 0.95
# A glyph that fits so well is alone, where this share of a wide cell's ink is where no narrow one reaches.
_WIDE, _BEYOND = 0.95, 0.2

# A number of a line, and a column.
Place = tuple[int, int]


def options_at(lines: list[Strip], places: Sequence[Place], groups: dict[int, Templates]) -> list[list[Cell]]:
    """What may start at each place, a line and a column: a cell of each width, the narrowest first.

    Where one fits that must be alone, the others are not looked for: a wide glyph that has ink at its right, too; or a
    narrow one with a gap behind it and ink in the rest of a wide cell, since no wide glyph starts like that.
    """
    widest, narrow = max(groups), min(groups)
    pixels = np.stack([lines[number].pixels[:, x : x + widest] for number, x in places])
    beyond = [_has_ink_beyond(lines[number], x, narrow, widest) for number, x in places]
    options: list[dict[int, Cell]] = [{} for _ in places]

    def look(advance: int, numbers: list[int]) -> None:
        if numbers:
            cells = np.ascontiguousarray(pixels[numbers, :, :advance]).reshape(len(numbers), -1)
            judged = judge(cells, groups[advance])
            for at, text, score in zip(numbers, judged.texts, judged.scores, strict=True):
                options[at][advance] = Cell(text, places[at][1], 0, advance, score)

    gaps = [ink and lines[n].gaps[x + narrow] for ink, (n, x) in zip(beyond, places, strict=True)]
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


def _has_ink_beyond(line: Strip, x: int, narrow: int, widest: int) -> bool:
    ink = line.before
    return ink[x + widest] - ink[x + narrow] > _BEYOND * (ink[x + widest] - ink[x])


def certain_of(options: list[Cell]) -> Cell | None:
    """The one of some cells that start at the same place, the narrowest first, that is certainly right, if one is."""
    blank = options[0].text == " "
    least = _CERTAIN_BESIDE_SPACE if blank else CERTAIN
    good = [cell for cell in options if cell.score >= least]
    if len(good) == 1:
        return good[0]
    return options[0] if blank and not good and max(cell.score for cell in options) == 0 else None


def weighed(
    lines: list[Strip], doubts: dict[Place, list[Cell]], groups: dict[int, Templates]
) -> Iterator[tuple[int, Cell | None]]:
    """Of each line that is doubtful at a place the cell after which its next one is certain, if there is one such.

    A space and the start of what follows may look like a wide bracket; but behind the bracket nothing fits. A small
    mark at the end of a line may fit badly in a noisy picture; but nothing else does.
    """
    follows = {
        place: [(cell, (place[0], cell.x + cell.advance)) for cell in _read(cells)] for place, cells in doubts.items()
    }
    ahead = sorted({place for pairs in follows.values() for _, place in pairs if not _ends(lines, place)})
    options = dict(zip(ahead, options_at(lines, ahead, groups) if ahead else (), strict=True))
    for place, pairs in follows.items():
        good = [cell for cell, after in pairs if _ends(lines, after) or certain_of(options[after]) is not None]
        likeliest = max((cell.score for cell, _ in pairs), default=0.0)
        found = good[0] if len(good) == 1 and (good[0].text == " " or good[0].score == likeliest) else None
        yield place[0], found


def _read(options: list[Cell]) -> Iterable[Cell]:
    """Those of the options that are characters, and the narrowest if it is a space."""
    return (cell for cell in options if cell.text != UNREADABLE and (cell.text != " " or cell is options[0]))


def _ends(lines: list[Strip], place: Place) -> bool:
    number, x = place
    return x > lines[number].last
