"""Which shards of an output's submissions are complete, and which are not."""

from __future__ import annotations

from dataclasses import dataclass

from vwd.errors import OutputError, UsageError
from vwd.shards.contract_file import read_contract
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State
from vwd.shards.paths import OutputPaths, tar_numbers
from vwd.shards.plan import ShardRange
from vwd.slurm.frozen import read_submissions
from vwd.slurm.paths import submission_file
from vwd.slurm.submission import Submission


@dataclass(frozen=True)
class Coverage:
    """The shards that were ever submitted for an output.

    Attributes:
        submissions: oldest first, with the number of rows that the packing found.
        wanted: by number, the most of each shard that a submission asks for.
        entries: of the ledger, of every complete shard, whoever packed it.
        torn: wanted shards whose tar and entry disagree, or of which only one exists.
        missing: the other wanted shards that are not complete.
    """

    paths: OutputPaths
    submissions: tuple[Submission, ...]
    wanted: dict[int, ShardRange]
    entries: dict[int, Entry]
    torn: tuple[int, ...]
    missing: tuple[int, ...]

    @property
    def incomplete(self) -> set[int]:
        """The wanted shards that are torn or missing."""
        return {*self.torn, *self.missing}

    @property
    def done(self) -> int:
        """How many wanted shards are complete."""
        return len(self.wanted) - len(self.torn) - len(self.missing)


def read_coverage(paths: OutputPaths) -> Coverage:
    """Reads an output's submissions and its ledger.

    Raises:
        OutputError: a submission or the `pack.json` cannot be read, or they do not fit together.
    """
    contract = read_contract(paths) if paths.contract.exists() else None
    rows = contract.rows if contract else None
    submissions = tuple(_with_rows(paths, submission, rows) for submission in read_submissions(paths))
    wanted: dict[int, ShardRange] = {}
    for submission in submissions:
        for shard in submission.ranges:
            if shard.number not in wanted or wanted[shard.number].stop < shard.stop:
                wanted[shard.number] = shard
    entries, damaged = {}, set(tar_numbers(paths))
    for number, state, entry, _ in Ledger(paths, contract).read() if contract else ():
        if entry and state is State.DONE:
            entries[number] = entry
            damaged.discard(number)
        else:
            damaged.add(number)
    incomplete = {n for n, shard in wanted.items() if n not in entries or not entries[n].covers(shard)}
    return Coverage(
        paths, submissions, wanted, entries, tuple(sorted(incomplete & damaged)), tuple(sorted(incomplete - damaged))
    )


def _with_rows(paths: OutputPaths, submission: Submission, rows: int | None) -> Submission:
    """A submission with the number of rows that the packing found."""
    found = submission.with_rows(rows)
    try:
        assert found.ranges
    except UsageError as error:
        raise OutputError(
            f"{submission_file(paths, submission.number)}: $.work does not fit the {rows} rows of {paths.contract}: "
            f"{error.what}",
            "Restore the file that was changed.",
        ) from error
    return found
