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
from vwd.stream.spare_memory import empty

if TYPE_CHECKING:
    import torch

    from vwd.stream.drawable import Drawable

Array = npt.NDArray[Any]


class _Run(NamedTuple):
    """Some glyphs side by side that appear together: where they are on their page, and when.

    Attributes:
        column: of the strip of all glyphs.
    """

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
    grey = empty((len(pages.samples), times, *size))
    tables = pages.tables.arrays(pages.memory.numpy())
    strip, runs = _runs(pages, tables)
    for sample, page in _pages(pages):
        _play(pages, strip, runs[page], page, sample, grey[sample])
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
    _, runs = _runs(pages, tables)
    for sample, page in _pages(pages):
        down, across = pages.tables.sizes[pages.samples[sample]]
        stop = min(pages.tables.spans[page][2], times)
        for run in runs[page]:
            if run.masked:
                left, right = run.left * width // across, -(-(run.left + run.width) * width // across)
                top, bottom = run.top * height // down, -(-(run.top + run.height) * height // down)
                masks[sample, max(run.time, pages.tables.spans[page][1]) : stop, top:bottom, left:right] = 1
    if "effects" in tables:
        for sample, number in enumerate(pages.samples):
            down, right = tables["effects"][number, :2].tolist()
            masks[sample] = _moved(masks[sample], down, right, 0)
    return torch.from_numpy(masks)


def _pages(pages: Drawable) -> Iterator[tuple[int, int]]:
    """The pages of the samples in turn: the sample, counted from the first of these, and the page."""
    for sample, number in enumerate(pages.samples):
        for page in range(pages.tables.pages[number], pages.tables.pages[number + 1]):
            yield sample, page


def _runs(pages: Drawable, tables: dict[str, Array]) -> tuple[Array, dict[int, list[_Run]]]:
    """The glyphs of these samples as one strip, uint8 [height, columns], and the runs of each page."""
    every = pages.tables
    first_page, stop_page = every.pages[pages.samples.start], every.pages[pages.samples.stop]
    rows = tables["rows"][first_page:stop_page]
    page, row = np.nonzero(rows >= 0)
    of, within = np.divmod(rows[page, row], ROWS)
    heights = np.bincount(of, minlength=every.lines)
    top, page_of = np.zeros((2, every.lines), np.int64)
    top[of], page_of[of] = row - within, page + first_page
    place, column, time, before = tables["glyphs"].T
    line, left = np.divmod(place, every.size[1])
    mine = np.flatnonzero(heights[line])
    line, left, place, column, time, widths = (
        table[mine] for table in (line, left, place, column, time, np.diff(before, append=every.columns[0]))
    )
    masked = tables["masked"][mine] if "masked" in tables else np.zeros(len(mine), np.uint8)
    ends = np.cumsum(widths)
    strip = (255 - tables["atlas"].T).take(np.repeat(column - ends + widths, widths) + np.arange(widths.sum()), axis=1)
    new = np.ones(len(mine), np.bool_)
    new[1:] = (
        (line[1:] != line[:-1]) | (place[1:] != place[:-1] + widths[:-1]) | (time[1:] != time[:-1])
        | (masked[1:] != masked[:-1])
    )  # fmt: skip
    start = np.flatnonzero(new)
    across = np.add.reduceat(widths, start) if len(start) else start
    line = line[start]
    columns = (left[start], top[line], across, heights[line], (ends - widths)[start], time[start], masked[start])
    found: dict[int, list[_Run]] = defaultdict(list)
    for own, *values in zip(page_of[line].tolist(), *(one.tolist() for one in columns), strict=True):
        found[own].append(_Run(*values))
    return strip, found


def _play(pages: Drawable, strip: Array, runs: list[_Run], page: int, sample: int, frames: Grey) -> None:
    """Draws the frames that show a page."""
    _, first, stop = pages.tables.spans[page]
    canvas = np.full(pages.tables.sizes[pages.samples[sample]], 255, np.uint8)
    by_time: dict[int, list[_Run]] = defaultdict(list)
    for run in runs:
        by_time[max(first, run.time)].append(run)
    for time in range(first, min(stop, len(frames))):
        for left, top, width, height, column, _, _ in by_time.get(time, ()):
            canvas[top : top + height, left : left + width] = strip[:height, column : column + width]
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
