"""Pages of a batch as a few small tables in one piece of memory: about a hundredth of two planes a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.stream.atlas import Atlas
from vwd.stream.augment import Look
from vwd.stream.lines import Lines, native_lines

Array = npt.NDArray[Any]

# A row of a page that belongs to no line; a row of a line is line · ROWS + row.
NO_LINE = -1
ROWS = 1 << 11
# A page's end where its sample's last frame is repeated to fill the batch.
_END = 1 << 30
_ALIGNED = 16


class Place(NamedTuple):
    """Where in the memory a table is, its bytes, and its form."""

    offset: int
    size: int
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Tables:
    """What is where in a batch's memory.

    Attributes:
        places: by table:
            `spans`, int32 [M, 3]: sample of each page, first time, and the one after its last.
            `rows`, int32 [M, height]: line · ROWS + row of the line, or NO_LINE.
            `glyphs`, int32 [G, 4]: where each glyph starts, line · width + x; its first column in the atlas; the time
                from which on it is shown; and how many columns all glyphs before it have.
            `masked`, uint8 [G]: whether a mask covers it; only where one was asked for.
            `atlas`, uint8 [C, height of a line]: columns, the first of them paper.
            `levels`, uint8 [B, 4, 256], and `effects`, int32 [B, 4]: see `Look`; only with augmentation.
        size: height and width of the tables, the largest of all samples.
        lines: their number.
        columns: of all glyphs together, and of the widest one.
        pages: first page of each sample, and the number of pages.
        spans: those of `spans`, as plain numbers, so that nothing waits for a device.
        sizes: height and width of each sample's video.
        lengths: selected frames of each sample.
    """

    places: dict[str, Place]
    size: tuple[int, int]
    lines: int
    columns: tuple[int, int]
    pages: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    sizes: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]

    def arrays(self, memory: Array) -> dict[str, Array]:
        """The tables in a batch's memory."""
        return {
            name: memory[one.offset : one.offset + one.size].view(one.dtype).reshape(one.shape)
            for name, one in self.places.items()
        }


def build(parts: Sequence[Lines], masked: bool, looks: Sequence[Look] = ()) -> tuple[Array, Tables]:
    """The tables of a batch, as one uint8 array and what is where in it.

    Args:
        parts: the batch's samples, in one part or several.
    """
    sizes = tuple(size for part in parts for size in part.sizes)
    height, width = map(max, zip(*sizes, strict=True))
    samples, pages, lines = (
        np.cumsum([0, *map(len, own)])
        for own in zip(*((part.sizes, part.pages, part.lines) for part in parts), strict=True)
    )
    spans = _renumbered([part.pages for part in parts], samples)
    first_page = spans[:, 0].searchsorted(np.arange(len(sizes) + 1))
    spans[first_page[1:] - 1, 2] = _END
    line = _renumbered([part.lines for part in parts], pages)
    pieces = _renumbered([part.pieces for part in parts], lines)
    glyphs, columns, atlas = _placed_glyphs(parts, pieces, width)
    tables = {
        "spans": spans.astype(np.int32), "rows": _rows(line, len(spans), height), "glyphs": glyphs, "atlas": atlas
    }  # fmt: skip
    if masked:
        tables["masked"] = np.concatenate([part.masked for part in parts]).repeat(pieces[:, 3]).view(np.uint8)
    if looks:
        tables["levels"] = np.stack([look.levels() for look in looks])
        tables["effects"] = np.stack([look.effects() for look in looks])
    lengths = tuple(length for part in parts for length in part.lengths)
    return _packed(tables, columns, first_page, sizes, lengths)


def _renumbered(tables: Sequence[Array], first: Array) -> Array:
    """One table of those of several parts: their first column counts what comes before in each part."""
    whole = np.concatenate(tables)
    whole[:, 0] += first[:-1].repeat(list(map(len, tables)))
    return whole


def join(parts: Sequence[tuple[Array, Tables, int]]) -> tuple[Array, Tables]:
    """Samples of other batches as a batch of their own.

    Args:
        parts: memory and tables of the other batch, and the sample's number there.
    """
    height, width = (max(tables.size[axis] for _, tables, _ in parts) for axis in (0, 1))
    found = [(tables.arrays(memory), tables, number) for memory, tables, number in parts]
    depth = max(own["atlas"].shape[1] for own, _, _ in found)
    kept: dict[str, list[Array]] = {name: [] for name in found[0][0]}
    widths = []
    line = column = 0
    for sample, (own, tables, number) in enumerate(found):
        pages = slice(tables.pages[number], tables.pages[number + 1])
        rows = np.pad(own["rows"][pages], ((0, 0), (0, height - tables.size[0])), constant_values=NO_LINE)
        lines = rows[rows != NO_LINE] // ROWS
        first, stop = (int(lines.min()), int(lines.max()) + 1) if len(lines) else (0, 0)
        at, x = np.divmod(own["glyphs"][:, 0], tables.size[1])
        mine = (at >= first) & (at < stop)
        glyphs = own["glyphs"][mine].copy()
        glyphs[:, 0] = (at[mine] - first + line) * width + x[mine]
        glyphs[:, 1] += column
        widths.append(np.diff(own["glyphs"][:, 3], append=tables.columns[0])[mine])
        spans = own["spans"][pages].copy()
        spans[:, 0] = sample
        kept["spans"].append(spans)
        kept["rows"].append(np.where(rows == NO_LINE, NO_LINE, rows + (line - first) * ROWS))
        kept["glyphs"].append(glyphs)
        kept["atlas"].append(np.pad(own["atlas"], ((0, 0), (0, depth - own["atlas"].shape[1]))))
        for name in kept.keys() - {"spans", "rows", "glyphs", "atlas"}:
            kept[name].append(own[name][mine] if name == "masked" else own[name][number : number + 1])
        line, column = line + stop - first, column + len(own["atlas"])
    joined = {name: np.concatenate(arrays) for name, arrays in kept.items()}
    across = np.concatenate(widths)
    joined["glyphs"][:, 3] = np.cumsum(across) - across
    first_page = np.cumsum([0, *map(len, kept["spans"])])
    sizes = tuple(tables.sizes[number] for _, tables, number in parts)
    columns = (int(across.sum()), int(across.max(initial=1)))
    return _packed(joined, columns, first_page, sizes, tuple(tables.lengths[number] for _, tables, number in parts))


