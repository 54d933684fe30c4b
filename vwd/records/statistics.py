"""What became of the rows of a group, over all runs, by its ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from vwd.errors import OutputError
from vwd.shards.entry import Entry
from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths, entry_numbers


@dataclass(frozen=True)
class GroupCounts:
    """Counts of the complete shards: `rows` = `valid` + Σ `reasons`.

    Attributes:
        valid: samples without a fault.
        kept: samples with one, which `reasons` count, too.
        reasons: rows with a fault, skipped or kept, by its code.
        shards: tars.
        left: rows that are in no complete shard yet; None where it is not known how many the group has.
    """

    rows: int = 0
    valid: int = 0
    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    shards: int = 0
    left: int | None = None

    @property
    def invalid(self) -> int:
        return sum(self.reasons.values())


def count_group(paths: OutputPaths, entries: Iterable[Entry] | None = None, rows: int | None = None) -> GroupCounts:
    """The counts of a group.

    Args:
        entries: of its complete shards, where they have been read.
        rows: that it has.
    """
    counts = GroupCounts()
    for entry in _complete(paths) if entries is None else entries:
        kept = sum(entry.kept.values())
        counts = GroupCounts(
            counts.rows + entry.stop - entry.start,
            counts.valid + entry.samples - kept,
            counts.kept + kept,
            counts.reasons + entry.skips_by_code + Counter(entry.kept),
            counts.shards + bool(entry.samples),
        )
    return GroupCounts(**{**counts.__dict__, "left": None if rows is None else rows - counts.rows})


def total(counts: Iterable[GroupCounts]) -> GroupCounts:
    """The counts of several groups."""
    sums = list(counts)
    unknown = any(one.left is None for one in sums)
    return GroupCounts(
        sum(one.rows for one in sums),
        sum(one.valid for one in sums),
        sum(one.kept for one in sums),
        sum((one.reasons for one in sums), Counter()),
        sum(one.shards for one in sums),
        None if unknown else sum(one.left or 0 for one in sums),
    )


def _complete(paths: OutputPaths) -> list[Entry]:
    """The entries of a group's complete shards; none where it has no ledger that can be read."""
    with suppress(OutputError):
        ledger = open_ledger(paths)
        found = ledger.lookup_many(entry_numbers(paths))
        return [one.entry for one in found if one.state is State.DONE and one.entry]
    return []
