"""Packing: from a corpus and settings to complete shards, however many runs it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from vwd.corpora.language import check_language
from vwd.corpora.registry import Corpus
from vwd.corpora.sources.judge import schema_of
from vwd.corpora.sources.rows import Rows
from vwd.errors import OutputError, UsageError
from vwd.shards.builder import ShardJob
from vwd.shards.content import Content
from vwd.shards.contract_file import ensure_contract, read_contract
from vwd.shards.entry import Entry
from vwd.shards.intact import intact_entry
from vwd.shards.ledger import Ledger, State
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange, pick_shards, plan_shards, task_slice
from vwd.shards.renewal import settle_contract
from vwd.shards.settings import PackSettings
from vwd.shards.spills import Spills
from vwd.shards.summary import Summary, write_summary
from vwd.shards.text_videos import TextVideos
from vwd.shards.workers import Failure, build_shards
from vwd.storage.errors import output_errors
from vwd.storage.objects import exists, make_folder
from vwd.storage.tempfiles import remove_stale
from vwd.storage.urls import is_remote
from vwd.video.encoders import kept_version

_HINT = "and run again, or give another `out`."


@dataclass(frozen=True)
class PackPlan:
    """What a run has to do: its shards, and those of them that are not complete yet."""

    shards: tuple[ShardRange, ...]
    to_pack: tuple[ShardRange, ...]

    @property
    def rows_to_pack(self) -> int:
        return sum(shard.stop - shard.start for shard in self.to_pack)


@dataclass(frozen=True)
class PackResult:
    """How a run went. `summary` and `entries` are of the whole output; `built` and `failures` are this run's.

    Attributes:
        entries: of all complete shards, by number.
        complete: whether every shard of the slice is complete, those of other tasks too.
    """

    paths: OutputPaths
    plan: PackPlan
    built: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    entries: Mapping[int, Entry]
    summary: Summary
    complete: bool


def text_videos(corpus: Corpus, rows: Rows, settings: PackSettings) -> TextVideos:
    """Text videos of a corpus's rows.

    Raises:
        RowsError: the rows have none of the corpus's columns, or the list of rows to exclude is of others.
        UsageError: the rows are in another language.
    """
    settings.exclude.check(rows.identity)
    schema = schema_of(corpus, rows, settings.max_row_bytes)
    settings = replace(settings, storyboard=settings.storyboard.for_language(corpus.language))
    if not settings.force_language:
        check_language(corpus, schema, rows)
    return TextVideos(corpus, schema, settings)


def resumed(settings: PackSettings, dataset: str) -> PackSettings:
    """The settings, with which an output that exists is resumed with its own version of the encoder, and so its bytes.

    Raises:
        OutputError: the output's contract cannot be read.
    """
    paths = OutputPaths(settings.out, dataset, settings.staging)
    with output_errors(paths.folder, _HINT):
        if settings.encoder_version or not exists(paths.contract):
            return settings
    return replace(settings, encoder_version=kept_version(settings.encoder, read_contract(paths).encoder))


def pack_shards(
    content: Content,
    rows: Rows,
    settings: PackSettings,
    on_plan: Callable[[PackPlan], None] = lambda plan: None,
    on_rows: Callable[[int], None] = lambda rows: None,
    paths: OutputPaths | None = None,
) -> PackResult:
    """Packs every shard of a slice that is not complete yet. Running it again resumes where it stopped.

    A shard that fails does not affect the others, and is in the result's `failures`.

    Args:
        settings: the slice, the shards, the workers; what the content is made by is its own.
        on_plan: called once with what is to be done.
        on_rows: called with the number of rows done since the last call.
        paths: of the output; by default its dataset's folder in the settings' `out`.

    Raises:
        UsageError: the slice does not fit the shards.
        ContractError: the output folder was packed with other settings.
        OutputError: the output folder cannot be written.
    """
    slice_shards = _slice(rows, settings)
    shards = _of_task(slice_shards, settings)
    contract = content.contract(rows)
    paths = paths or OutputPaths(settings.out, content.dataset, settings.staging)
    try:
        with output_errors(paths.folder, _HINT):
            make_folder(paths.ledger)
            _refuse_linked_ledger(paths)
            remove_stale(paths.temp)
            contract = settle_contract(paths, contract, rows, settings.append)
            ledger = Ledger(paths, contract)
            complete = _complete(ledger, shards, settings.check)
            plan = PackPlan(shards, tuple(shard for shard in shards if shard.number not in complete))
            on_plan(plan)
            job = ShardJob(content, rows, ledger, settings, Spills.of(paths))
            built, failures = _run(job, plan, on_rows)
            ensure_contract(paths, contract)  # a store without conditional writes may let two first runs in at once
            # The last of several tasks to end sees the shards of all of them.
            entries = ledger.done({**complete, **{entry.number: entry for entry in built}})
            summary = write_summary(paths, list(entries.values()), rows.count)
            return PackResult(
                paths, plan, tuple(built), tuple(failures), entries, summary, _covers(entries, slice_shards)
            )
    finally:
        with suppress(OSError):
            remove_stale(paths.temp)


def _refuse_linked_ledger(paths: OutputPaths) -> None:
    """Entries would be written, and replaced, in a folder that nobody has named."""
    if not is_remote(paths.folder) and paths.ledger.is_symlink():
        raise OutputError(
            f"{paths.ledger} is a symbolic link", "Move the folder that it leads to in its place, or link the output."
        )


def _slice(rows: Rows, settings: PackSettings) -> tuple[ShardRange, ...]:
    count = rows.count
    if settings.shuffle_seed is not None and (count is None or not rows.seekable):
        raise UsageError(
            "`shuffle_seed` needs rows that can be read in any order, and a stream cannot",
            "Make a local copy with 'vwd download', or leave out `streaming` or `shuffle_seed`.",
        )
    if count is None:
        if settings.num_samples is None:
            raise UsageError("this stream does not say how many rows it has", "Give `num_samples`.")
        count = settings.start_idx + settings.num_samples
    return plan_shards(count, settings.shard_size, settings.start_idx, settings.num_samples)


def _of_task(shards: tuple[ShardRange, ...], settings: PackSettings) -> tuple[ShardRange, ...]:
    picked = shards if settings.shards is None else pick_shards(shards, settings.shards)
    return task_slice(picked, settings.task, settings.num_tasks)


def _complete(ledger: Ledger, shards: tuple[ShardRange, ...], check: bool) -> dict[int, Entry]:
    """The entries of the shards that need no packing, by number."""
    found = ledger.lookup_many([shard.number for shard in shards])
    done = {
        shard.number: entry
        for shard, (_, state, entry, _) in zip(shards, found, strict=True)
        if state is State.DONE and entry and entry.covers(shard)
    }
    return {number: entry for number, entry in done.items() if not check or intact_entry(ledger, number)}


def _covers(entries: Mapping[int, Entry], shards: tuple[ShardRange, ...]) -> bool:
    return all(shard.number in entries and entries[shard.number].covers(shard) for shard in shards)


def _run(job: ShardJob, plan: PackPlan, on_rows: Callable[[int], None]) -> tuple[list[Entry], list[Failure]]:
    built: list[Entry] = []
    failures: list[Failure] = []
    outcomes = build_shards(job, plan.to_pack, on_rows)
    try:
        for outcome in outcomes:
            if isinstance(outcome, Entry):
                built.append(outcome)
                continue
            failures.append(outcome)
            if outcome.fatal:
                break
    finally:
        outcomes.close()
    return built, failures