def _packed(
    tables: dict[str, Array], columns: tuple[int, int], pages: Array, sizes: tuple[tuple[int, int], ...],
    lengths: tuple[int, ...],
) -> tuple[Array, Tables]:  # fmt: skip
    """Tables in one uint8 array, and what is where in it."""
    places, end = {}, 0
    for name, table in tables.items():
        places[name] = Place(end, table.nbytes, table.shape, str(table.dtype))
        end += -(-table.nbytes // _ALIGNED) * _ALIGNED
    memory = np.zeros(end, np.uint8)
    for name, table in tables.items():
        memory[places[name].offset :][: table.nbytes] = np.ascontiguousarray(table).reshape(-1).view(np.uint8)
    rows = tables["rows"]
    return memory, Tables(
        places,
        (rows.shape[1], max(width for _, width in sizes)),
        int(rows.max(initial=NO_LINE)) // ROWS + 1,
        columns,
        tuple(pages.tolist()),
        tuple(map(tuple, tables["spans"].tolist())),
        sizes,
        lengths,
    )


def _placed_glyphs(parts: Sequence[Lines], pieces: Array, width: int) -> tuple[Array, tuple[int, int], Array]:
    """The table of glyphs, the columns of all and of the widest of them, and an atlas of those that are used."""
    atlases = {id(part.atlas): part.atlas for part in parts}
    first_glyph = dict(zip(atlases, np.cumsum([0, *map(len, atlases.values())]).tolist(), strict=False))
    numbers = np.concatenate([part.glyphs + first_glyph[id(part.atlas)] for part in parts])
    every = np.concatenate([np.diff(one.starts) for one in atlases.values()]).astype(np.int64)
    used = np.zeros(len(every), np.bool_)
    used[numbers] = True
    depth = max(part.lines[:, 2].max(initial=1) for part in parts)
    pixels = np.concatenate(
        [
            np.zeros((1, depth), np.uint8),
            *(a.pixels[np.repeat(u, np.diff(a.starts)), :depth] for a, u in _each(atlases, used)),
        ]
    )
    starts = np.cumsum(every * used) - every * used + 1
    native = native_lines()
    if native:
        found, across, widest = native.place_glyphs(np.ascontiguousarray(pieces), numbers, every, starts, width)
        return np.frombuffer(found, np.int32).reshape(-1, 4), (across, widest), pixels
    return *_glyphs_by_numpy(pieces, numbers, every, starts, width), pixels


def _glyphs_by_numpy(
    pieces: Array, numbers: Array, every: Array, starts: Array, width: int
) -> tuple[Array, tuple[int, int]]:
    """The table of glyphs, and the columns of all together and of the widest one.

    Args:
        every, starts: width and first column of each glyph of the atlases.
    """
    widths = every[numbers]
    before = np.cumsum(widths) - widths
    line, left, time, count = pieces.T
    first = np.cumsum(count) - count
    table = np.empty((len(numbers), 4), np.int32)
    table[:, 0] = np.repeat(line * width + left - before[first], count) + before
    table[:, 1] = starts[numbers]
    table[:, 2] = np.repeat(time, count)
    table[:, 3] = before
    return table, (int(widths.sum()), int(widths.max(initial=1)))


def _each(atlases: dict[int, Atlas], used: Array) -> Iterator[tuple[Atlas, Array]]:
    """Each atlas, and which of its glyphs are used."""
    start = 0
    for atlas in atlases.values():
        yield atlas, used[start : start + len(atlas)]
        start += len(atlas)


def _rows(lines: Array, pages: int, height: int) -> Array:
    """The table of rows."""
    if native := native_lines():
        return np.frombuffer(native.page_rows(np.ascontiguousarray(lines), pages, height), np.int32).reshape(
            pages, height
        )
    return _rows_by_numpy(lines, pages, height)


def _rows_by_numpy(lines: Array, pages: int, height: int) -> Array:
    page, top, down = lines.T
    ends = np.cumsum(down)
    row = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - down, down)
    rows = np.full((pages, height), NO_LINE, np.int32)
    rows[np.repeat(page, down), np.repeat(top, down) + row] = np.repeat(np.arange(len(lines)), down) * ROWS + row
    return rows
