"""Draws pages with plain torch operations, on any device: the same numbers as on a CPU, at several times the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from vwd.stream.augment import NOISE_MEAN, NOISE_ONE
from vwd.stream.form import TensorFormat
from vwd.stream.page_table import ROWS
from vwd.stream.sample import colours_shaped, shaped
from vwd.stream.scaling import Axis, Scaling, scaling

if TYPE_CHECKING:
    from vwd.stream.drawable import Drawable

NEVER = 2**31 - 1


def paint(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The frames of a batch, see `Pages.render`."""
    size, times = pages.size(form), max(pages.lengths)
    tables = on_device(pages)
    grey = torch.empty((len(pages.samples), times, *size), dtype=torch.uint8, device=pages.device)
    columns, births = line_tables(pages, tables)
    for sample, number in enumerate(pages.samples):
        scale = scaling(pages.tables.sizes[number], size)
        for page in range(pages.tables.pages[number], pages.tables.pages[number + 1]):
            _, first, stop = pages.tables.spans[page]
            ink, born = _planes(pages, tables, columns, births, page, number)
            time = torch.arange(first, min(stop, times), dtype=torch.int32, device=pages.device)[:, None, None]
            if len(time):
                grey[sample, first:stop] = _scaled(ink, born, time, scale)
    if "levels" not in tables:
        return _exactly_shaped(grey, form)
    return _with_looks(pages, tables, grey, form)


