"""Cells against thousands of glyphs: the short way finds what comparing all pixels would."""

from __future__ import annotations

import numpy as np
import pytest

from vwd.readback.cells import cut, leads
from vwd.readback.matching import LEAST_SCORE, match
from vwd.readback.strips import strips
from vwd.readback.templates import Matrix, Templates, Typeface, templates


def _correlations(cells: Matrix, glyphs: Templates) -> Matrix:
    """float [cells, glyphs], of all pixels."""
    pixels, units = cells - cells.mean(axis=1, keepdims=True), glyphs.units - glyphs.units.mean(axis=1, keepdims=True)
    found: Matrix = (pixels @ units.T) / np.linalg.norm(pixels, axis=1)[:, None] / np.linalg.norm(units, axis=1)
    return found


@pytest.mark.parametrize("blur", [0.0, 1.0])
@pytest.mark.parametrize("noise", [0.0, 0.08])
def test_the_short_description_finds_what_all_pixels_would(blur: float, noise: float) -> None:
    glyphs = templates(Typeface(28, "zh", blur))[28]
    random = np.random.default_rng(0)
    hanzi = [number for number, char in enumerate(glyphs.chars) if char >= "\u4e00"]
    chosen = random.choice(hanzi, 40, replace=False)
    pictures = (glyphs.units[chosen] * glyphs.lengths[chosen, None]).reshape(len(chosen), -1, 28)
    line = np.concatenate([*pictures, np.zeros_like(pictures[0])], axis=1)
    line += random.normal(0, noise, line.shape).astype(np.float32)
    starts = range(28 * len(chosen) - 27)  # most of them amid a glyph, which resembles hundreds
    cells = cut(line, starts, 28)

    found = match(cells, glyphs)

    products = cells @ glyphs.units.T
    best = products.argmax(axis=1)
    rows = np.arange(len(cells))
    scores = _correlations(cells, glyphs)[rows, best]
    cosines = products / np.linalg.norm(cells, axis=1)[:, None]
    highest = cosines[rows, best]
    cosines[rows, best] = 0
    clear = (scores >= LEAST_SCORE) & leads(highest, cosines.max(axis=1))
    read = (found.score >= LEAST_SCORE) & leads(found.cosine, found.second)
    assert read[::28].all()
    assert found.glyph[::28].tolist() == chosen.tolist()
    np.testing.assert_allclose(found.score[::28], scores[::28], atol=1e-4)
    # Amid glyphs, some resemble one by chance; what the short description leaves out may be of account there.
    assert np.mean((read != clear) | (read & (found.glyph != best))) < 0.01


def test_the_lines_of_a_page_are_cut_with_room_around_and_know_their_gaps_and_ends() -> None:
    ink = np.zeros((20, 10), np.float32)
    ink[2, 3:5] = 1.0
    ink[2, 7] = 0.4  # pale: it may be ink, but is no end of a line

    above, *others = strips(ink, [-3, 8, -40, 60], 6, 2, 4)

    assert above.pixels.shape == (6, 16)
    np.testing.assert_array_equal(above.pixels[5, 2:12], ink[2])
    assert (above.first, above.end, above.last) == (2, 12, 6)
    assert [column for column, gap in enumerate(above.gaps) if not gap] == [5, 6, 7, 9, 10]
    assert above.before == pytest.approx([0.0] * 6 + [1.0] + [2.0] * 3 + [2.4] * 7)
    for empty in others:  # also where no row of the picture is
        assert empty.pixels.shape == (6, 16)
        assert empty.last == -1
        assert all(empty.gaps)
