"""Draws pages on a GPU: one pass from glyphs' columns to the finished video, written once and never read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
import triton

from vwd.stream.form import CHANNEL_AXIS, TensorFormat
from vwd.stream.kernels import cover_words, paint_pages, spread_glyphs
from vwd.stream.page_table import ROWS
from vwd.stream.paint_torch import NEVER, on_device
from vwd.stream.scaling import scaling

if TYPE_CHECKING:
    from vwd.stream.drawable import Drawable

# Pixels of a program: 16 bytes a thread where bytes are written.
_BLOCK = 2048
_SCALED_BLOCK = 512
# Frames at a time where a frame is scaled: the source pixels are looked up once for all of them.
_TIMES = 8
_SPREAD = 256
_METHODS = {"copy": 0, "quarter": 1, "area": 2, "linear": 3}


def paint(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The frames of a batch, see `Pages.render`."""
    (height, width), times, count = pages.size(form), max(pages.lengths), len(pages.samples)
    tables = on_device(pages)
    looks = "levels" in tables
    written = form.channels if looks or form.contiguous else 1
    shape = {"b": count, "t": times, "c": written, "h": height, "w": width}
    video = torch.empty(
        [shape[axis] for axis in "b" + form.layout], dtype=getattr(torch, form.dtype), device=pages.device
    )
    strides = dict(zip("b" + form.layout, video.stride(), strict=True))
    columns, births = _line_tables(pages, tables, None)
    nothing = columns
    for first, size, spans in _groups(pages, tables):
        scale = scaling(size, (height, width))
        ys, wy, xs, wx = _axes(size, (height, width), pages.device)
        block = _BLOCK if scale.method == "copy" else _SCALED_BLOCK
        paint_pages[(triton.cdiv(height * width, block), len(spans))](
            video, spans, tables["rows"], columns, births, tables["atlas"],
            tables["levels"] if looks else nothing, tables["effects"] if looks else nothing, ys, wy, xs, wx,
            first, pages.samples.start, times, height, width, pages.tables.size[0], pages.tables.size[1],
            tables["atlas"].shape[1], strides["b"], strides["t"], strides["c"], strides["w"], scale.factor,
            ys.shape[1], xs.shape[1], ROWS=ROWS, METHOD=_METHODS[scale.method],
            CHANNELS=written, FLOAT=form.dtype != "uint8", LOOKS=looks, GREY=form.channels == 1,
            TIMES=1 if scale.method == "copy" else _TIMES, BLOCK=block, num_warps=4, enable_fp_fusion=False,
        )  # fmt: skip
    axis = 1 + CHANNEL_AXIS[form.layout]
    return video.expand([form.channels if at == axis else side for at, side in enumerate(video.shape)])


def paint_mask(pages: Drawable, form: TensorFormat) -> torch.Tensor:
    """The masks of a batch, see `Pages.render_mask`."""
    (height, width), times, count = pages.size(form), max(pages.lengths), len(pages.samples)
    tables = on_device(pages)
    masks = torch.empty((count, times, height, width), dtype=torch.uint8, device=pages.device)
    _, births = _line_tables(pages, tables, tables["masked"])
    for first, size, spans in _groups(pages, tables):
        cover_words[(triton.cdiv(height * width, _BLOCK), len(spans))](
            masks, spans, tables["rows"], births, tables.get("effects", births), first, pages.samples.start, times,
            *size, height, width, pages.tables.size[0], pages.tables.size[1],
            ROWS=ROWS, NEVER=NEVER, MOVED="effects" in tables, BLOCK=_BLOCK,
        )  # fmt: skip
    return masks


def _groups(pages: Drawable, tables: dict[str, torch.Tensor]) -> Iterator[tuple[int, tuple[int, int], torch.Tensor]]:
    """Pages one after the other whose videos are equally large: number of the first one, size, and spans."""
    sizes, bounds = pages.tables.sizes, pages.tables.pages
    start = pages.samples.start
    for number in pages.samples:
        if number + 1 == pages.samples.stop or sizes[number + 1] != sizes[number]:
            yield bounds[start], sizes[number], tables["spans"][bounds[start] : bounds[number + 1]]
            start = number + 1


def _line_tables(pages: Drawable, tables: dict[str, torch.Tensor], only: torch.Tensor | None) -> tuple[Any, Any]:
    """As `vwd.stream.paint_torch.line_tables`, in one pass."""
    glyphs, device = tables["glyphs"], pages.device
    shape = (max(1, pages.tables.lines), pages.tables.size[1])
    columns = torch.zeros(shape, dtype=torch.int32, device=device)
    births = torch.full(shape, NEVER, dtype=torch.int32, device=device)
    if len(glyphs):
        total, widest = pages.tables.columns
        spread_glyphs[(triton.cdiv(len(glyphs), _SPREAD // 8),)](
            columns, births, glyphs, glyphs if only is None else only, len(glyphs), total,
            ONLY=only is not None, WIDEST=triton.next_power_of_2(widest), GLYPHS=_SPREAD // 8,
        )  # fmt: skip
    return columns, births


@lru_cache(maxsize=64)
def _axes(source: tuple[int, int], target: tuple[int, int], device: torch.device) -> tuple[torch.Tensor, ...]:
    """Source pixels and weights of each target pixel, down and across."""
    scale = scaling(source, target)
    tables = (scale.rows.sources, scale.rows.weights, scale.columns.sources, scale.columns.weights)
    return tuple(torch.from_numpy(table).to(device) for table in tables)
