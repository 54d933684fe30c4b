"""Finding out how a page lies in a picture: its scale, where its lines start, and how blurred it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vwd.corpora.sample import Language
from vwd.readback.blur import BLURS, blur_of
from vwd.readback.ink import Grey, ink_of
from vwd.readback.lines import row_profile
from vwd.readback.pages import Geometry, ReadPage, read_page
from vwd.readback.picture import Picture, Scale
from vwd.readback.placing import placed
from vwd.readback.templates import Typeface
from vwd.text.spec import PageSpec

# Below this, lines are first placed as fits best.
_MISPLACED = 0.85
# Below this, where lines are placed as fits best, no blur helps.
_HOPELESS = 0.3
# From this on the scale is right, about: over the width of a page, a hundredth more is several pixels.
_RIGHT = 0.8


def find_geometry(picture: Picture, page: PageSpec, language: Language) -> ReadPage:
    """Reads a picture, after finding out how it lies.

    Args:
        page: what is expected; other sizes, places and scales are tried where it does not fit.
    """
    face = Typeface(page.font_size, language)
    reads = [ReadPage((), Geometry(face, left=page.margin_left))]
    for scale in _scales(picture.grey, page):
        if any(read.quality > _RIGHT and _near(scale, read.geometry.scale, 0.02) for read in reads):
            continue
        found = _improved(picture, _first_read(picture, Geometry(face, scale, page.margin_left)))
        if scale == (1.0, 1.0) and picture.grey.shape != (page.height, page.width):
            found = _nudged(picture, found)
            if _is_about(page, picture.grey):  # stretched a little, or without some pixels: what fits better
                reads = [found]
                continue
        reads.append(found)
        if found.good and _best(picture, reads).good:
            break
    return _best(picture, reads)


def _best(picture: Picture, reads: list[ReadPage]) -> ReadPage:
    """The best of some ways to read a picture, if all its lines are read; in the list, it replaces what was read."""
    while not (best := max(reads, key=lambda read: (read.quality, not read.empty))).whole:
        reads[reads.index(best)] = read_page(picture, best.geometry)
    return best


def _first_read(picture: Picture, geometry: Geometry) -> ReadPage:
    """With lines placed as expected, and as blurred as the picture seems to be."""
    ink = picture.ink(geometry.scale)
    if ink is None:
        return ReadPage((), geometry)
    face = replace(geometry.face, blur=blur_of(ink, geometry.face))
    return _tried(picture, replace(geometry, face=face))


def _tried(picture: Picture, geometry: Geometry) -> ReadPage:
    return read_page(picture, geometry, thorough=False)


def _improved(picture: Picture, read: ReadPage) -> ReadPage:
    """The same picture, with strokes blurred and lines placed as fits best."""
    if read.empty or read.good:
        return read
    best = read
    if read.quality < _MISPLACED:
        best = _moved(picture, read)
        if not (best.quality or best.whole):  # no cell is certain
            best = read_page(picture, best.geometry)
        if best.quality < _HOPELESS:
            return best
    if not best.good:
        best = _sharpened(picture, best)
    if not best.good and (moved := _moved(picture, best)) is not best:
        best = moved if moved.good else _sharpened(picture, moved)
    return best


def _nudged(picture: Picture, read: ReadPage) -> ReadPage:
    """With lines a pixel further to each side, while that is better: one pixel off, 1 looks like I, and o like c."""
    best = read
    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        at = best.geometry
        other = _tried(picture, replace(at, left=at.left + across, down=at.down + down))
        best = max(best, other, key=lambda one: one.quality)
    return best


def _sharpened(picture: Picture, read: ReadPage) -> ReadPage:
    """With each blur, while that is better."""
    best = read
    at = BLURS.index(read.geometry.face.blur)
    for blurs in (BLURS[at + 1 :], BLURS[:at][::-1]):
        for blur in blurs:
            face = replace(read.geometry.face, blur=blur)
            other = _tried(picture, replace(best.geometry, face=face))
            if other.quality < best.quality:
                break
            best = other
    return best


def _moved(picture: Picture, read: ReadPage) -> ReadPage:
    best = placed(picture, read.geometry)
    return read if best == read.geometry else max(read, _tried(picture, best), key=lambda one: one.quality)


def _scales(grey: Grey, page: PageSpec) -> Iterator[Scale]:
    """Scales to try, the likeliest first: the whole page stretched, a part of it or more than it, by the line pitch."""
    seen: list[Scale] = []
    for across, down in _likely_scales(grey, page):
        if 0.2 < across < 8 and 0.2 < down < 8 and not any(_near((across, down), one) for one in seen):
            seen.append((across, down))
            yield across, down


def _likely_scales(grey: Grey, page: PageSpec) -> Iterator[Scale]:
    height, width = grey.shape
    stretched = width / page.width, height / page.height
    yield from ((1.0, 1.0), stretched) if _is_about(page, grey) else (stretched, (1.0, 1.0))
    yield from ((max(stretched),) * 2, (min(stretched),) * 2)
    if pitch := line_pitch(grey):
        down = pitch / page.line_height
        yield from ((down, down), (down * stretched[0] / stretched[1], down))


def _is_about(page: PageSpec, grey: Grey) -> bool:
    """Whether a picture is nearly as large as the page, and not exactly."""
    shape = page.height, page.width
    return grey.shape != shape and all(
        abs(one / other - 1) < 0.05 for one, other in zip(grey.shape, shape, strict=True)
    )


def _near(one: Scale, other: Scale, share: float = 0.004) -> bool:
    return all(abs(a / b - 1) < share for a, b in zip(one, other, strict=True))


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
