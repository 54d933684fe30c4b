"""How far an output is, from its ledger alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths, tar_numbers
from vwd.shards.summary import recent_rate


@dataclass(frozen=True)
class Status:
    """Shards by state. `missing`, `shards` and `seconds_left` are None where the corpus's size is unknown.

    Attributes:
        skips: rows without a sample, by code.
        foreign: shards whose entry is of another shard or another output.
        cut: shards that `num_samples` cut short; a longer run completes them.
        samples_per_second: recent, of all workers together.
    """

    dataset: str
    rows: int
    corpus_rows: int | None
    samples: int
    skips: dict[str, int]
    shards: int | None
    done: int
    missing: int | None
    torn: tuple[str, ...]
    foreign: tuple[str, ...]
    cut: tuple[str, ...]
    bytes: int
    samples_per_second: float
    seconds_left: float | None

    @property
    def surplus(self) -> tuple[str, ...]:
        """Those of `foreign` that the rows have no shard for: no run would replace them."""
        last = None if self.shards is None else self.shards - 1
        return tuple(name for name in self.foreign if last is not None and int(name.rpartition("-")[2]) > last)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def output_status(paths: OutputPaths) -> Status:
    """The status of one dataset's output.

    Raises:
        OutputError: its `pack.json` is missing or unreadable.
    """
    ledger = open_ledger(paths)
    corpus_rows = ledger.contract.rows
    found = list(ledger.read())
    done = [entry for _, state, entry, _ in found if entry and state is State.DONE]
    foreign = [one.number for one in found if one.state is State.FOREIGN]
    torn = [one.number for one in found if one.state is State.TORN]
    torn += sorted(set(tar_numbers(paths)) - {one.number for one in found})
    rows = sum(entry.stop - entry.start for entry in done)
    shards = None if corpus_rows is None else -(-corpus_rows // ledger.contract.shard_size)
    rate = recent_rate(done)
    row_rate = rate * rows / max(1, sum(e.samples for e in done))
    return Status(
        dataset=paths.dataset,
        rows=rows,
        corpus_rows=corpus_rows,
        samples=sum(entry.samples for entry in done),
        skips=dict(sorted(sum((entry.skips_by_code for entry in done), Counter[str]()).items())),
        shards=shards,
        done=len(done),
        missing=None if shards is None else max(0, shards - len(done) - len(torn) - len(foreign)),
        torn=tuple(paths.shard_name(number) for number in torn),
        foreign=tuple(paths.shard_name(number) for number in foreign),
        cut=tuple(paths.shard_name(entry.number) for entry in done if not entry.whole),
        bytes=sum(entry.bytes for entry in done),
        samples_per_second=round(rate, 2),
        seconds_left=round((corpus_rows - rows) / row_rate, 1) if corpus_rows and row_rate else None,
    )
