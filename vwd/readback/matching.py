"""Cells of a page against all glyphs: which fits best, how well, and how well the next one."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.readback.templates import Matrix, Templates

# A cell whose best glyph correlates less is not read.
LEAST_SCORE = 0.72
# Cells that fit worse by the short description are not compared pixel by pixel.
_ROUGHLY = 0.6
# Glyphs that fit worse than the best by more than this share of a cell's ink are not looked for as the next best.
_LEAD = np.float32(0.01)
# By how much a glyph of ASCII that is the next best counts more, and another one less, where the best is the other.
_CLEARLY, _HARDLY = np.float32(1.01), np.float32(0.997)
# So many pairs of a cell and a glyph are compared at a time: they fit in a CPU's cache, which is ten times as fast.
_TOGETHER = 128

_Numbers = npt.NDArray[np.int64]


class Matches(NamedTuple):
    """For each of n cells the glyph that fits best.

    `glyph`: its number in the templates, int [n]. `cosine`: of the angle between both, 0 to 1, and `second` that of
    the next best, float32 [n]. `gain`: how dark the cell's ink is, compared with the glyph's. `score`: the normalised
    correlation, 0 to 1: what is evenly dark resembles a dense glyph by the angle, but does not correlate with it.
    `energy`: the length of the cell's ink.
    """

    glyph: _Numbers
    cosine: Matrix
    second: Matrix
    gain: Matrix
    score: Matrix
    energy: Matrix


def match(cells: Matrix, glyphs: Templates) -> Matches:
    """Compares cells, float32 [n, line height x advance], with glyphs."""
    energy = np.sqrt(np.einsum("ij,ij->i", cells, cells)) + np.float32(1e-6)
    if glyphs.basis is None:
        products = cells @ glyphs.columns
        best = products.argmax(axis=1)
        rows = np.arange(len(cells))
        highest = products[rows, best]
        products[rows, best] = -1
        # 0 is commoner than Θ: what is not of ASCII must fit clearly better; what is may fit hardly better.
        plain = best < glyphs.ascii
        products[:, : glyphs.ascii] *= np.where(plain, 1, _CLEARLY)[:, None]
        products[:, glyphs.ascii :] *= np.where(plain, _HARDLY, 1)[:, None]
        second = products.max(axis=1)
    else:
        best, highest, second = _match_many(cells, energy, glyphs)
    return Matches(
        best, highest / energy, second / energy, highest / glyphs.lengths[best],
        _correlation(cells.sum(axis=1), energy, highest, glyphs.sums[best], cells.shape[1]), energy,
    )  # fmt: skip


def _correlation(sums: Matrix, energy: Matrix, products: Matrix, units: Matrix, count: int) -> Matrix:
    """Of cells and glyphs of length 1: from their products, the cells' sums and lengths, and the glyphs' sums.

    Args:
        count: pixels of a cell.
    """
    spread = np.sqrt(np.maximum((energy**2 - sums**2 / count) * (1 - units**2 / count), 1e-9))
    correlation: Matrix = np.clip((products - sums * units / count) / spread, 0, 1)
    return correlation


def between_pixels(cells: Matrix, glyphs: Templates, numbers: _Numbers) -> Matrix:
    """The normalised correlation of each cell with its glyph, moved by up to half a pixel as fits best, float32 [n]."""
    pictures = np.pad(glyphs.units[numbers].reshape(len(cells), -1, glyphs.advance), ((0, 0), (1, 1), (1, 1)))
    energy, sums, count = np.linalg.norm(cells, axis=1), cells.sum(axis=1), cells.shape[1]
    best = np.zeros(len(cells), np.float32)
    for down, across in product((-1, 0, 1), (-1, 0, 1)):
        moved = pictures + np.roll(pictures, (down, across), (1, 2))
        moved += np.roll(pictures, down, 1) + np.roll(pictures, across, 2)
        units = moved[:, 1:-1, 1:-1].reshape(cells.shape)
        units /= np.linalg.norm(units, axis=1)[:, None]
        products = np.einsum("ij,ij->i", cells, units)
        best = np.maximum(best, _correlation(sums, energy, products, units.sum(axis=1), count))
    return best


def _match_many(cells: Matrix, energy: Matrix, glyphs: Templates) -> tuple[_Numbers, Matrix, Matrix]:
    """The best glyph of each cell, and its product and the next one's with the cell, by way of a short description."""
    units, every = glyphs.units, np.arange(len(cells))
    likely, at_likely, rows, columns = _candidates(cells, energy, glyphs)
    rows, columns = np.concatenate([every, rows]), np.concatenate([likely, columns])
    products = np.empty(len(rows), np.float32)
    products[: len(every)] = at_likely
    for first in range(len(every), len(rows), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        products[part] = np.einsum("ij,ij->i", cells[rows[part]], units[columns[part]])
    order = np.lexsort((-products, rows))
    starts = np.searchsorted(rows[order], every)
    best, highest = columns[order[starts]], products[order[starts]]
    following = np.append(order, order[-1])[starts + 1]
    alone = (starts + 1 == len(order)) | (rows[following] != every)
    second = np.where(alone, highest - _LEAD * energy, products[following])
    return best, highest, second.astype(np.float32)


def _candidates(cells: Matrix, energy: Matrix, glyphs: Templates) -> tuple[_Numbers, Matrix, _Numbers, _Numbers]:
    """The likeliest glyph of each cell by the short description, and its product with the cell; and as numbers of
    cells and of glyphs the pairs of which the glyph may fit about as well.
    """
    basis, described, slack = glyphs.basis, glyphs.described, np.float32(glyphs.slack)
    assert basis is not None
    assert described is not None
    rough = (cells @ basis) @ described
    every = np.arange(len(cells))
    likely = rough.argmax(axis=1)
    roughly = rough[every, likely]
    at_likely = np.einsum("ij,ij->i", cells, glyphs.units[likely])
    # Others may fit as well only if what their short descriptions leave out could make up for what they fit worse.
    floor = np.where(roughly > _ROUGHLY * energy, at_likely - (slack + _LEAD) * energy, np.inf)
    rough[every, likely] = -np.inf
    near = np.flatnonzero((rough >= floor[:, None]).ravel())
    rows, columns = np.divmod(near, rough.shape[1])
    # Cells that are cut wrongly resemble hundreds of glyphs, and none so well that it is read: the likeliest will do.
    at_best = rough.ravel()[near] + slack * energy[rows]
    sums, count = cells.sum(axis=1), cells.shape[1]
    readable = _correlation(sums, energy, at_likely, glyphs.sums[likely], count) >= LEAST_SCORE
    could = _correlation(sums[rows], energy[rows], at_best, glyphs.sums[columns], count) >= LEAST_SCORE
    readable[rows[could]] = True
    return likely, at_likely, rows[readable[rows]], columns[readable[rows]]
