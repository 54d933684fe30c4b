"""What packing would give: rows are read and laid out, and only a few are rendered, to measure bytes and time."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from vwd.corpora.registry import Corpus
from vwd.corpora.sample import Row, Skip
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import UsageError
from vwd.shards.entry import SkippedRow
from vwd.shards.ledger import State, open_ledger
from vwd.shards.pack import text_videos
from vwd.shards.parts import busiest_rows, split_shards, whole_shards
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import plan_shards
from vwd.shards.settings import PackSettings
from vwd.shards.tar import sample_blocks
from vwd.shards.text_videos import TextVideos
from vwd.text.layout import lay_out
from vwd.video.fonts import Fonts

_EXAMPLES = 3
# The first ones meet letters, and macroblocks, that are known afterwards.
_WARMING_ROWS, _PROBED_ROWS = 100, 20


@dataclass(frozen=True)
class DryRun:
    """What packing would give.

    Attributes:
        rows: that would be packed; `looked_at`: those of them that were laid out.
        skips: by code, of those looked at; `examples`: the first of each code.
        pages: a sample, on average; `most_pages`: of any.
        shards: that they would be in.
        bytes, seconds: of all rows that would be packed: of the tars, and of one worker.
        measured: where the rate is from: "ledger", or "probe" of some rows.
        workers: of those asked for that would have rows to pack; `wall_seconds`: until the busiest is done.
        split: whether several workers would share a shard, where shards are fewer.
    """

    dataset: str
    rows: int
    looked_at: int
    samples: int
    skips: dict[str, int]
    examples: dict[str, tuple[SkippedRow, ...]]
    pages: float
    most_pages: int
    shards: int
    bytes: int
    seconds: float
    measured: str
    workers: int
    wall_seconds: float
    split: bool

    def to_json(self) -> dict[str, Any]:
        examples = {
            code: [{"row": one.index, "detail": one.detail} for one in several]
            for code, several in self.examples.items()
        }
        times = {name: round(getattr(self, name), 1) for name in ("seconds", "wall_seconds")}
        return {**asdict(self), "pages": round(self.pages, 2), **times, "examples": examples}


@dataclass(frozen=True)
class _Rate:
    seconds_a_row: float
    bytes_a_sample: float
    measured: str


def dry_run(corpus: Corpus, rows: Rows, settings: PackSettings, most: int | None = None) -> DryRun:
    """Lays rows out as packing them would.

    Args:
        most: look at so many rows, evenly spaced; None for all.

    Raises:
        RowsError: the rows have none of the corpus's columns, or one is broken.
        UsageError: the rows are in another language, nobody knows how many there are, or the slice has none.
    """
    content = text_videos(corpus, rows, settings)
    start, stop = _slice(rows, settings)
    count = stop - start
    shards = plan_shards(stop, settings.shard_size, start)
    parts = split_shards(shards, settings.num_workers, settings.part_rows) if rows.seekable else whole_shards(shards)
    fonts, spec = Fonts(), content.settings.storyboard
    skips: Counter[str] = Counter()
    examples: dict[str, list[SkippedRow]] = defaultdict(list)
    drawable: list[tuple[int, Row]] = []
    looked_at = samples = pages = most_pages = 0
    for index, row in _rows(content, rows, start, stop, most):
        looked_at += 1
        sample = corpus.sample(row, index, content.schema)
        board = sample if isinstance(sample, Skip) else lay_out(sample, spec, fonts)
        if isinstance(board, Skip):
            skips[board.code.value] += 1
            if len(examples[board.code.value]) < _EXAMPLES:
                examples[board.code.value].append(SkippedRow(index, board.code, board.detail))
            continue
        samples, pages, most_pages = samples + 1, pages + board.pages, max(most_pages, board.pages)
        if len(drawable) < _WARMING_ROWS + _PROBED_ROWS:
            drawable.append((index, row))
    rate = _ledger_rate(settings, corpus.name) or _probed_rate(content, drawable)
    share = samples / looked_at if looked_at else 0.0
    return DryRun(
        dataset=corpus.name,
        rows=count,
        looked_at=looked_at,
        samples=samples,
        skips=dict(sorted(skips.items())),
        examples={code: tuple(several) for code, several in sorted(examples.items())},
        pages=pages / max(samples, 1),
        most_pages=most_pages,
        shards=len(shards),
        bytes=round(rate.bytes_a_sample * share * count),
        seconds=rate.seconds_a_row * count,
        measured=rate.measured,
        workers=min(settings.num_workers, len(parts)),
        wall_seconds=rate.seconds_a_row * busiest_rows(parts, settings.num_workers),
        split=rows.seekable,
    )


def _slice(rows: Rows, settings: PackSettings) -> tuple[int, int]:
    count = rows.count
    if count is None and settings.num_samples is None:
        raise UsageError("this stream does not say how many rows it has", "Give `num_samples`.")
    stop = settings.start_idx + settings.num_samples if settings.num_samples is not None else count or 0
    return settings.start_idx, stop if count is None else max(settings.start_idx, min(stop, count))


def _rows(content: TextVideos, rows: Rows, start: int, stop: int, most: int | None) -> Iterator[tuple[int, Row]]:
    limit = content.settings.max_row_bytes
    if most is None or most >= stop - start:
        yield from enumerate(rows.read(start, stop, content.wanted, limit), start)
    elif not rows.seekable:
        yield from enumerate(rows.read(start, start + most, content.wanted, limit), start)
    else:
        numbers = [start + (stop - start) * place // most for place in range(most)]
        for number in numbers:  # one at a time: many large rows would not fit into memory
            for row in take(rows, [number], content.wanted, limit):
                yield number, row


def _ledger_rate(settings: PackSettings, dataset: str) -> _Rate | None:
    """What the shards of the output that are complete have taken; None where there is none."""
    paths = OutputPaths(settings.out, dataset, settings.staging)
    if not paths.contract.exists():
        return None
    entries = [one.entry for one in open_ledger(paths).read() if one.entry and one.state is State.DONE]
    samples, rows = sum(one.samples for one in entries), sum(one.stop - one.start for one in entries)
    if not samples:
        return None
    return _Rate(sum(one.seconds for one in entries) / rows, sum(one.bytes for one in entries) / samples, "ledger")


def _probed_rate(content: TextVideos, drawable: list[tuple[int, Row]]) -> _Rate:
    """What a few rows take, after some that load fonts and tables."""
    maker = content.open()
    size = count = 0
    started = time.perf_counter()
    for place, (index, row) in enumerate(drawable):
        if place == min(_WARMING_ROWS, len(drawable) // 2):
            started, size, count = time.perf_counter(), 0, 0
        made = maker.make(index, row)
        if not isinstance(made, Skip):
            size, count = size + len(sample_blocks(made.key, made.members)), count + 1
    seconds = time.perf_counter() - started
    return _Rate(seconds / max(count, 1), size / max(count, 1), "probe")
