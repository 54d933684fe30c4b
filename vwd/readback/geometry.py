"""How a page lies in a picture: its scale, where its lines start, and how blurred it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from vwd.corpora.sample import Language
from vwd.readback.cells import UNREADABLE, Cell, judge
from vwd.readback.cells import cut as cut_out
from vwd.readback.ink import Grey, Ink, ink_of
from vwd.readback.lines import first_inks, line_tops, row_profile, strip
from vwd.readback.path import read_lines
from vwd.readback.templates import Typeface, templates
from vwd.text.metrics import line_height
from vwd.text.spec import PageSpec
from vwd.video.fonts import draw_glyph

# The mean score of a page that is read well: no other geometry is tried.
GOOD = 0.9
# The same where some cells are not read: they are really hidden.
_VERY_GOOD = 0.97
# Below this, hardly anything on a page is text.
LEAST_QUALITY = 0.35
# Below this, where lines are placed as fits best, no blur helps.
_HOPELESS = 0.3
# Where the first ink is that near to the left edge, the edge may cut characters.
_AT_EDGE = 2
# Strokes that are this blurred, as a Gaussian's σ in pixels of the page.
_BLURS = (0.0, 0.6, 1.0, 1.5, 2.2)
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
    scale: tuple[float, float] = (1.0, 1.0)
    left: int = 15
    down: int = 0


@dataclass(frozen=True)
class ReadPage:
    """What one picture shows: lines of cells in pixels of the page, and how it lies in the picture."""

    lines: tuple[tuple[Cell, ...], ...]
    geometry: Geometry

    @property
    def quality(self) -> float:
        """The mean score of its cells but those that the picture's edge cuts; those that are not read count as 0."""
        scores = [cell.score for line in self.lines for cell in line if not cell.cut]
        return float(np.mean(scores)) if scores else 0.0

    @property
    def good(self) -> bool:
        """Whether it is read so well that no other geometry need be tried."""
        unread = any(cell.text == UNREADABLE and not cell.cut for line in self.lines for cell in line)
        return self.quality >= (_VERY_GOOD if unread else GOOD)

    @property
    def empty(self) -> bool:
        """Whether the picture shows nothing that may be text."""
        return not any(self.lines)


@cache
def advances_of(face: Typeface) -> tuple[int, ...]:
    """The widths of a language's common glyphs, in pixels, the narrowest first."""
    return tuple(sorted({draw_glyph(char, face.font_size, face.language).advance for char in _WIDTHS[face.language]}))


def read_page(grey: Grey, geometry: Geometry) -> ReadPage:
    """Reads a picture that lies in a known way."""
    ink = _page_ink(grey, geometry)
    if ink is None:
        return ReadPage((), geometry)
    face = geometry.face
    tops = [top + geometry.down for top in line_tops(ink, replace(face, blur=0.0))]
    if not tops:
        return ReadPage((), geometry)
    lines = read_lines(ink, tops, geometry.left, face, advances_of(face))
    return ReadPage(tuple(tuple(line) for line in lines if line), geometry)


def _page_ink(grey: Grey, geometry: Geometry) -> Ink | None:
    """The ink of a picture at the page's scale."""
    across, down = geometry.scale
    if (across, down) != (1.0, 1.0):
        size = max(1, round(grey.shape[1] / across)), max(1, round(grey.shape[0] / down))
        shrinks = across >= 1 and down >= 1
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return ink_of(grey)


def find_geometry(grey: Grey, page: PageSpec, language: Language) -> ReadPage:
    """Reads a picture, after finding out how it lies.

    Args:
        page: what is expected; other sizes, places and scales are tried where it does not fit.
    """
    best = ReadPage((), Geometry(Typeface(page.font_size, language), left=page.margin_left))
    for scale in _scales(grey, page):
        blurred = min(scale) < 0.95
        face = Typeface(page.font_size, language, 1.0 if blurred else 0.0)
        start = Geometry(face, scale, page.margin_left)
        found = _improved(grey, read_page(grey, start))
        if scale == (1.0, 1.0) and grey.shape != (page.height, page.width):
            found = _nudged(grey, found)
            if _is_about(page, grey):  # stretched a little, or without some pixels: what fits better
                best = found
                continue
        best = max(best, found, key=lambda read: (read.quality, not read.empty))
        if best.good:
            break
    return best


def _improved(grey: Grey, read: ReadPage) -> ReadPage:
    """The same picture, with strokes blurred and lines placed as fits best."""
    if read.empty:
        return read
    best = read
    if read.quality < _HOPELESS:
        best = _moved(grey, read)
        if best.quality < _HOPELESS:
            return best
    for step in (_sharpened, _moved, _sharpened):
        if best.good:
            break
        best = step(grey, best)
    return best


