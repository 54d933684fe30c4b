"""The glyphs that are looked for, as vectors: one matrix for each width of a cell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache

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
# How much of a cell's ink the main components leave out; blurred glyphs have less that they could.
_SLACK, _SLACK_BLURRED = 0.09, 0.03


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
        slack: by how much of a cell's ink a score by these may be too low.
    """

    advance: int
    chars: tuple[str, ...]
    units: Matrix
    lengths: Matrix
    basis: Matrix | None
    described: Matrix | None
    slack: float = 0.0

    @cached_property
    def sums(self) -> Matrix:
        """Of the pixels of each glyph of length 1, float32 [glyphs]."""
        sums: Matrix = self.units.sum(axis=1)
        return sums

    @cached_property
    def columns(self) -> Matrix:
        """`units` as float32 [pixels, glyphs]: with few cells, a product with these takes half as long."""
        return np.ascontiguousarray(self.units.T)

    @cached_property
    def ascii(self) -> int:
        """How many of its glyphs are of ASCII: the first ones."""
        return sum(char.isascii() for char in self.chars)


@lru_cache(maxsize=16)
def templates(face: Typeface, tier: int = 0) -> dict[int, Templates]:
    """The glyphs of a typeface by their advance: those of one of the tiers of `vwd.readback.alphabet`."""
    drawn = _drawn(face.font_size, face.language, tier)
    return {advance: _group(face, glyphs) for advance, glyphs in drawn.items()}


@dataclass(frozen=True)
class _Drawn:
    """Sharp glyphs of one advance: their characters, float32 [glyphs, line height, advance], and a basis as above."""

    chars: tuple[str, ...]
    pictures: Matrix
    basis: Matrix | None


@lru_cache(maxsize=8)
def _drawn(font_size: int, language: Language, tier: int) -> dict[int, _Drawn]:
    seen: set[bytes] = set()
    groups: dict[int, list[tuple[str, npt.NDArray[np.uint8]]]] = defaultdict(list)
    for char in TIERS[tier](language):
        glyph = draw_glyph(char, font_size, language)
        if (picture := glyph.coverage.tobytes()) not in seen:
            seen.add(picture)
            groups[glyph.advance].append((char, glyph.coverage))
    drawn = {}
    for advance, members in sorted(groups.items()):
        pictures = np.stack([coverage for _, coverage in members]).astype(np.float32) / np.float32(255)
        drawn[advance] = _Drawn(tuple(char for char, _ in members), pictures, _basis(pictures))
    return drawn


def sharp_glyphs(face: Typeface) -> list[Matrix]:
    """The common glyphs of each advance before any blur: float32 [glyphs, line height, advance], ink from 0 to 1."""
    return [glyphs.pictures for glyphs in _drawn(face.font_size, face.language, 0).values()]


@lru_cache(maxsize=8)
def names_of_pictures(font_size: int, language: Language, tier: int) -> dict[bytes, str]:
    """Each sharp glyph of a tier, as the bytes of its coverage, and the character that it is read as."""
    return {
        np.rint(picture * 255).astype(np.uint8).tobytes(): char
        for glyphs in _drawn(font_size, language, tier).values()
        for char, picture in zip(glyphs.chars, glyphs.pictures, strict=True)
    }


def _basis(pictures: Matrix) -> Matrix | None:
    """The main components of many glyphs, float32 [pixels, d]; also blurred ones consist of these."""
    if len(pictures) <= _MANY:
        return None
    units, _ = _normalised(pictures)
    _, vectors = np.linalg.eigh(units.T @ units)
    return np.ascontiguousarray(vectors[:, -_DESCRIBED:], np.float32)


def _normalised(pictures: Matrix) -> tuple[Matrix, Matrix]:
    matrix = pictures.reshape(len(pictures), -1)
    lengths = np.linalg.norm(matrix, axis=1)
    return matrix / lengths[:, None], lengths


def _group(face: Typeface, glyphs: _Drawn) -> Templates:
    pictures = glyphs.pictures
    if face.blur:
        pictures = np.stack([_blurred(picture, face.blur) for picture in pictures])
    units, lengths = _normalised(pictures)
    described = None if glyphs.basis is None else np.ascontiguousarray((units @ glyphs.basis).T)
    return Templates(
        pictures.shape[2],
        glyphs.chars,
        units,
        lengths,
        glyphs.basis,
        described,
        _SLACK_BLURRED if face.blur else _SLACK,
    )


def _blurred(picture: Matrix, blur: float) -> Matrix:
    result: Matrix = cv2.GaussianBlur(picture, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
    return result
