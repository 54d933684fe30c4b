"""The cells of all lines of a page that lies in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vwd.readback.cells import Cell, cut, judge, with_other_glyphs
from vwd.readback.doubtful import with_doubtful_lines
from vwd.readback.edges import without_cut
from vwd.readback.ink import Ink
from vwd.readback.lines import without_rules
from vwd.readback.steps import read_on
from vwd.readback.strips import Strip, strips
from vwd.readback.templates import Templates, Typeface, templates
from vwd.text.metrics import line_height


class PageLines(NamedTuple):
    """The cells of each line, without spaces; `whole`: whether none was left out."""

    lines: list[list[Cell]]
    whole: bool


def read_lines(
    ink: Ink, tops: list[int], left: int, face: Typeface, advances: tuple[int, ...], thorough: bool = True
) -> PageLines:
    """Reads the lines of a page.

    Args:
        tops: the first row of each line.
        left: the column where lines start; it may be outside of the picture.
        advances: which widths of glyphs are looked for, the narrowest first.
        thorough: also the lines that take long; else a few of these, which tell how well the others fit.
    """
    text = without_rules(ink)
    found = _read_at(text, tops, left, face, advances, thorough)
    if not found.whole:
        return found

    def read(top: int) -> list[Cell]:
        return next(iter(_read_at(text, [top], left, face, advances).lines), [])

    return found._replace(lines=with_doubtful_lines(ink, found.lines, line_height(face.font_size), read))


def _read_at(
    ink: Ink, tops: list[int], left: int, face: Typeface, advances: tuple[int, ...], thorough: bool = True
) -> PageLines:
    height, before = line_height(face.font_size), max(0, -left)
    lines = strips(ink, tops, height, before, 2 * advances[-1])
    groups = {advance: group for advance, group in templates(face).items() if advance in advances}
    found: Sequence[list[Cell] | None]
    if len(advances) == 1:
        found = _read_grid(lines, left + before, groups[advances[0]])
    else:
        found = read_on(lines, left + before, groups, thorough)
    placed = [
        [cell._replace(x=cell.x - before, top=top) for cell in cells or () if cell.text != " "]
        for cells, top in zip(found, tops, strict=True)
    ]
    placed = without_cut(ink, placed, left, height)
    whole = None not in found
    if whole:
        placed = with_other_glyphs(placed, [line.pixels for line in lines], before, face)
    return PageLines([line for line in placed if line], whole)


def _read_grid(lines: list[Strip], start: int, group: Templates) -> list[list[Cell]]:
    """Lines in which all cells are equally wide."""
    starts = [list(range(start, line.last + 1, group.advance)) for line in lines]
    judged = judge(
        np.concatenate([cut(line.pixels, xs, group.advance) for line, xs in zip(lines, starts, strict=True)]), group
    )
    cells = iter(zip(judged.texts, judged.scores, strict=True))
    return [
        [Cell(text, x, 0, group.advance, score) for x, (text, score) in zip(xs, cells, strict=False)] for xs in starts
    ]
