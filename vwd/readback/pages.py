"""One picture of a page, read as it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from vwd.corpora.sample import Language
from vwd.readback.cells import UNREADABLE, Cell
from vwd.readback.page_lines import read_lines
from vwd.readback.picture import Picture, Scale
from vwd.readback.templates import Typeface
from vwd.video.fonts import draw_glyph

# The mean score of a page that is read well: no other geometry is tried.
GOOD = 0.9
# The same where some cells are not read: they are really hidden; or where only some lines were read.
VERY_GOOD = 0.97
# Below this, hardly anything on a page is text.
LEAST_QUALITY = 0.35
# Characters of each width.
_WIDTHS: dict[Language, str] = {"en": "a", "zh": "a—中", "ko": "a한"}


@dataclass(frozen=True)
class Geometry:
    """How a page lies in a picture.

    Attributes:
        face: the typeface, with its blur.
        scale: pixels of the picture for one of the page, across and down.
        left, down: where the lines start, and by how much their tops are off the estimate, in pixels of the page.
    """

    face: Typeface
    scale: Scale = (1.0, 1.0)
    left: int = 15
    down: int = 0


@dataclass(frozen=True)
class ReadPage:
    """What one picture shows: lines of cells in pixels of the page, and how it lies in the picture.

    `whole`: whether all of its lines were read.
    """

    lines: tuple[tuple[Cell, ...], ...]
    geometry: Geometry
    whole: bool = True

    @property
    def quality(self) -> float:
        """The mean score of its cells but those that the picture's edge cuts; those that are not read count as 0."""
        scores = [cell.score for line in self.lines for cell in line if not cell.cut]
        return float(np.mean(scores)) if scores else 0.0

    @property
    def good(self) -> bool:
        """Whether it is read so well that no other geometry need be tried."""
        unread = any(cell.text == UNREADABLE and not cell.cut for line in self.lines for cell in line)
        return self.quality >= (VERY_GOOD if unread or not self.whole else GOOD)

    @property
    def empty(self) -> bool:
        """Whether the picture shows nothing that may be text."""
        return self.whole and not any(self.lines)


@cache
def advances_of(face: Typeface) -> tuple[int, ...]:
    """The widths of a language's common glyphs, in pixels, the narrowest first."""
    return tuple(sorted({draw_glyph(char, face.font_size, face.language).advance for char in _WIDTHS[face.language]}))


def read_page(picture: Picture, geometry: Geometry, thorough: bool = True) -> ReadPage:
    """Reads a picture that lies in a known way; if not thoroughly, some lines where that tells how well they fit."""
    face = geometry.face
    ink = picture.ink(geometry.scale)
    tops = [top + geometry.down for top in picture.tops(geometry.scale, face)]
    if ink is None or not tops:
        return ReadPage((), geometry)
    found = read_lines(ink, tops, geometry.left, face, advances_of(face), thorough)
    return ReadPage(tuple(map(tuple, found.lines)), geometry, found.whole)
