"""Finding out how a page lies in a picture: its scale, where its lines start, and how blurred it is."""

from __future__ import annotations

from dataclasses import replace

from vwd.corpora.sample import Language
from vwd.readback.pages import VERY_GOOD, Geometry, ReadPage, advances_of
from vwd.readback.picture import AS_IT_IS, Picture, Scale
from vwd.readback.placing import placed
from vwd.readback.scales import SEPARATOR_ERROR, expected_scales, is_about, near, scales, separator_scale
from vwd.readback.stretch import stretches
from vwd.readback.templates import Typeface
from vwd.readback.ways import HOPELESS, best_of, elsewhere, first_read, improved, nudged, tried
from vwd.text.metrics import line_height
from vwd.text.spec import PageSpec

# From this on the scale is right, about: over the width of a page, a hundredth more is several pixels. Others that are
# closer than the second share are not tried then.
_RIGHT, _CLOSE = 0.8, 0.02
# Below this, nothing fits, not even where a page begins; and of so many scales, others that are close are tried.
_NOTHING, _STRETCHED = 0.02, 3
# Shares by which cells are made larger and smaller, while that is better.
_FINER = (0.004, 0.002, 0.001)


def find_geometry(picture: Picture, page: PageSpec, language: Language) -> ReadPage:
    """Reads a picture, after finding out how it lies.

    Args:
        page: what is expected; other sizes, places and scales are tried where it does not fit.
    """
    face = Typeface(page.font_size, language)
    reads = [ReadPage((), Geometry(face, left=page.margin_left))]
    expected, by_separator = expected_scales(picture.grey, page), separator_scale(picture, page)
    for scale in scales(picture, page, by_separator):
        if scale not in (*expected, by_separator) and _is_known(scale, reads):
            continue
        found = improved(picture, first_read(picture, Geometry(face, scale, page.margin_left)))
        if scale == AS_IT_IS and picture.grey.shape != (page.height, page.width):
            found = nudged(picture, found)
        reads.append(found)
        if scale == AS_IT_IS and is_about(page, picture.grey):
            continue  # stretched a little, or without some pixels: what fits better
        if found.good and best_of(picture, reads).good:
            break
    best = best_of(picture, reads)
    if best.quality > _NOTHING and not best.good:
        best = best_of(picture, [best, elsewhere(picture, Geometry(face, expected[0], page.margin_left))])
    if by_separator and best.quality > _RIGHT:
        across, down = best.geometry.scale
        if near((across, by_separator[1] if best.good else down), by_separator, SEPARATOR_ERROR):
            return best
    if not best.good:
        best = best_of(picture, [best, *(_stretched(picture, read) for read in _stretchable(reads))])
    if best.good and best.geometry.scale in expected:
        return best
    return best_of(picture, [best, _finer(picture, best)])


def _is_known(scale: Scale, reads: list[ReadPage]) -> bool:
    """Whether one that is close to a scale fits so well that it is right, about."""
    return any(read.quality > _RIGHT and near(scale, read.geometry.scale, _CLOSE) for read in reads)


def _stretchable(reads: list[ReadPage]) -> list[ReadPage]:
    """The ways to read a picture whose scale may be a little off."""
    return sorted((read for read in reads if read.quality > _NOTHING), key=lambda read: -read.quality)[:_STRETCHED]


def _stretched(picture: Picture, read: ReadPage) -> ReadPage:
    """With cells a little larger or smaller, as what is on the page repeats, and as fits best."""
    at = read.geometry
    ink, tops = picture.ink(at.scale), picture.tops(at.scale, at.face)
    if ink is None or not tops:
        return read
    best = read
    for shares in stretches(ink, tops, line_height(at.face.font_size), advances_of(at.face)[-1]):
        best = max(best, _at_scale(picture, at, shares), key=lambda one: one.quality)
        if best.good:
            return best
    return best


def _finer(picture: Picture, read: ReadPage) -> ReadPage:
    """With cells that are larger or smaller by fine steps, while that is better."""
    best = read
    if not HOPELESS < best.quality < VERY_GOOD:
        return best
    for step in _FINER:
        for shares in ((-step, 0), (step, 0), (0, -step), (0, step)):
            while (other := _at_scale(picture, best.geometry, shares)).quality > best.quality:
                best = other
    return best if best.good else improved(picture, best)


def _at_scale(picture: Picture, geometry: Geometry, shares: tuple[float, float]) -> ReadPage:
    """With cells by some shares wider and higher, placed as fits best."""
    across, down = (scale * (1 + share) for scale, share in zip(geometry.scale, shares, strict=True))
    return tried(picture, placed(picture, replace(geometry, scale=(across, down))))
