"""Draws pages on a CPU, frame after frame: each is the previous one with some glyphs added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.stream.augment import NOISE_MEAN, NOISE_ONE
from vwd.stream.decode import Grey, fit
from vwd.stream.form import TensorFormat
from vwd.stream.page_table import ROWS

if TYPE_CHECKING:
    import torch

    from vwd.stream.drawable import Drawable

Array = npt.NDArray[Any]


class _Glyph(NamedTuple):
    """Where a glyph is on its page, from which column of the atlas on it is drawn, and when it appears."""

    left: int
    top: int
    width: int
    height: int
    column: int
    time: int
    masked: bool


def paint(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The frames of a batch, see `Pages.render`."""
    import torch

    from vwd.stream.sample import shaped

    size, times = pages.size(form), max(pages.lengths)
    grey = np.empty((len(pages.samples), times, *size), np.uint8)
    tables = pages.tables.arrays(pages.memory.numpy())
    for sample, pieces in _pages(pages, tables):
        _play(pages, tables["atlas"], pieces, sample, grey[sample])
    if "levels" not in tables:
        return shaped(torch.from_numpy(grey), form)
    return _with_looks(pages, tables, grey, form)


def paint_mask(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The masks of a batch, see `Pages.render_mask`."""
    import torch

    height, width = pages.size(form)
    times = max(pages.lengths)
    masks = np.zeros((len(pages.samples), times, height, width), np.uint8)
    tables = pages.tables.arrays(pages.memory.numpy())
    for sample, (page, glyphs) in _pages(pages, tables):
        down, across = pages.tables.sizes[pages.samples[sample]]
        stop = min(pages.tables.spans[page][2], times)
        for glyph in glyphs:
            if glyph.masked:
                left, right = glyph.left * width // across, -(-(glyph.left + glyph.width) * width // across)
                top, bottom = glyph.top * height // down, -(-(glyph.top + glyph.height) * height // down)
                masks[sample, max(glyph.time, pages.tables.spans[page][1]) : stop, top:bottom, left:right] = 1
    if "effects" in tables:
        for sample, number in enumerate(pages.samples):
            down, right = tables["effects"][number, :2].tolist()
            masks[sample] = _moved(masks[sample], down, right, 0)
    return torch.from_numpy(masks)


def _pages(pages: Drawable, tables: dict[str, Array]) -> Iterator[tuple[int, tuple[int, list[_Glyph]]]]:
    """The pages of the samples in turn: the sample, counted from the first of these, and the page with its glyphs."""
    every = pages.tables
    page_of, tops = np.nonzero((tables["rows"] >= 0) & (tables["rows"] % ROWS == 0))
    heights = np.bincount(tables["rows"][tables["rows"] >= 0] // ROWS, minlength=every.lines)
    line, left = np.divmod(tables["glyphs"][:, 0], every.size[1])
    widths = np.diff(tables["glyphs"][:, 3], append=every.columns[0])
    masked = tables["masked"].astype(bool) if "masked" in tables else np.zeros(len(line), bool)
    order = tables["rows"][page_of, tops] // ROWS
    page_of, tops = page_of[np.argsort(order)], tops[np.argsort(order)]
    by_page: dict[int, list[_Glyph]] = defaultdict(list)
    columns = (left, tops[line], widths, heights[line], tables["glyphs"][:, 1], tables["glyphs"][:, 2], masked)
    for page, *values in zip(page_of[line].tolist(), *(column.tolist() for column in columns), strict=True):
        by_page[page].append(_Glyph(*values))
    for sample, number in enumerate(pages.samples):
        for page in range(every.pages[number], every.pages[number + 1]):
            yield sample, (page, by_page[page])


def _play(pages: Drawable, atlas: Array, page: tuple[int, list[_Glyph]], sample: int, frames: Grey) -> None:
    """Draws the frames that show a page."""
    number, glyphs = page
    _, first, stop = pages.tables.spans[number]
    ink = 255 - atlas.T
    canvas = np.full(pages.tables.sizes[pages.samples[sample]], 255, np.uint8)
    by_time: dict[int, list[_Glyph]] = defaultdict(list)
    for glyph in glyphs:
        by_time[max(first, glyph.time)].append(glyph)
    for time in range(first, min(stop, len(frames))):
        for left, top, width, height, column, _, _ in by_time.get(time, ()):
            canvas[top : top + height, left : left + width] = ink[:height, column : column + width]
        if time == first or time in by_time or canvas.shape == frames.shape[1:]:
            fit(canvas, frames[time])
        else:
            frames[time] = frames[time - 1]


def _with_looks(pages: Drawable, tables: dict[str, Array], grey: Grey, form: TensorFormat) -> torch.Tensor:
    """The frames in their samples' colours, moved, and with noise."""
    import torch

    from vwd.stream.sample import colours_shaped

    channels = (0, 1, 2) if form.channels == 3 else (3,)
    video = np.empty((*grey.shape, len(channels)), np.uint8)
    for sample, number in enumerate(pages.samples):
        down, right, seed, strength = tables["effects"][number].tolist()
        moved = _moved(grey[sample], down, right, 255)
        for axis, channel in enumerate(channels):
            level = tables["levels"][number, channel][moved]
            video[sample, ..., axis] = _noisy(level, seed, strength) if strength else level
    return colours_shaped(torch.from_numpy(video), form)


def _moved(frames: Grey, down: int, right: int, empty: int) -> Grey:
    """Frames moved by some pixels; what comes in from outside is empty."""
    height, width = frames.shape[1:]
    moved = np.full_like(frames, empty)
    if abs(down) < height and abs(right) < width:
        into = [slice(max(0, by), size + min(0, by)) for by, size in ((down, height), (right, width))]
        out_of = [slice(max(0, -by), size + min(0, -by)) for by, size in ((down, height), (right, width))]
        moved[:, into[0], into[1]] = frames[:, out_of[0], out_of[1]]
    return moved


def _noisy(frames: Grey, seed: int, strength: int) -> Grey:
    counter = np.arange(frames.size, dtype=np.uint32).reshape(frames.shape)
    first = _mixed(counter ^ np.uint32(seed))
    second = _mixed(first ^ np.uint32(0x9E3779B9))
    total = sum(((word >> np.uint32(shift)) & np.uint32(255)).astype(np.int32) for word in (first, second)
                for shift in (0, 8, 16, 24))  # fmt: skip
    added = ((total - NOISE_MEAN) * strength + NOISE_ONE // 2) >> 16
    noisy: Grey = np.clip(frames + added, 0, 255).astype(np.uint8)
    return noisy


def _mixed(x: Array) -> Array:
    """The finaliser of MurmurHash3."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.asarray(x ^ (x >> np.uint32(16)))
