"""Reading a video, or a picture: what it says, where, and from which frame on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.readback.bars import Part, inside_bars
from vwd.readback.cells import Cell
from vwd.readback.geometry import find_geometry
from vwd.readback.ink import Grey, to_grey
from vwd.readback.pages import GOOD, LEAST_QUALITY, Geometry, ReadPage, read_page
from vwd.readback.picture import Picture
from vwd.readback.reading import Reading, ReadWord, State
from vwd.readback.scales import separator_scale
from vwd.readback.turns import Turns
from vwd.text.metrics import FONT_SIZE, line_height
from vwd.text.spec import PageSpec
from vwd.text.storyboard import Box

_LANGUAGES: tuple[Language, ...] = ("en", "zh", "ko")
_PAGE = PageSpec()
# A page lies as the one before where it is not read worse by more than this.
_AS_GOOD = 0.03
# So many pixels of a page, about, are one of the small pictures that tell when something appears; at the default font
# size, and less at a smaller one.
_POOL = 4


def read_frames(
    frames: Iterable[npt.NDArray[Any]], language: Language | None = None, page: PageSpec = _PAGE
) -> Reading:
    """Reads a video of text in this style.

    Each page is read once, from its last frame; the frames before only tell when its words appeared.

    Args:
        frames: uint8 [height, width], or [height, width, 3] as B, G, R; all of one size.
        language: None to find out.
        page: what is expected: size and font. Scale, place and blur are found from the pictures.

    Raises:
        ValueError: a frame has another shape or type.
    """
    turns: Turns | None = None
    shape, part = (0, 0), Part(0, 0, 0, 0)
    for frame in frames:
        grey = to_grey(frame)
        if turns is None:
            shape, part = grey.shape, inside_bars(grey)
            grey = part.of(grey)
            font = page.font_size / FONT_SIZE
            pool = _pool(font * grey.shape[1] / page.width), _pool(font * grey.shape[0] / page.height)
            turns = Turns(pool, step=max(1, pool[1] // _POOL))
            turns.add(grey)
        elif grey.shape != shape:
            raise ValueError(f"frames of {shape} and of {grey.shape} pixels in one video")
        else:
            turns.add(part.of(grey))
    if turns is None:
        return Reading(0, (), (), "blank")
    pages = _read_pages(turns.pages(), language, page)
    words = [word for number, read in enumerate(pages) for word in _words(turns, number, read)]
    if (part.left, part.top) != (0, 0):
        words = [_shifted(word, part) for word in words]
    return Reading(turns.count, tuple(turns.starts), tuple(words), _state(pages))


def read_picture(picture: npt.NDArray[Any], language: Language | None = None, page: PageSpec = _PAGE) -> Reading:
    """Reads one picture; as `read_frames`."""
    return read_frames([picture], language, page)


def _pool(scale: float) -> int:
    """The power of two, which is fast, that is next to _POOL pixels of the page at a scale."""
    return int(2 ** max(0, round(math.log2(_POOL * scale))))


def _read_pages(greys: list[Grey], language: Language | None, page: PageSpec) -> list[ReadPage]:
    """Reads pages from the first with a separator on, as it shows best how all of them lie."""
    known: ReadPage | None = None
    pages: dict[int, ReadPage] = {}
    first, first_picture = _first_with_separator(greys, page)
    for number in sorted(range(len(greys)), key=lambda number: number != first):
        picture = first_picture if number == first else Picture(greys[number])
        read = read_page(picture, known.geometry) if known else None
        if read is None or not (read.empty or (known and read.quality > min(GOOD, known.quality - _AS_GOOD))):
            found = max(
                (find_geometry(picture, page, one) for one in ([language] if language else _LANGUAGES)),
                key=lambda one: one.quality,
            )
            read = found if read is None or found.quality > read.quality else read
            if read.quality >= LEAST_QUALITY:
                known = read
        pages[number] = read
    return [pages[number] for number in range(len(greys))]


def _first_with_separator(greys: list[Grey], page: PageSpec) -> tuple[int, Picture]:
    """The number of a page and its picture; if none has a separator, of the first one."""
    for number, picture in enumerate(map(Picture, greys)):
        if separator_scale(picture, page):
            return number, picture
    return 0, Picture(greys[0])


def _state(pages: list[ReadPage]) -> State:
    if all(read.empty for read in pages):
        return "blank"
    return "read" if any(read.quality >= LEAST_QUALITY for read in pages) else "unreadable"


class _Piece(NamedTuple):
    """Cells side by side that belong together, on a line; its box, and those of the cells, in pixels of the picture."""

    line: int
    cells: list[Cell]
    box: Box
    boxes: list[Box]


def _words(turns: Turns, number: int, read: ReadPage) -> list[ReadWord]:
    """The words of a page: cells side by side that appear together."""
    if read.quality < LEAST_QUALITY:
        return []
    pieces = _pieces(read)
    words: list[ReadWord] = []
    together: list[_Piece] = []
    joined, started = False, -1
    for piece, frame in zip(pieces, turns.first_frames(number, [piece.box for piece in pieces]), strict=True):
        touches = bool(together) and together[-1].line == piece.line and _touch(together[-1].box, piece.box)
        if together and not (touches and frame == started):
            words.append(_word(together, started, number, joined))
            together = []
        if not together:
            joined, started = touches, frame
        together.append(piece)
    return [*words, _word(together, started, number, joined)] if together else words


def _word(pieces: list[_Piece], frame: int, page: int, joined: bool) -> ReadWord:
    cells = [cell for piece in pieces for cell in piece.cells]
    boxes = tuple(box for piece in pieces for box in piece.boxes)
    return ReadWord(
        "".join(cell.text for cell in cells), frame, page, _around(pieces[0].box, pieces[-1].box), boxes,
        tuple(cell.score for cell in cells), pieces[0].line, joined,
    )  # fmt: skip


def _pieces(read: ReadPage) -> list[_Piece]:
    """What can appear only as a whole: cells without a space between them, in Chinese each cell."""
    boxes = iter(_boxes([cell for cells in read.lines for cell in cells], read.geometry))
    spaced = read.geometry.face.language != "zh"
    pieces = []
    for line, cells in enumerate(read.lines):
        for run in _runs(cells) if spaced else [[cell] for cell in cells]:
            own = list(islice(boxes, len(run)))
            pieces.append(_Piece(line, run, _around(own[0], own[-1]), own))
    return pieces


def _runs(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Cells without a space between them."""
    runs: list[list[Cell]] = []
    for cell in cells:
        if runs and runs[-1][-1].x + runs[-1][-1].advance == cell.x:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs


def _boxes(cells: list[Cell], geometry: Geometry) -> list[Box]:
    """The pixels of the picture that each cell takes."""
    across, down = geometry.scale
    height = line_height(geometry.face.font_size)
    places = np.array([(cell.x, cell.top, cell.x + cell.advance, cell.top + height) for cell in cells]).reshape(-1, 4)
    corners = np.rint(places * [across, down, across, down]).astype(int)
    corners[:, 2:] -= corners[:, :2]
    return [Box(*corner) for corner in corners.tolist()]


def _shifted(word: ReadWord, part: Part) -> ReadWord:
    """With the places of a part of a picture as those of the picture."""
    box, *boxes = (Box(b.x + part.left, b.y + part.top, b.width, b.height) for b in (word.box, *word.boxes))
    return replace(word, box=box, boxes=tuple(boxes))


def _touch(left: Box, right: Box) -> bool:
    return abs(left.x + left.width - right.x) <= 1


def _around(first: Box, last: Box) -> Box:
    """Both boxes of a line and what is between them."""
    return Box(first.x, first.y, last.x + last.width - first.x, first.height)
