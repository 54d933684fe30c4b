"""Closing an output after its last task: the summary, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vwd.errors import OutputError
from vwd.shards.contract import read_contract
from vwd.shards.numbers import numbers_text
from vwd.shards.paths import OutputPaths
from vwd.shards.summary import write_summary
from vwd.slurm.shards import look


@dataclass(frozen=True)
class Finished:
    """How an output stands: numbers of shards, and of the samples in them."""

    paths: OutputPaths
    done: int
    samples: int
    missing: tuple[int, ...]
    torn: tuple[int, ...]

    def lines(self) -> list[str]:
        wanted = self.done + len(self.missing) + len(self.torn)
        told = [f"{self.paths.dataset}: {self.done:,} of {wanted:,} shards stand"]
        told += [f"  missing: shards {numbers_text(self.missing)}"] if self.missing else []
        told += [f"  torn: shards {numbers_text(self.torn)}"] if self.torn else []
        return told + ([f"  vwd slurm retry {self.paths.folder}"] if len(told) > 1 else [])

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": self.paths.dataset,
            "done": self.done,
            "samples": self.samples,
            "missing": list(self.missing),
            "torn": list(self.torn),
        }


def finish(paths: OutputPaths) -> Finished:
    """Adds the ledger up into `summary.json`, unless nothing was packed at all.

    Raises:
        OutputError: the output cannot be read or written.
    """
    standing = look(paths)
    if paths.contract.is_file():
        try:
            write_summary(paths, list(standing.entries.values()), read_contract(paths)["rows"])
        except OSError as error:
            raise OutputError(
                f"{error.filename or paths.folder}: {error.strerror or error}",
                "Free some space or mend the permissions, and run 'vwd slurm finish' again.",
            ) from error
    samples = sum(entry.samples for entry in standing.entries.values())
    return Finished(paths, standing.done, samples, standing.missing, standing.torn)
