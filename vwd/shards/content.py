"""What an output's samples are made of, and how a row becomes one: text videos, clips, records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from vwd.corpora.sample import Row, Skip, SkipCode
from vwd.corpora.sources.rows import Rows
from vwd.shards.contract import Contract
from vwd.shards.rendered import CacheCounts


@dataclass(frozen=True)
class PackedSample:
    """A sample as it goes into the tar.

    Attributes:
        key: `<dataset>_<row's number>`, or the sample's own where the contract says so.
        members: their content by their ending, in the contract's order; an optional one may be left out.
        fault: what is wrong with its row, where the sample is kept in spite of that: the ledger counts these.
    """

    key: str
    members: Mapping[str, bytes]
    prompt_tokens: int = 0
    answer_tokens: int = 0
    fault: SkipCode | None = None


class Maker:
    """Makes samples in one worker process, where it may keep what it has learned from one row for the next."""

    def make(self, index: int, row: Row) -> PackedSample | Skip:
        """A row's sample: a pure function of the row, its number and the contract.

        Raises:
            VwdError: the shard fails, and with it the run.
        """
        raise NotImplementedError

    @property
    def cache_counts(self) -> CacheCounts:
        """For each of its caches, look-ups and hits until now."""
        return {}

    @property
    def kernel(self) -> str:
        """Which code composes its pictures; "" where there is no choice."""
        return ""


class Content(Protocol):
    """The samples of one output. Goes to the worker processes: picklable, and opened there."""

    @property
    def dataset(self) -> str:
        """The name of the output, and of its shards."""

    @property
    def wanted(self) -> Collection[str] | None:
        """The columns that are read; None for all."""

    def contract(self, rows: Rows) -> Contract:
        """Everything that decides the output's bytes."""

    def load(self) -> None:
        """Loads what every maker needs, such as vocabularies: called before workers are forked, which then have it."""

    def open(self) -> Maker:
        """Called once in each worker, when its first rows arrive."""
