"""What the ledgers say of an output: totals, skipped rows, who packed how fast, and where its rows are from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vwd.corpora.sources.rows import Rows
from vwd.index.provenance import provenance_of
from vwd.inspect.skips import texts_of
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry, SkippedRow
from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths
from vwd.shards.summary import Summary, summarise

# Of each code.
_EXAMPLES = 5


@dataclass(frozen=True)
class Rate:
    """What one task on one node has packed.

    Attributes:
        task: of a Slurm job, or "" without one.
        seconds: of wall-clock time of workers, added up.
    """

    node: str
    task: str
    shards: int
    samples: int
    seconds: float

    @property
    def samples_per_second(self) -> float:
        """Of one worker, on average."""
        return self.samples / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Totals:
    """One dataset of a report, without its samples.

    Attributes:
        examples: for each code, the first skipped rows: their numbers, why, and how they begin ("" where unknown).
        incomplete: shards that have an entry and are not done: their samples are not counted.
    """

    paths: OutputPaths
    contract: Contract
    summary: Summary
    examples: dict[str, list[tuple[int, str, str]]]
    rates: tuple[Rate, ...]
    incomplete: int

    def to_json(self) -> dict[str, Any]:
        """As the report's page takes them."""
        contract, summary, video = self.contract, self.summary, self.contract.video
        provenance = provenance_of(contract.source)
        return {
            "name": self.paths.dataset, "language": contract.language, "corpusRows": summary.corpus_rows,
            "rows": summary.rows, "samples": summary.samples, "shards": summary.shards, "incomplete": self.incomplete,
            "bytes": summary.bytes, "tokens": [summary.prompt_tokens, summary.answer_tokens],
            "seconds": float(video.seconds * summary.samples) if video else None,
            "skips": [
                {"code": code, "count": count, "examples": self.examples[code]}
                for code, count in sorted(summary.skips.items(), key=lambda one: -one[1])
            ],
            "rates": [{**vars(one), "rate": round(one.samples_per_second, 2)} for one in self.rates],
            "contract": flat(contract.to_json()),
            "provenance": provenance.terms, "licence": provenance.licence,
        }  # fmt: skip


def read_totals(paths: OutputPaths, rows: Rows | None = None) -> Totals:
    """The totals of one dataset, from its ledger alone.

    Args:
        rows: that were packed, for the text of those that were skipped.

    Raises:
        OutputError: its `pack.json` is missing or unreadable.
        RowsError: a file of rows is broken.
    """
    ledger = open_ledger(paths)
    found = list(ledger.read())
    done = [one.entry for one in found if one.entry and one.state is State.DONE]
    summary = summarise(paths.dataset, done, ledger.contract.rows)
    return Totals(paths, ledger.contract, summary, _examples(done, rows), rates(done), len(found) - len(done))


def _examples(entries: Iterable[Entry], rows: Rows | None) -> dict[str, list[tuple[int, str, str]]]:
    first: dict[str, list[SkippedRow]] = defaultdict(list)
    for entry in entries:
        for skip in entry.skips:
            if len(first[skip.code.value]) < _EXAMPLES:
                first[skip.code.value].append(skip)
    texts = texts_of(rows, [skip.index for several in first.values() for skip in several]) if rows else {}
    return {
        code: [(skip.index, skip.detail, texts.get(skip.index, "")) for skip in several]
        for code, several in first.items()
    }


def rates(entries: Iterable[Entry]) -> tuple[Rate, ...]:
    """Throughput by node and task, the one with the most samples first."""
    groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for entry in entries:
        writer = (entry.writer.get("host", ""), entry.writer.get("task", ""))
        groups[writer] += Counter(shards=1, samples=entry.samples)
        seconds[writer] += entry.seconds
    found = [
        Rate(node, task, counts["shards"], counts["samples"], seconds[node, task])
        for (node, task), counts in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.samples, one.node, one.task)))


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as names and values for a table: `video.width`, "640"."""
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            rows.append((prefix + name, ", ".join(map(str, value)) or "none"))
        else:
            rows.append((prefix + name, "none" if value in (None, "") else str(value)))
    return rows
