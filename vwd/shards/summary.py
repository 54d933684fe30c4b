"""Totals over an output so far, from its ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from vwd.shards.entry import Entry
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import atomic_write, json_bytes

# The rate is taken over the shards that were finished in the last quarter of an hour of work.
_RATE_WINDOW_SECONDS = 900.0


@dataclass
class Summary:
    """Totals over the complete shards.

    Attributes:
        rows: samples and skipped rows together; `corpus_rows` those of the whole corpus, None where unknown.
        bytes: of the tars.
        seconds: of wall-clock time of workers, added up.
        cache_hit_rate: of the encoder's caches, from 0 to 1.
        kernels: how many shards each kernel of the encoder made ("native", "python"); the bytes are the same.
        samples_per_second: of one worker, on average.
    """

    dataset: str
    corpus_rows: int | None = None
    shards: int = 0
    rows: int = 0
    samples: int = 0
    skips: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    answer_tokens: int = 0
    bytes: int = 0
    seconds: float = 0.0
    cache_hit_rate: dict[str, float] = field(default_factory=dict)
    kernels: dict[str, int] = field(default_factory=dict)

    @property
    def samples_per_second(self) -> float:
        return self.samples / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "seconds": round(self.seconds, 3),
            "samples_per_second": round(self.samples_per_second, 2),
        }


def summarise(dataset: str, entries: list[Entry], corpus_rows: int | None) -> Summary:
    """The totals over these entries."""
    skips: Counter[str] = Counter()
    for entry in entries:
        skips += entry.skips_by_code
    return Summary(
        dataset,
        corpus_rows,
        shards=len(entries),
        rows=sum(e.stop - e.start for e in entries),
        samples=sum(e.samples for e in entries),
        skips=dict(sorted(skips.items())),
        prompt_tokens=sum(e.prompt_tokens for e in entries),
        answer_tokens=sum(e.answer_tokens for e in entries),
        bytes=sum(e.bytes for e in entries),
        seconds=sum(e.seconds for e in entries),
        cache_hit_rate=_hit_rates(entries),
        kernels=dict(sorted(Counter(e.writer["kernel"] for e in entries if "kernel" in e.writer).items())),
    )


def _hit_rates(entries: list[Entry]) -> dict[str, float]:
    lookups: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for entry in entries:
        for name, (asked, found) in entry.cache.items():
            lookups[name] += asked
            hits[name] += found
    return {name: round(hits[name] / lookups[name], 4) for name in sorted(lookups) if lookups[name]}


def recent_rate(entries: Collection[Entry]) -> float:
    """Recent samples a second of all workers together; 0 without any shard."""
    if not entries:
        return 0.0
    last = max(entry.finished for entry in entries)
    recent = [entry for entry in entries if entry.finished > last - _RATE_WINDOW_SECONDS]
    span = last - min(entry.finished - entry.seconds / entry.parts for entry in recent)
    return sum(entry.samples for entry in recent) / max(span, 0.001)


def write_summary(paths: OutputPaths, entries: list[Entry], corpus_rows: int | None) -> Summary:
    """Writes the totals to `summary.json`."""
    summary = summarise(paths.dataset, entries, corpus_rows)
    with atomic_write(paths.summary, paths.temp) as file:
        file.write(json_bytes(summary.to_json()))
    return summary
