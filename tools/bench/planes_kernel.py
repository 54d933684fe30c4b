# ruff: noqa: N803  (constants of a kernel are written as constants)
"""Draws two planes a page on a GPU, in one pass as `vwd.stream` draws glyphs: a part of `planes.py`."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

_BLOCK = 2048


@triton.jit(do_not_specialize=["times"])
def draw_pages(frames, ink, births, rows, spans, times, height, width, NEVER: tl.constexpr, BLOCK: tl.constexpr):
    """Some pixels of a page, in all frames that show it."""
    page = tl.program_id(1)
    sample = tl.load(spans + page * 3).to(tl.int64)
    first = tl.load(spans + page * 3 + 1)
    stop = tl.minimum(tl.load(spans + page * 3 + 2), times)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = pixel < height * width
    row = tl.load(rows + page * height + pixel // width, valid, -1)
    inked = valid & (row >= 0)
    at = row.to(tl.int64) * width + pixel % width
    value = 255 - tl.load(ink + at, inked, 0).to(tl.int32)
    born = tl.load(births + at, inked, NEVER).to(tl.int32)
    out = frames + sample * times * height * width + pixel
    for time in range(first, stop):
        shown = tl.where(born <= time, value, 255)
        tl.store(out + tl.cast(time, tl.int64) * height * width, shown.to(tl.uint8), valid)


def draw(
    planes: torch.Tensor, rows: torch.Tensor, spans: torch.Tensor, samples: int, times: int, never: int
) -> torch.Tensor:
    """The frames, uint8 [B, T, 1, H, W]: see `planes.planes_of`."""
    (pages, height), width = rows.shape, planes.shape[2]
    frames = torch.empty((samples, times, 1, height, width), dtype=torch.uint8, device=planes.device)
    grid = (triton.cdiv(height * width, _BLOCK), pages)
    draw_pages[grid](frames, *planes, rows, spans, times, height, width, NEVER=never, BLOCK=_BLOCK)
    return frames
