"""Where the lines of a page start, by what fits best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from vwd.readback.cells import cut, judge
from vwd.readback.ink import Ink
from vwd.readback.lines import first_inks, strip
from vwd.readback.pages import Geometry, advances_of
from vwd.readback.picture import Picture
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height

# Where the first ink is that near to the left edge, the edge may cut characters.
_AT_EDGE = 2
# So many lines tell where all start; and so few, where their first cells score so much on average.
_LINES, _FEW, _FITS = 4, 2, 0.98


def placed(picture: Picture, geometry: Geometry, far: bool = False) -> Geometry:
    """The same geometry with the place of the lines at which their first cells fit best.

    Args:
        far: look also where lines do not seem to stand, half a line further up or down.
    """
    face = geometry.face
    ink, tops = picture.ink(geometry.scale), picture.tops(geometry.scale, face)
    if ink is None or not tops:
        return geometry
    lines = _first_lines(ink, tops, face)
    few = replace(lines, tops=lines.tops[:_FEW])
    best = few.fit(0)
    if best.score < _FITS:
        # What is further off than a pixel is looked for in steps of two.
        half = lines.height // 2
        start = max((few.fit(down) for down in range(-half, half + 1, 2)), key=_score).down if far else 0
        best = max((lines.fit(start + down) for down in (0, -2, 2)), key=_score)
        best = max(best, lines.fit(best.down - 1), lines.fit(best.down + 1), key=_score)
    return replace(geometry, left=best.left, down=best.down)


class _Fit(NamedTuple):
    """How well, on average, first cells fit at best if the tops of their lines are off by some pixels; and where."""

    score: float
    left: int
    down: int


_score = attrgetter("score")


@dataclass(frozen=True)
class _FirstLines:
    """The lines of a page that start at its left.

    Attributes:
        tops: of each, in pixels.
        lefts: the columns at which they may start.
        at_edge: whether the picture's edge may cut their first cells.
        groups: the glyphs of each width, the narrowest first.
        height: of a line, in pixels.
    """

    ink: Ink
    tops: list[int]
    lefts: range
    at_edge: bool
    groups: list[Templates]
    height: int

    def fit(self, down: int) -> _Fit:
        """The best left for tops that are further down by so many pixels."""
        height, room = self.height, 2 * self.groups[-1].advance
        # The edge may cut first cells: second ones, after one of any width, tell where they start.
        behind = [group.advance for group in self.groups] if self.at_edge else [0]
        starts = range(self.lefts[0] + room + min(behind), self.lefts[-1] + room + max(behind) + 1)
        strips = [np.pad(strip(self.ink, top + down, height), ((0, 0), (room, room))) for top in self.tops]
        scores = np.max(
            [
                judge(np.concatenate([cut(one, starts, group.advance) for one in strips]), group).scores
                for group in self.groups
            ],
            axis=0,
        ).reshape(len(strips), len(starts))
        means = np.max([scores[:, step - min(behind) :][:, : len(self.lefts)] for step in behind], axis=0).mean(axis=0)
        at = int(means.argmax())
        return _Fit(float(means[at]), self.lefts[at], down)


def _first_lines(ink: Ink, tops: list[int], face: Typeface) -> _FirstLines:
    groups = [templates(face)[advance] for advance in advances_of(face)]
    height = line_height(face.font_size)
    firsts = first_inks(ink, tops, height)
    least = int(firsts.min())
    at_edge = least <= _AT_EDGE
    near = [top for top, first in zip(tops, firsts, strict=True) if first < least + groups[0].advance][:_LINES]
    lefts = range(1 - groups[-1].advance, 2) if at_edge else range(least - groups[0].advance * 2 // 3, least + 2)
    return _FirstLines(ink, near, lefts, at_edge, groups, height)
