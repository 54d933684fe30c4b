"""Finishing an output after its last task: the summary, the sidecars, and what is missing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from vwd.packing import finish_output
from vwd.shards.contract_file import read_contract
from vwd.shards.paths import OutputPaths
from vwd.shards.ranges import format_ranges
from vwd.slurm.coverage import read_coverage
from vwd.storage.errors import output_errors


@dataclass(frozen=True)
class FinishReport:
    """The state of an output: numbers of shards, and of the samples in them."""

    paths: OutputPaths
    done: int
    samples: int
    missing: tuple[int, ...]
    torn: tuple[int, ...]

    def lines(self) -> list[str]:
        """For a person."""
        wanted = self.done + len(self.missing) + len(self.torn)
        lines = [f"{self.paths.dataset}: {self.done:,} of {wanted:,} shards complete"]
        lines += [f"  missing: shards {format_ranges(self.missing)}"] if self.missing else []
        lines += [f"  torn: shards {format_ranges(self.torn)}"] if self.torn else []
        return lines + ([f"  vwd slurm retry {shlex.quote(str(self.paths.folder))}"] if len(lines) > 1 else [])

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": self.paths.dataset,
            "done": self.done,
            "samples": self.samples,
            "missing": list(self.missing),
            "torn": list(self.torn),
        }


def finish_submission(paths: OutputPaths) -> FinishReport:
    """Writes the summary and the sidecars, unless nothing was packed at all.

    Raises:
        OutputError: the output cannot be read or written.
    """
    coverage = read_coverage(paths)
    if paths.contract.exists():
        with output_errors(paths.folder, "and run 'vwd slurm finish' again."):
            finish_output(paths, coverage.entries, read_contract(paths).rows, bool(coverage.torn))
    samples = sum(entry.samples for entry in coverage.entries.values())
    return FinishReport(paths, coverage.done, samples, coverage.missing, coverage.torn)
