# ruff: noqa: N803  (constants of a kernel are written as constants)
"""The programs that run on a GPU, in Triton's language; `vwd.stream.paint_triton` starts them."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["count", "total"])
def spread_glyphs(
    columns, births, glyphs, only, count, total, ONLY: tl.constexpr, WIDEST: tl.constexpr, GLYPHS: tl.constexpr
):
    """Writes each glyph's columns and time to where it is."""
    glyph = tl.program_id(0) * GLYPHS + tl.arange(0, GLYPHS)
    there = glyph < count
    place = tl.load(glyphs + glyph * 4, there, 0)
    column = tl.load(glyphs + glyph * 4 + 1, there, 0)
    time = tl.load(glyphs + glyph * 4 + 2, there, 0)
    before = tl.load(glyphs + glyph * 4 + 3, there, 0)
    after = tl.load(glyphs + glyph * 4 + 7, glyph + 1 < count, total)
    if ONLY:
        there = there & (tl.load(only + glyph, there, 0) > 0)
    step = tl.arange(0, WIDEST)[None, :]
    inside = there[:, None] & (step < (after - before)[:, None])
    at = place[:, None] + step
    tl.store(columns + at, column[:, None] + step, inside)
    tl.store(births + at, tl.broadcast_to(time[:, None], [GLYPHS, WIDEST]), inside)


