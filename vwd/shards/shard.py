"""Making one shard: rows in, a tar and its ledger entry out."""

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
from vwd.shards.ledger import Entry, SkippedRow, State, look_up, write_entry
from vwd.shards.members import sample_members
from vwd.shards.order import row_numbers
from vwd.shards.paths import OutputPaths
from vwd.shards.places import Sizes, sizes_text
from vwd.shards.plan import ShardRange
from vwd.shards.storage import remove
from vwd.shards.tar import shard_tar
from vwd.shards.tokens import count_tokens
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.video.encoders import DEFAULT_CACHE_MB, Encoder, get_encoder
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec

# What a scheduler says of this process, kept in the entry to find a log by.
_SCHEDULER_VARIABLES = (
    "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURMD_NODENAME",
    "VWD_SLURM_SUBMISSION", "VWD_SLURM_TASK",
)  # fmt: skip

Counts = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class ShardJob:
    """What every shard of a run has in common; goes to the worker processes.

    Attributes:
        redo: make even a shard that another run has finished since this one began.
    """

    corpus: Corpus
    schema: Schema
    rows: Rows
    paths: OutputPaths
    storyboard: StoryboardSpec
    video: VideoSpec
    encoder: str
    quality: int | None = None
    cache_mb: int = DEFAULT_CACHE_MB
    shuffle_seed: int | None = None
    sat_meta: bool = False
    redo: bool = False


class _OvertakenError(Exception):
    """Another run has finished more of the shard that is being made."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.number)
        self.entry = entry


class ShardMaker:
    """Makes shards, one after another, with one encoder and one set of fonts."""

    def __init__(self, job: ShardJob) -> None:
        self._job = job
        self._fonts = Fonts()
        self._encoder: Encoder = get_encoder(job.encoder, job.quality, job.cache_mb)

    def make(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        """Writes a shard's tar, then its ledger entry; leaves it where another run has made it meanwhile.

        Args:
            on_row: called after each row.

        Raises:
            RowsError: a row of the file is broken.
            ShardError: the rows end before the shard does.
        """
        state, there = look_up(self._job.paths, shard.number)
        if not self._job.redo and state is State.DONE and there and there.covers(shard):
            return there
        try:
            return self._make(shard, on_row)
        except _OvertakenError as overtaken:
            return overtaken.entry

    def _make(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        started = time.monotonic()
        skips: list[SkippedRow] = []
        sizes: list[Sizes] = []
        prompt_tokens = answer_tokens = 0
        counted = self._encoder.cache_counts
        tar_path = self._job.paths.tar(shard.number)
        with shard_tar(tar_path, self._job.paths.temp) as tar:
            for index, made in self._render(shard):
                if isinstance(made, Skip):
                    skips.append(SkippedRow(index, made.code, made.detail))
                else:
                    sample, members = made
                    tar.write(sample.key, members)
                    sizes.append(Sizes(index, tuple(map(len, members.values()))))
                    prompt_tokens += count_tokens(sample.prompt)
                    answer_tokens += count_tokens(sample.answer)
                on_row()
            if other := self._overtaken(shard):
                raise _OvertakenError(other)
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
            md5=tar.md5 if sizes else "",
            prompt_tokens=prompt_tokens,
            answer_tokens=answer_tokens,
            seconds=round(time.monotonic() - started, 3),
            finished=round(time.time(), 3),
            sizes=sizes_text(sizes),
            writer=_writer(),
            cache=_since(counted, self._encoder.cache_counts),
        )
        write_entry(self._job.paths, entry)
        return entry

    def _overtaken(self, shard: ShardRange) -> Entry | None:
        """The entry of a run that has meanwhile made more of this shard: a cut one must not replace a whole one."""
        state, entry = look_up(self._job.paths, shard.number)
        return entry if state is State.DONE and entry and entry.stop > shard.stop else None

    def _render(self, shard: ShardRange) -> Iterator[tuple[int, Skip | tuple[Sample, dict[str, bytes]]]]:
        job, done = self._job, shard.start
        for index, row in self._rows(shard):
            done += 1
            sample = job.corpus.sample(row, index, job.schema)
            if isinstance(sample, Skip):
                yield index, sample
                continue
            storyboard = lay_out(sample, job.storyboard, self._fonts)
            if isinstance(storyboard, Skip):
                yield index, storyboard
                continue
            video = self._encoder.encode(storyboard, job.video)
            yield index, (sample, sample_members(sample, storyboard, job.video, video, job.sat_meta))
        if done < shard.stop and job.rows.count is not None:
            raise ShardError(
                f"shard {shard.number}: {done - shard.start} rows are there, not {shard.stop - shard.start}",
                "The rows changed during the run: check the file given to --rows, and run again.",
            )

    def _rows(self, shard: ShardRange) -> Iterator[tuple[int, Row]]:
        """The shard's rows with their numbers in the corpus."""
        rows, seed = self._job.rows, self._job.shuffle_seed
        if seed is None:
            return enumerate(rows.read(shard.start, shard.stop), shard.start)
        indices = row_numbers(shard.start, shard.stop, rows.count, seed)
        return zip(indices, take(rows, indices), strict=False)  # too few are told of by the caller


def _since(before: Counts, now: Counts) -> Counts:
    return {name: (asked - before[name][0], hits - before[name][1]) for name, (asked, hits) in now.items()}


def _writer() -> dict[str, str]:
    scheduler = {name.lower(): os.environ[name] for name in _SCHEDULER_VARIABLES if name in os.environ}
    return {"host": socket.gethostname(), "pid": str(os.getpid()), **scheduler}
