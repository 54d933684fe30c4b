"""Packing: from a corpus and settings to shards that stand, however often it takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.rows import Rows
from vwd.errors import OutputError, UsageError
from vwd.hashing import sha256_of
from vwd.shards.contract import agree, make_contract
from vwd.shards.files import sweep
from vwd.shards.ledger import Entry, State, look_up_all
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange, pick_shards, plan_shards, task_slice
from vwd.shards.reaching import reaching
from vwd.shards.shard import ShardJob
from vwd.shards.storage import make_folder
from vwd.shards.summary import Summary, done_entries, write_summary
from vwd.shards.workers import Failure, make_shards
from vwd.text.spec import StoryboardSpec
from vwd.video.encoders import DEFAULT_CACHE_MB, DEFAULT_ENCODER, get_encoder
from vwd.video.spec import VideoSpec


@dataclass(frozen=True)
class PackSettings:
    """How a corpus is packed.

    Attributes:
        start_idx, num_samples: the slice of rows; all by default.
        shards: the numbers of the only ones to make; None for all of the slice.
        task, num_tasks: this task's part of those, in whole shards.
        quality: the mpeg4 encoder's quantiser; None for its default.
        cache_mb: how many megabytes that encoder may keep between videos, in each worker; changes no byte.
        check: compare the sha256 of shards that are done, and redo those that differ.
        shuffle_seed: mixes the rows before they are sharded; None leaves them in order.
        sat_meta: gives every sample an `id` member, for CogVideoX's trainer.
        staging: a local folder where shards are before they are uploaded, with `out` in object storage; one in
            TMPDIR by default.
    """

    out: Path = Path("shards")
    shard_size: int = 1000
    start_idx: int = 0
    num_samples: int | None = None
    shards: tuple[int, ...] | None = None
    task: int = 0
    num_tasks: int = 1
    num_workers: int = 1
    check: bool = False
    encoder: str = DEFAULT_ENCODER
    quality: int | None = None
    cache_mb: int = DEFAULT_CACHE_MB
    video: VideoSpec = field(default_factory=VideoSpec)
    storyboard: StoryboardSpec = field(default_factory=StoryboardSpec)
    shuffle_seed: int | None = None
    sat_meta: bool = False
    staging: Path | None = None


@dataclass(frozen=True)
class PackPlan:
    """What a run has to do: shards that stand already, and those to make."""

    shards: tuple[ShardRange, ...]
    to_make: tuple[ShardRange, ...]

    @property
    def rows_to_make(self) -> int:
        return sum(shard.stop - shard.start for shard in self.to_make)


@dataclass(frozen=True)
class PackResult:
    """How a run went. `summary` is of the whole output; `made` and `failures` are this run's.

    Attributes:
        complete: whether every shard of the slice stands, those of other tasks too.
    """

    paths: OutputPaths
    plan: PackPlan
    made: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    summary: Summary
    complete: bool


def pack(
    corpus: Corpus,
    rows: Rows,
    settings: PackSettings,
    on_plan: Callable[[PackPlan], None] = lambda plan: None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> PackResult:
    """Makes every shard of a slice that does not stand yet. Running it again goes on where it stopped.

    A shard that fails leaves the others be, and is in the result's `failures`.

    Args:
        on_plan: hears once what is to be done.
        on_rows: hears of rows done since the last call.

    Raises:
        UsageError: the slice does not fit the shards.
        RowsError: the rows lack the corpus's columns.
        ContractError: the output folder was packed with other settings.
        OutputError: the output folder cannot be written.
    """
    schema = corpus.schema_for(rows.columns)
    identity = get_encoder(settings.encoder, settings.quality).identity
    shards = _of_task(_slice(rows, settings), settings)
    paths = OutputPaths(settings.out, corpus.name, settings.staging)
    contract = make_contract(
        corpus, rows, schema.columns, settings.shard_size, settings.storyboard, settings.video, identity,
        settings.shuffle_seed, settings.sat_meta,
    )  # fmt: skip
    try:
        make_folder(paths.ledger)
        agree(paths, contract)
        sweep(paths.temp)
        plan = PackPlan(shards, _to_make(paths, shards, settings.check))
        on_plan(plan)
        job = ShardJob(
            corpus, schema, rows, paths, settings.storyboard, settings.video, settings.encoder, settings.quality,
            settings.cache_mb, settings.shuffle_seed, settings.sat_meta, settings.check,
        )  # fmt: skip
        made, failures = _run(job, plan, settings.num_workers, on_rows)
        agree(paths, contract)  # a store without conditional writes may let two first runs in at once
        entries = done_entries(paths)
        summary = write_summary(paths, entries, rows.count)
        complete = _cover(entries, _slice(rows, settings))
        return PackResult(paths, plan, tuple(made), tuple(failures), summary, complete)
    except OSError as error:
        raise OutputError(
            f"{error.filename or paths.folder}: {error.strerror or error}",
            "Free some space or mend the permissions and run again, or give another --out.",
        ) from error
    finally:
        with suppress(OSError):
            sweep(paths.temp)


def default_workers() -> int:
    """One a CPU of the Slurm task, else one a CPU that this process may use."""
    slurm = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return int(slurm) if slurm.isdigit() and int(slurm) else len(os.sched_getaffinity(0))


def spec_of(size: str, frames: int, fps: str) -> VideoSpec:
    """A video's settings from text such as "640x360" and "193/10".

    Raises:
        UsageError: one of them is no such thing.
    """
    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError as error:
        raise UsageError(f"--size {size}", "Give width x height in pixels, such as 640x360.") from error
    try:
        return VideoSpec(width, height, frames, Fraction(fps))
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"--fps {fps}", "Give a number or a fraction, such as 24 or 193/10.") from error


def _slice(rows: Rows, settings: PackSettings) -> tuple[ShardRange, ...]:
    count = rows.count
    if settings.shuffle_seed is not None and (count is None or not rows.seekable):
        raise UsageError(
            "--shuffle-seed needs rows that can be read in any order, and a stream cannot",
            "Make a local copy with 'vwd download', or leave --streaming or --shuffle-seed out.",
        )
    if count is None:
        if settings.num_samples is None:
            raise UsageError("this stream does not say how many rows it has", "Give --num-samples.")
        count = settings.start_idx + settings.num_samples
    return plan_shards(count, settings.shard_size, settings.start_idx, settings.num_samples)


def _of_task(shards: tuple[ShardRange, ...], settings: PackSettings) -> tuple[ShardRange, ...]:
    picked = shards if settings.shards is None else pick_shards(shards, settings.shards)
    return task_slice(picked, settings.task, settings.num_tasks)


def _cover(entries: list[Entry], shards: tuple[ShardRange, ...]) -> bool:
    by_number = {entry.number: entry for entry in entries}
    return all(s.number in by_number and by_number[s.number].covers(s) for s in shards)


def _to_make(paths: OutputPaths, shards: tuple[ShardRange, ...], check: bool) -> tuple[ShardRange, ...]:
    found = look_up_all(paths, [shard.number for shard in shards])
    return tuple(
        shard
        for shard, (_, state, entry) in zip(shards, found, strict=True)
        if state is not State.DONE or entry is None or not _stands(paths, shard, entry, check)
    )


def _stands(paths: OutputPaths, shard: ShardRange, entry: Entry, check: bool) -> bool:
    if not entry.covers(shard):
        return False
    if not check or not entry.samples:
        return True
    with reaching(paths.tar(shard.number)):
        return sha256_of(paths.tar(shard.number)) == entry.sha256


def _run(
    job: ShardJob, plan: PackPlan, num_workers: int, on_rows: Callable[[int], None]
) -> tuple[list[Entry], list[Failure]]:
    made: list[Entry] = []
    failures: list[Failure] = []
    outcomes = make_shards(job, plan.to_make, num_workers, on_rows)
    try:
        for outcome in outcomes:
            if isinstance(outcome, Entry):
                made.append(outcome)
                continue
            failures.append(outcome)
            if outcome.hopeless:
                break
    finally:
        outcomes.close()
    return made, failures
