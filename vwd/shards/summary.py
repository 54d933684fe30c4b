"""What an output holds so far, added up from its ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from vwd.shards.files import json_bytes, whole_file
from vwd.shards.ledger import Entry, State, read_ledger
from vwd.shards.paths import OutputPaths


@dataclass
class Summary:
    """Totals over the shards that are done.

    Attributes:
        rows: samples and skipped rows together; `corpus_rows` those of the whole corpus, None where not known.
        bytes: of the tars.
        seconds: of wall-clock time of workers, added up.
        cache_hit_rate: of the encoder's caches, from 0 to 1.
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
    )


def _hit_rates(entries: list[Entry]) -> dict[str, float]:
    asked: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for entry in entries:
        for name, (times, found) in entry.cache.items():
            asked[name] += times
            hits[name] += found
    return {name: round(hits[name] / asked[name], 4) for name in sorted(asked) if asked[name]}


def write_summary(paths: OutputPaths, corpus_rows: int | None) -> Summary:
    """Adds up the ledger into `summary.json`. The last of several tasks to end sees them all."""
    entries = [entry for _, state, entry in read_ledger(paths) if entry and state is State.DONE]
    summary = summarise(paths.dataset, entries, corpus_rows)
    with whole_file(paths.summary, paths.temp) as file:
        file.write(json_bytes(summary.to_json()))
    return summary
