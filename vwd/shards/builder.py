"""Building one shard: rows in, a tar and its ledger entry out."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sample import Row, Sample, Skip
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import ShardError
from vwd.shards.checksums import format_checksums, member_checksums
from vwd.shards.contract import check_contract
from vwd.shards.entry import Entry, SkippedRow
from vwd.shards.ledger import Ledger, State
from vwd.shards.members import sample_members
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.settings import PackSettings
from vwd.shards.shuffle import row_indices
from vwd.shards.sizes import SampleSizes, format_sizes
from vwd.shards.tar import shard_tar
from vwd.shards.tokens import count_tokens
from vwd.storage.objects import remove
from vwd.text.layout import lay_out
from vwd.video.encoders import Encoder, get_encoder
from vwd.video.fonts import Fonts

# What a scheduler says of this process; the entry keeps it, so that its log can be found.
_SCHEDULER_VARIABLES = (
    "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURMD_NODENAME",
    "VWD_SLURM_SUBMISSION", "VWD_SLURM_TASK",
)  # fmt: skip

CacheCounts = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class ShardJob:
    """What every shard of a run has in common; goes to the worker processes."""

    corpus: Corpus
    schema: Schema
    rows: Rows
    ledger: Ledger
    settings: PackSettings

    @property
    def paths(self) -> OutputPaths:
        return self.ledger.paths


class _SupersededError(Exception):
    """Another run has finished more of the shard that is being built."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.number)
        self.entry = entry


class ShardBuilder:
    """Builds shards, one after another, with one encoder and one set of fonts."""

    def __init__(self, job: ShardJob) -> None:
        self._job, self._settings = job, job.settings
        self._fonts = Fonts()
        self._encoder: Encoder = get_encoder(job.settings.encoder, job.settings.quality, job.settings.cache_mb)

    def build(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        """Writes a shard's tar, then its ledger entry; keeps the shard that another run has finished meanwhile.

        Args:
            on_row: called after each row.

        Raises:
            RowsError: a row of the file is broken.
            ShardError: the rows end before the shard does.
        """
        _, state, existing, _ = self._job.ledger.lookup(shard.number)
        if not self._settings.check and state is State.DONE and existing and existing.covers(shard):
            return existing
        try:
            return self._build(shard, on_row)
        except _SupersededError as superseded:
            return superseded.entry

    def _build(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        started = time.monotonic()
        skips: list[SkippedRow] = []
        sizes: list[SampleSizes] = []
        checksums = bytearray()
        prompt_tokens = answer_tokens = 0
        counts_before = self._encoder.cache_counts
        tar_path = self._job.paths.tar(shard.number)
        with shard_tar(tar_path, self._job.paths.temp) as tar:
            for index, result in self._render(shard):
                if isinstance(result, Skip):
                    skips.append(SkippedRow(index, result.code, result.detail))
                else:
                    sample, members = result
                    tar.write(sample.key, members)
                    sizes.append(SampleSizes(index, tuple(map(len, members.values()))))
                    checksums += member_checksums(members.values())
                    prompt_tokens += count_tokens(sample.prompt)
                    answer_tokens += count_tokens(sample.answer)
                on_row()
            if other := self._superseding(shard):
                raise _SupersededError(other)
            check_contract(self._job.paths, self._job.ledger.contract)  # another run may have replaced it
        if not sizes:
            remove(tar_path)  # readers of shards stumble over an empty tar
        entry = Entry(
            number=shard.number,
            start=shard.start,
            stop=shard.start + len(sizes) + len(skips),
            whole=shard.whole,
            samples=len(sizes),
            skips=tuple(skips),
            bytes=tar.bytes if sizes else 0,
            sha256=tar.sha256 if sizes else "",
            prompt_tokens=prompt_tokens,
            answer_tokens=answer_tokens,
            seconds=round(time.monotonic() - started, 3),
            finished=round(time.time(), 3),
            sizes=format_sizes(sizes),
            checksums=format_checksums(checksums),
            writer=_writer(self._encoder.kernel),
            cache=_difference(counts_before, self._encoder.cache_counts),
        )
        self._job.ledger.write(entry)
        return entry

    def _superseding(self, shard: ShardRange) -> Entry | None:
        """The entry of a run that has meanwhile packed more of this shard: a cut one must not replace a whole one."""
        _, state, entry, _ = self._job.ledger.lookup(shard.number)
        return entry if state is State.DONE and entry and entry.stop > shard.stop else None

    def _render(self, shard: ShardRange) -> Iterator[tuple[int, Skip | tuple[Sample, dict[str, bytes]]]]:
        job, settings, count = self._job, self._settings, 0
        for index, row in self._rows(shard):
            count += 1
            sample = job.corpus.sample(row, index, job.schema)
            if isinstance(sample, Skip):
                yield index, sample
                continue
            storyboard = lay_out(sample, settings.storyboard, self._fonts)
            if isinstance(storyboard, Skip):
                yield index, storyboard
                continue
            video = self._encoder.encode(storyboard, settings.video)
            yield index, (sample, sample_members(sample, storyboard, settings.video, video, settings.sat_meta))
        if count < shard.stop - shard.start and job.rows.count is not None:
            raise ShardError(
                f"shard {shard.number}: only {count} of its {shard.stop - shard.start} rows could be read",
                "The rows changed during the run: check the file given as `rows`, and run again.",
            )

    def _rows(self, shard: ShardRange) -> Iterator[tuple[int, Row]]:
        """The shard's rows with their numbers in the corpus."""
        rows, seed = self._job.rows, self._settings.shuffle_seed
        wanted, limit = self._job.schema.wanted, self._settings.max_row_bytes
        if seed is None:
            return enumerate(rows.read(shard.start, shard.stop, wanted, limit), shard.start)
        indices = row_indices(shard.start, shard.stop, rows.count, seed)
        return zip(
            indices, take(rows, indices, wanted, limit), strict=False
        )  # the caller reports rows that are missing


def _difference(before: CacheCounts, now: CacheCounts) -> CacheCounts:
    return {name: (lookups - before[name][0], hits - before[name][1]) for name, (lookups, hits) in now.items()}


def _writer(kernel: str) -> dict[str, str]:
    scheduler = {name.lower(): os.environ[name] for name in _SCHEDULER_VARIABLES if name in os.environ}
    program = {"host": socket.gethostname(), "pid": str(os.getpid())}
    return {**program, **({"kernel": kernel} if kernel else {}), **scheduler}
