"""Ways to read a picture at a scale: lines placed and strokes blurred as fits best. Each way is tried once."""

from __future__ import annotations

from dataclasses import replace

from vwd.readback.blur import BLURS, blur_of
from vwd.readback.ink import Ink
from vwd.readback.lines import first_inks
from vwd.readback.pages import Geometry, ReadPage, advances_of, read_page
from vwd.readback.picture import Picture
from vwd.readback.placing import placed
from vwd.text.metrics import line_height

# Below this, lines are first placed as fits best.
_MISPLACED = 0.85
# Below this, where lines are placed as fits best, no blur helps.
HOPELESS = 0.3


def best_of(picture: Picture, reads: list[ReadPage]) -> ReadPage:
    """The best of some ways to read a picture, if all its lines are read; in the list, it replaces what was read."""
    while not (best := max(reads, key=lambda read: (read.quality, not read.empty))).whole:
        reads[reads.index(best)] = _read(picture, best.geometry)
    return best


def first_read(picture: Picture, geometry: Geometry) -> ReadPage:
    """As blurred as it seems to be; with lines placed as expected, or where ink starts elsewhere, as fits best."""
    ink, tops = picture.ink(geometry.scale), picture.tops(geometry.scale, geometry.face)
    if ink is None or not tops:
        return ReadPage((), geometry)
    geometry = as_blurred(geometry, ink)
    first = first_inks(ink, tops, line_height(geometry.face.font_size)).min() - geometry.left
    if not 0 <= first < advances_of(geometry.face)[-1]:
        read = tried(picture, placed(picture, geometry))
        if read.quality:
            return read
    return tried(picture, geometry)


def as_blurred(geometry: Geometry, ink: Ink) -> Geometry:
    return replace(geometry, face=replace(geometry.face, blur=blur_of(ink, geometry.face)))


def elsewhere(picture: Picture, geometry: Geometry) -> ReadPage:
    """With all lines up to half a line away from where they seem to stand, which tails of letters may hide."""
    ink = picture.ink(geometry.scale)
    return (
        tried(picture, placed(picture, as_blurred(geometry, ink), far=True))
        if ink is not None
        else ReadPage((), geometry)
    )


def tried(picture: Picture, geometry: Geometry) -> ReadPage:
    """Not thoroughly: how well it fits is seen in some lines."""
    return _read(picture, geometry, thorough=False)


def _read(picture: Picture, geometry: Geometry, thorough: bool = True) -> ReadPage:
    """As `read_page`; in each way once."""
    way = geometry, thorough
    if way not in picture.reads:
        picture.reads[way] = read_page(picture, geometry, thorough)
    read: ReadPage = picture.reads[way]
    return read


def improved(picture: Picture, read: ReadPage) -> ReadPage:
    """The same picture, with strokes blurred and lines placed as fits best."""
    if read.empty or read.good:
        return read
    best = read
    if read.quality < _MISPLACED:
        best = _moved(picture, read)
        if not (best.quality or best.whole):  # no cell is certain
            best = _read(picture, best.geometry)
        if best.quality < HOPELESS:
            return best
    if not best.good:
        best = _sharpened(picture, best)
    if not best.good and (moved := _moved(picture, best)) is not best:
        best = moved if moved.good else _sharpened(picture, moved)
    return best


def nudged(picture: Picture, read: ReadPage) -> ReadPage:
    """With lines a pixel further to each side, while that is better: one pixel off, 1 looks like I, and o like c."""
    best = read
    for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        at = best.geometry
        other = tried(picture, replace(at, left=at.left + across, down=at.down + down))
        best = max(best, other, key=lambda one: one.quality)
    return best


def _sharpened(picture: Picture, read: ReadPage) -> ReadPage:
    """With each blur, while that is better."""
    best = read
    at = BLURS.index(read.geometry.face.blur)
    for blurs in (BLURS[at + 1 :], BLURS[:at][::-1]):
        for blur in blurs:
            face = replace(read.geometry.face, blur=blur)
            other = tried(picture, replace(best.geometry, face=face))
            if other.quality < best.quality:
                break
            best = other
    return best


def _moved(picture: Picture, read: ReadPage) -> ReadPage:
    """With lines placed as fits best."""
    best = placed(picture, read.geometry)
    return read if best == read.geometry else max(read, tried(picture, best), key=lambda one: one.quality)