def paint_mask(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The masks of a batch, see `Pages.render_mask`."""
    size, times = pages.size(form), max(pages.lengths)
    tables = on_device(pages)
    masks = torch.empty((len(pages.samples), times, *size), dtype=torch.uint8, device=pages.device)
    columns, births = line_tables(pages, tables, "masked")
    for sample, number in enumerate(pages.samples):
        scale = scaling(pages.tables.sizes[number], size)
        for page in range(pages.tables.pages[number], pages.tables.pages[number + 1]):
            _, first, stop = pages.tables.spans[page]
            _, born = _planes(pages, tables, columns, births, page, number)
            earliest = _earliest(_earliest(born, scale.rows, 0), scale.columns, 1)
            time = torch.arange(first, min(stop, times), dtype=torch.int32, device=pages.device)[:, None, None]
            masks[sample, first : first + len(time)] = earliest <= time
        if "effects" in tables:
            masks[sample] = _moved(masks[sample], tables["effects"][number, :2], 0)
    return masks


def on_device(pages: Drawable) -> dict[str, torch.Tensor]:
    """The tables of a batch, in its memory."""
    return {
        name: pages.memory[one.offset : one.offset + one.size].view(getattr(torch, one.dtype)).view(one.shape)
        for name, one in pages.tables.places.items()
    }


def line_tables(
    pages: Drawable, tables: dict[str, torch.Tensor], only: str | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """For each line and x, int32 [L, width]: the column of the atlas there, and the time from which on it is shown.

    Args:
        only: the table that says which glyphs there are; the others never appear.
    """
    device, glyphs = pages.device, tables["glyphs"]
    shape = (max(1, pages.tables.lines), pages.tables.size[1])
    columns = torch.zeros(shape, dtype=torch.int32, device=device)
    births = torch.full(shape, NEVER, dtype=torch.int32, device=device)
    every = torch.arange(pages.tables.columns[0], dtype=torch.int32, device=device)
    of = torch.searchsorted(glyphs[:, 3].contiguous(), every, right=True) - 1
    within = every - glyphs[of, 3]
    places = (glyphs[of, 0] + within).long()
    times = glyphs[of, 2]
    if only:
        times = torch.where(tables[only][of] > 0, times, NEVER)
    columns.view(-1)[places] = glyphs[of, 1] + within
    births.view(-1)[places] = times
    return columns, births


def _planes(
    pages: Drawable,
    tables: dict[str, torch.Tensor],
    columns: torch.Tensor,
    births: torch.Tensor,
    page: int,
    number: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """A page's ink, int32 [H, W], and from when on each of its pixels is shown."""
    height, width = pages.tables.sizes[number]
    rows = tables["rows"][page, :height]
    line = (rows.clamp(min=0) // ROWS).long()
    column, born = columns[line, :width].long(), births[line, :width]
    ink = tables["atlas"][column, (rows.clamp(min=0) % ROWS).long()[:, None]].int()
    return ink, torch.where(rows[:, None] < 0, NEVER, born)


def _scaled(ink: torch.Tensor, born: torch.Tensor, time: torch.Tensor, scale: Scaling) -> torch.Tensor:
    """Frames of a page at some times, uint8 [T, H, W]: see `Scaling`."""
    device = ink.device
    if scale.method == "copy":
        return torch.where(born <= time, 255 - ink, 255).to(torch.uint8)
    rows, columns = (torch.from_numpy(axis.sources).to(device).long() for axis in (scale.rows, scale.columns))
    down, across = (torch.from_numpy(axis.weights).to(device) for axis in (scale.rows, scale.columns))
    whole = scale.method == "linear"
    kind = torch.int32 if whole else torch.float32
    down, across = down.to(kind), across.to(kind)
    total = torch.zeros((len(time), len(rows), len(columns)), dtype=kind, device=device)
    for row in range(rows.shape[1]):
        sums = torch.zeros_like(total)
        for column in range(columns.shape[1]):
            at = (rows[:, row, None], columns[None, :, column])
            value = torch.where(born[at] <= time, 255 - ink[at], 255).to(kind)
            sums = sums + value * across[None, None, :, column]
        if whole:
            total = total + ((down[None, :, row, None] * (sums >> 4)) >> 16)
        else:
            total = total + sums * down[None, :, row, None]
    if whole:
        return ((total + 2) >> 2).clamp(0, 255).to(torch.uint8)
    if scale.method == "quarter":
        return ((total + 2) * 0.25).floor().to(torch.uint8)
    return (total * scale.factor).round().clamp(0, 255).to(torch.uint8)


def _earliest(born: torch.Tensor, axis: Axis, dim: int) -> torch.Tensor:
    """The earliest time among the pixels that each target pixel touches along an axis."""
    touched = torch.from_numpy(axis.touched).to(born.device).long()
    most = int((axis.touched[:, 1] - axis.touched[:, 0]).max())
    found = born.index_select(dim, touched[:, 0])
    for step in range(1, most):
        found = torch.minimum(found, born.index_select(dim, torch.minimum(touched[:, 0] + step, touched[:, 1] - 1)))
    return found


def _exactly_shaped(grey: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """As `shaped`. Numbers come from a table made on the CPU, as a device may multiply where that divides."""
    if form.dtype == "uint8":
        return shaped(grey, form)
    values = (torch.arange(256).float().div_(127.5).sub_(1)).to(getattr(torch, form.dtype)).to(grey.device)
    return shaped(
        values[grey.int()], TensorFormat(layout=form.layout, channels=form.channels, contiguous=form.contiguous)
    )


def _with_looks(
    pages: Drawable, tables: dict[str, torch.Tensor], grey: torch.Tensor, form: TensorFormat
) -> torch.Tensor:
    """The frames in their samples' colours, moved, and with noise."""
    channels = [0, 1, 2] if form.channels == 3 else [3]
    video = torch.empty((*grey.shape, len(channels)), dtype=torch.uint8, device=grey.device)
    for sample, number in enumerate(pages.samples):
        effects = tables["effects"][number]
        moved = _moved(grey[sample], effects[:2], 255).int()
        added = _noise(moved.shape, effects)
        for axis, channel in enumerate(channels):
            video[sample, ..., axis] = (tables["levels"][number, channel][moved].int() + added).clamp(0, 255)
    if form.dtype == "uint8":
        return colours_shaped(video, form)
    values = (torch.arange(256).float().div_(127.5).sub_(1)).to(getattr(torch, form.dtype)).to(grey.device)
    plain = TensorFormat(layout=form.layout, channels=form.channels)
    return colours_shaped(values[video.int()], plain)


def _moved(frames: torch.Tensor, by: torch.Tensor, empty: int) -> torch.Tensor:
    """Frames moved down and to the right; what comes in from outside is empty."""
    height, width = frames.shape[1:]
    y = torch.arange(height, device=frames.device) - by[0]
    x = torch.arange(width, device=frames.device) - by[1]
    inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))
    return torch.where(inside, frames[:, y.clamp(0, height - 1)][:, :, x.clamp(0, width - 1)], empty)


def _noise(shape: torch.Size, effects: torch.Tensor) -> torch.Tensor:
    """Whole numbers, int32: see `vwd.stream.augment`."""
    counter = torch.arange(shape.numel(), dtype=torch.int32, device=effects.device).view(shape)
    first = _mixed(counter ^ effects[2])
    second = _mixed(first ^ _signed(0x9E3779B9))
    total = torch.zeros_like(first)
    for word in (first, second):
        for shift in (0, 8, 16, 24):
            total = total + ((word >> shift) & 255)
    return ((total - NOISE_MEAN) * effects[3] + NOISE_ONE // 2) >> 16


def _mixed(x: torch.Tensor) -> torch.Tensor:
    """The finaliser of MurmurHash3, on int32 that wrap around."""
    x = (x ^ ((x >> 16) & 0xFFFF)) * _signed(0x85EBCA6B)
    x = (x ^ ((x >> 13) & 0x7FFFF)) * _signed(0xC2B2AE35)
    return x ^ ((x >> 16) & 0xFFFF)


def _signed(number: int) -> int:
    return number - (1 << 32)