def _nudged(grey: Grey, read: ReadPage) -> ReadPage:
    """With lines a pixel further to each side, while that is better: one pixel off, 1 looks like I, and o like c."""
    best = read
    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        at = best.geometry
        other = read_page(grey, replace(at, left=at.left + across, down=at.down + down))
        best = max(best, other, key=lambda one: one.quality)
    return best


def _sharpened(grey: Grey, read: ReadPage) -> ReadPage:
    """With each blur, while that is better."""
    best = read
    at = _BLURS.index(read.geometry.face.blur)
    for blurs in (_BLURS[at + 1 :], _BLURS[:at][::-1]):
        for blur in blurs:
            face = replace(read.geometry.face, blur=blur)
            other = read_page(grey, replace(best.geometry, face=face))
            if other.quality < best.quality:
                break
            best = other
    return best


def _moved(grey: Grey, read: ReadPage) -> ReadPage:
    placed = _placed(grey, read.geometry)
    return read if placed == read.geometry else max(read, read_page(grey, placed), key=lambda one: one.quality)


def _placed(grey: Grey, geometry: Geometry) -> Geometry:
    """The same geometry with the place of the lines at which their first cells fit best."""
    ink = _page_ink(grey, geometry)
    face = geometry.face
    tops = line_tops(ink, replace(face, blur=0.0)) if ink is not None else []
    if ink is None or not tops:
        return geometry
    height = line_height(face.font_size)
    groups = [templates(face)[advance] for advance in advances_of(face)]
    narrow = groups[0].advance
    firsts = first_inks(ink, tops, height)
    least = int(firsts.min())
    room = 2 * groups[-1].advance
    cut = least <= _AT_EDGE
    best, chosen = -1.0, (geometry.left, geometry.down)
    lines = [top for top, first in zip(tops, firsts, strict=True) if first < least + narrow][: 4 if cut else 8]
    for down in range(-3, 4):
        strips = [np.pad(strip(ink, top + down, height), ((0, 0), (room, room))) for top in lines]
        lefts = range(1 - groups[-1].advance, 2) if cut else range(least - narrow * 2 // 3, least + 2)
        # The edge may cut first cells: second ones, after one of any width, tell where they start.
        behind = [group.advance for group in groups] if cut else [0]
        totals = np.zeros(len(lefts))
        for one in strips:
            starts = range(lefts[0] + room + min(behind), lefts[-1] + room + max(behind) + 1)
            scores = np.max([judge(cut_out(one, starts, group.advance), group).scores for group in groups], axis=0)
            totals += np.max([scores[step - min(behind) :][: len(lefts)] for step in behind], axis=0)
        if totals.max() > best:
            best, chosen = float(totals.max()), (lefts[int(totals.argmax())], down)
    return replace(geometry, left=chosen[0], down=chosen[1])


def _scales(grey: Grey, page: PageSpec) -> Iterator[tuple[float, float]]:
    """Scales to try, the likeliest first: the whole page stretched, a part of it or more than it, by the line pitch."""
    height, width = grey.shape
    stretched = width / page.width, height / page.height
    found = [stretched, (1.0, 1.0), (max(stretched),) * 2, (min(stretched),) * 2]
    if _is_about(page, grey):
        found[:2] = (1.0, 1.0), stretched
    pitch = line_pitch(grey)
    if pitch:
        down = pitch / page.line_height
        found += [(down, down), (down * stretched[0] / stretched[1], down)]
    seen: list[tuple[float, float]] = []
    for across, down in found:
        if 0.2 < across < 8 and 0.2 < down < 8 and not any(_near((across, down), one) for one in seen):
            seen.append((across, down))
            yield across, down


def _is_about(page: PageSpec, grey: Grey) -> bool:
    """Whether a picture is nearly as large as the page, and not exactly."""
    shape = page.height, page.width
    return grey.shape != shape and all(
        abs(one / other - 1) < 0.05 for one, other in zip(grey.shape, shape, strict=True)
    )


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a / b - 1) < 0.004 for a, b in zip(one, other, strict=True))


def line_pitch(grey: Grey) -> float:
    """The distance of lines in pixels of the picture, by the rows' autocorrelation; 0 where there are too few lines."""
    ink = ink_of(grey)
    if ink is None:
        return 0.0
    rows = row_profile(ink)
    rows = rows - rows.mean()
    both = np.correlate(rows, rows, "full")[len(rows) - 1 :]
    if both[0] <= 0 or len(both) < 24:
        return 0.0
    peaks = [
        k
        for k in range(8, len(both) // 2)
        if both[k] > both[k - 1] and both[k] >= both[k + 1] and both[k] > 0.2 * both[0]
    ]
    if not peaks:
        return 0.0
    k = max(peaks, key=lambda peak: both[peak])
    a, b, c = both[k - 1 : k + 2]
    return float(k + (a - c) / (2 * (a - 2 * b + c))) if a - 2 * b + c else float(k)


__all__ = ["UNREADABLE", "Geometry", "ReadPage", "find_geometry", "read_page"]
