"""The glyphs that are looked for, as vectors: one matrix for each width of a cell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.readback.alphabet import TIERS
from vwd.video.fonts import draw_glyph

Matrix = npt.NDArray[np.float32]
# Above so many glyphs, a short description of each cell chooses the few that are compared pixel by pixel.
_MANY = 800
_DESCRIBED = 96


@dataclass(frozen=True)
class Typeface:
    """How text is drawn: the font's size in pixels, the language, and how blurred, as a Gaussian's σ in pixels."""

    font_size: int
    language: Language
    blur: float = 0.0


@dataclass(frozen=True)
class Templates:
    """Glyphs of one advance.

    Attributes:
        advance: of each, in pixels.
        chars: one for each picture; characters with the same picture are named by the first.
        units: float32 [glyphs, line height x advance], each of length 1.
        lengths: float32 [glyphs], what they were divided by.
        basis, described: float32 [pixels, d] and [d, glyphs]: their main components; None where they are few.
    """

    advance: int
    chars: tuple[str, ...]
    units: Matrix
    lengths: Matrix
    basis: Matrix | None
    described: Matrix | None


@lru_cache(maxsize=16)
def templates(face: Typeface, tier: int = 0) -> dict[int, Templates]:
    """The glyphs of a typeface by their advance: those of one of the tiers of `vwd.readback.alphabet`."""
    seen: set[bytes] = set()
    groups: dict[int, list[tuple[str, Matrix]]] = defaultdict(list)
    for char in TIERS[tier](face.language):
        glyph = draw_glyph(char, face.font_size, face.language)
        if (picture := glyph.coverage.tobytes()) in seen:
            continue
        seen.add(picture)
        groups[glyph.advance].append((char, _blurred(glyph.coverage.astype(np.float32) / 255, face.blur).ravel()))
    return {advance: _group(advance, members) for advance, members in sorted(groups.items())}


def _blurred(coverage: Matrix, blur: float) -> Matrix:
    if not blur:
        return coverage
    result: Matrix = cv2.GaussianBlur(coverage, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
    return result


def _group(advance: int, members: list[tuple[str, Matrix]]) -> Templates:
    matrix = np.stack([pixels for _, pixels in members])
    lengths = np.linalg.norm(matrix, axis=1)
    units = matrix / lengths[:, None]
    basis = described = None
    if len(members) > _MANY:
        _, vectors = np.linalg.eigh(units.T @ units)
        basis = np.ascontiguousarray(vectors[:, -_DESCRIBED:], np.float32)
        described = np.ascontiguousarray((units @ basis).T)
    return Templates(advance, tuple(char for char, _ in members), units, lengths, basis, described)