@triton.jit
def _pixel(rows, columns, births, atlas, page, y, x, valid, tall, wide, depth, ROWS: tl.constexpr):
    """Ink and time of pixels of a page."""
    packed = tl.load(rows + page * tall + y, valid, -1)
    held = valid & (packed >= 0)
    at = (packed // ROWS) * wide + x
    column = tl.load(columns + at, held, 0)
    born = tl.load(births + at, held, 2147483647)
    ink = tl.load(atlas + column * depth + packed % ROWS, held, 0)
    return ink.to(tl.int32), born


@triton.jit
def _mixed(x):
    """The finaliser of MurmurHash3."""
    x = (x ^ (x >> 16)) * 0x85EBCA6B
    x = (x ^ (x >> 13)) * 0xC2B2AE35
    return x ^ (x >> 16)


@triton.jit
def _bytes(x):
    return ((x & 255) + ((x >> 8) & 255) + ((x >> 16) & 255) + (x >> 24)).to(tl.int32)


@triton.jit(do_not_specialize=["first_page", "first_sample", "times", "taps_down", "taps_across"])
def paint_pages(
    video, spans, rows, columns, births, atlas, levels, effects, ys, wy, xs, wx,
    first_page, first_sample, times, height, width, tall, wide, depth,
    sample_stride, time_stride, channel_stride, pixel_stride, factor, taps_down, taps_across,
    ROWS: tl.constexpr, METHOD: tl.constexpr, CHANNELS: tl.constexpr,
    FLOAT: tl.constexpr, LOOKS: tl.constexpr, GREY: tl.constexpr, TIMES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Some pixels of a page, in all frames that show it."""
    number = tl.program_id(1)
    page = first_page + number
    sample = tl.load(spans + number * 3)
    start = tl.load(spans + number * 3 + 1)
    stop = tl.minimum(tl.load(spans + number * 3 + 2), times)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = pixel < height * width
    y, x = pixel // width, pixel % width
    inside = valid
    seed, strength = 0, 0
    if LOOKS:
        y -= tl.load(effects + sample * 4)
        x -= tl.load(effects + sample * 4 + 1)
        seed = tl.load(effects + sample * 4 + 2)
        strength = tl.load(effects + sample * 4 + 3)
        inside = valid & (y >= 0) & (y < height) & (x >= 0) & (x < width)
    out = video + (sample - first_sample).to(tl.int64) * sample_stride + pixel.to(tl.int64)[None, :] * pixel_stride
    ink, born = tl.full([BLOCK], 0, tl.int32), tl.full([BLOCK], 0, tl.int32)
    if METHOD == 0:
        ink, born = _pixel(rows, columns, births, atlas, page, y, x, inside, tall, wide, depth, ROWS)
    for time in range(start, stop, TIMES):
        at = time + tl.arange(0, TIMES)[:, None]
        if METHOD == 0:
            value = tl.where(born[None, :] <= at, 255 - ink[None, :], 255)
        elif METHOD == 3:
            total = tl.zeros([TIMES, BLOCK], tl.int32)
            for row in range(taps_down):
                sums = tl.zeros([TIMES, BLOCK], tl.int32)
                source_y = tl.load(ys + y * taps_down + row, inside, 0)
                for column in range(taps_across):
                    source_x = tl.load(xs + x * taps_across + column, inside, 0)
                    ink, born = _pixel(
                        rows, columns, births, atlas, page, source_y, source_x, inside, tall, wide, depth, ROWS
                    )
                    weight = tl.load(wx + x * taps_across + column, inside, 0.0).to(tl.int32)
                    sums += tl.where(born[None, :] <= at, 255 - ink[None, :], 255) * weight[None, :]
                weight = tl.load(wy + y * taps_down + row, inside, 0.0).to(tl.int32)
                total += (weight[None, :] * (sums >> 4)) >> 16
            value = tl.minimum(tl.maximum((total + 2) >> 2, 0), 255)
        else:
            total = tl.zeros([TIMES, BLOCK], tl.float32)
            for row in range(taps_down):
                sums = tl.zeros([TIMES, BLOCK], tl.float32)
                source_y = tl.load(ys + y * taps_down + row, inside, 0)
                for column in range(taps_across):
                    source_x = tl.load(xs + x * taps_across + column, inside, 0)
                    ink, born = _pixel(
                        rows, columns, births, atlas, page, source_y, source_x, inside, tall, wide, depth, ROWS
                    )
                    weight = tl.load(wx + x * taps_across + column, inside, 0.0)
                    sums += tl.where(born[None, :] <= at, 255 - ink[None, :], 255).to(tl.float32) * weight[None, :]
                weight = tl.load(wy + y * taps_down + row, inside, 0.0)
                total += sums * weight[None, :]
            if METHOD == 1:
                value = ((total + 2.0) * 0.25).to(tl.int32)
            else:  # adding and subtracting 1.5 · 2^23 rounds half to even
                value = (total * factor + 12582912.0 - 12582912.0).to(tl.int32)
        shown = valid[None, :] & (at < stop)
        if LOOKS:
            value = tl.where(inside[None, :], value, 255)
            counter = (at * (height * width) + pixel[None, :]).to(tl.uint32)
            one = _mixed(counter ^ seed.to(tl.uint32))
            other = _mixed(one ^ 0x9E3779B9)
            noise = ((_bytes(one) + _bytes(other) - 1020) * strength + 32768) >> 16
            for channel in tl.static_range(CHANNELS):
                table = levels + sample * 1024 + (3 if GREY else channel) * 256
                level = tl.load(table + value).to(tl.int32) + noise
                level = tl.minimum(tl.maximum(level, 0), 255)
                _store(out + at.to(tl.int64) * time_stride + channel * channel_stride, level, shown, FLOAT)
        else:
            for channel in tl.static_range(CHANNELS):
                _store(out + at.to(tl.int64) * time_stride + channel * channel_stride, value, shown, FLOAT)


@triton.jit
def _store(at, value, shown, FLOAT: tl.constexpr):
    if FLOAT:
        number = tl.div_rn(value.to(tl.float32), tl.full(value.shape, 127.5, tl.float32)) - 1.0
        tl.store(at, number.to(at.dtype.element_ty), shown)
    else:
        tl.store(at, value.to(tl.uint8), shown)


@triton.jit(do_not_specialize=["first_page", "first_sample", "times"])
def cover_words(
    masks, spans, rows, births, effects, first_page, first_sample, times, source_height, source_width, height, width,
    tall, wide, ROWS: tl.constexpr, NEVER: tl.constexpr, MOVED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Whether words are at some pixels of a page, in all frames that show it."""
    number = tl.program_id(1)
    page = first_page + number
    sample = tl.load(spans + number * 3)
    start = tl.load(spans + number * 3 + 1)
    stop = tl.minimum(tl.load(spans + number * 3 + 2), times)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = pixel < height * width
    y, x = pixel // width, pixel % width
    inside = valid
    if MOVED:
        y -= tl.load(effects + sample * 4)
        x -= tl.load(effects + sample * 4 + 1)
        inside = valid & (y >= 0) & (y < height) & (x >= 0) & (x < width)
    top, left = y * source_height // height, x * source_width // width
    bottom, right = ((y + 1) * source_height + height - 1) // height, ((x + 1) * source_width + width - 1) // width
    earliest = tl.full([BLOCK], NEVER, tl.int32)
    for down in range(0, source_height // height + 2):
        row = top + down
        packed = tl.load(rows + page * tall + row, inside & (row < bottom), -1)
        for across in range(0, source_width // width + 2):
            column = left + across
            held = (packed >= 0) & (column < right)
            earliest = tl.minimum(earliest, tl.load(births + (packed // ROWS) * wide + column, held, NEVER))
    out = masks + (sample - first_sample).to(tl.int64) * times * height * width + pixel
    for time in range(start, stop):
        covered = (earliest <= time) & inside
        tl.store(out + tl.cast(time, tl.int64) * height * width, covered.to(tl.uint8), valid)
