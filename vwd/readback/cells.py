"""Cells of a line: cutting them out, and judging which character each shows, if any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.readback.ink import Ink
from vwd.readback.matching import LEAST_SCORE, between_pixels, match
from vwd.readback.templates import Matrix, Templates, Typeface, templates

UNREADABLE = "\ufffd"
# Nor one whose best glyph leaves almost as much ink unexplained as the next.
_LEAST_LEAD = 0.004
# Of the smallest glyph's ink: a cell with less that any glyph explains is a space.
_BLANK = 0.35
# Ink may be so much paler or darker than a glyph's.
_PALEST, _DARKEST = 0.35, 1.8
# A glyph below this may be a less common one, which then must fit better by so much.
_SURE, _BETTER = 0.96, 0.025
# It must also fit hardly worse than the page's other cells do with theirs.
_AS_WELL = 0.03
# Where cells usually fit as well as this, they lie where pixels are.
_CRISP = 0.98
# Share of a cell's ink that counts as unexplained where it is not read, and what a cell costs in any case.
_UNREAD, _CELL = 0.5, 0.3


class Cell(NamedTuple):
    """A character that was read, or UNREADABLE: its place in pixels of the page; how well its glyph fits, 0 to 1.

    `cut`: it is UNREADABLE because the picture's edge cuts it.
    """

    text: str
    x: int
    top: int
    advance: int
    score: float
    cut: bool = False


class Judged(NamedTuple):
    """What each of n cells shows: a character, " " or UNREADABLE; its score; the ink that stays unexplained."""

    texts: list[str]
    scores: list[float]
    costs: list[float]


def cut(line: Ink, starts: Sequence[int], advance: int) -> Matrix:
    """The cells of a line that start at some columns: float32 [cells, line height x advance]."""
    views = np.lib.stride_tricks.sliding_window_view(line, advance, axis=1)
    cells: Matrix = views[:, starts].transpose(1, 0, 2).reshape(len(starts), len(line) * advance)
    return cells


def judge(pixels: Matrix, group: Templates) -> Judged:
    """What cells show, of the glyphs of their advance."""
    found = match(pixels, group)
    energy = found.energy**2
    spaces = energy * found.cosine**2 < _BLANK * float(group.lengths.min()) ** 2
    readable = (found.score >= LEAST_SCORE) & (found.gain > _PALEST) & (found.gain < _DARKEST) & ~spaces
    clear = readable & leads(found.cosine, found.second)
    costs = np.where(readable, energy * (1 - found.cosine**2), _UNREAD * energy) + _CELL
    chars = group.chars
    texts = [
        chars[glyph] if read else " " if space else UNREADABLE
        for glyph, read, space in zip(found.glyph.tolist(), clear.tolist(), spaces.tolist(), strict=True)
    ]
    scores = np.where(clear, found.score, 0)
    return Judged(texts, scores.tolist(), np.where(spaces, energy, costs).tolist())


def leads(score: Matrix, second: Matrix) -> npt.NDArray[np.bool_]:
    """Whether the best glyph explains clearly more than the next."""
    result: npt.NDArray[np.bool_] = score**2 - second**2 > _LEAST_LEAD
    return result


def with_other_glyphs(lines: list[list[Cell]], strips: list[Ink], shift: int, face: Typeface) -> list[list[Cell]]:
    """The same cells, but where a glyph of another tier fits clearly better than the best common one, that.

    Args:
        strips: the pixels of each line, in which columns are by `shift` further to the right.
    """
    usual = float(np.median([cell.score for line in lines for cell in line if not cell.cut] or [0.0]))
    least = max(LEAST_SCORE, usual - _AS_WELL)
    for tier in (1, 2) if not face.blur else (1,):
        weak = [
            (n, at, cell)
            for n, line in enumerate(lines)
            for at, cell in enumerate(line)
            # A line of nothing but a mark may be higher or lower than it seems, and other marks differ by just that.
            if cell.score < _SURE and not cell.cut and any(other.score >= _SURE for other in line)
        ]
        if not weak or 4 * len(weak) > sum(map(len, lines)):  # tens of thousands of glyphs: only where most cells fit
            break
        others = templates(face, tier)
        for advance in {cell.advance for _, _, cell in weak} & set(others):
            places = [(n, at, cell) for n, at, cell in weak if cell.advance == advance]
            starts = [cell.x + shift for _, _, cell in places]
            pixels = np.stack(
                [strips[n][:, x : x + advance].ravel() for (n, _, _), x in zip(places, starts, strict=True)]
            )
            found, common = match(pixels, others[advance]), match(pixels, templates(face)[advance])
            clear = leads(found.cosine, found.second)
            if usual < _CRISP:  # lines may lie between pixels, where g looks like ց
                clear &= (
                    between_pixels(pixels, others[advance], found.glyph)
                    > between_pixels(pixels, templates(face)[advance], common.glyph) + _BETTER
                )
            for i, (n, at, cell) in enumerate(places):
                # The best common one may fit well and yet be UNREADABLE, since another common one does, too.
                if clear[i] and found.score[i] > max(cell.score + _BETTER, common.score[i] + _BETTER, least):
                    char = others[advance].chars[found.glyph[i]]
                    lines[n][at] = cell._replace(text=char, score=float(found.score[i]))
    return lines
