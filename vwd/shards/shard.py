"""Making one shard: rows in, a tar and its ledger entry out."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sample import Sample, Skip
from vwd.corpora.sources.rows import Rows
from vwd.errors import ShardError
from vwd.shards.ledger import Entry, SkippedRow, State, look_up, write_entry
from vwd.shards.members import sample_members
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.tar import shard_tar
from vwd.shards.tokens import count_tokens
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.video.encoders import Encoder, get_encoder
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec

# What a scheduler says of this process, kept in the entry to find a log by.
_SCHEDULER_VARIABLES = ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT")


Counts = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class ShardJob:
    """What every shard of a run has in common; goes to the worker processes."""

    corpus: Corpus
    schema: Schema
    rows: Rows
    paths: OutputPaths
    storyboard: StoryboardSpec
    video: VideoSpec
    encoder: str
    quality: int | None = None


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
        self._encoder: Encoder = get_encoder(job.encoder, job.quality)

    def make(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        """Writes a shard's tar, then its ledger entry.

        Args:
            on_row: called after each row.

        Raises:
            RowsError: a row of the file is broken.
            ShardError: the rows end before the shard does.
        """
        try:
            return self._make(shard, on_row)
        except _OvertakenError as overtaken:
            return overtaken.entry

    def _make(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        started = time.monotonic()
        skips: list[SkippedRow] = []
        samples = prompt_tokens = answer_tokens = 0
        counted = self._encoder.cache_counts
        tar_path = self._job.paths.tar(shard.number)
        with shard_tar(tar_path, self._job.paths.temp) as tar:
            for index, made in self._render(shard):
                if isinstance(made, Skip):
                    skips.append(SkippedRow(index, made.code, made.detail))
                else:
                    sample, members = made
                    tar.write(sample.key, members)
                    samples += 1
                    prompt_tokens += count_tokens(sample.prompt)
                    answer_tokens += count_tokens(sample.answer)
                on_row()
            if other := self._overtaken(shard):
                raise _OvertakenError(other)
        if not samples:
            tar_path.unlink(missing_ok=True)  # readers of shards stumble over an empty tar
        entry = Entry(
            shard.number, shard.start, shard.start + samples + len(skips), shard.whole, samples, tuple(skips),
            tar.bytes if samples else 0, tar.sha256 if samples else "", prompt_tokens, answer_tokens,
            round(time.monotonic() - started, 3), round(time.time(), 3), _writer(),
            _since(counted, self._encoder.cache_counts),
        )  # fmt: skip
        write_entry(self._job.paths, entry)
        return entry

    def _overtaken(self, shard: ShardRange) -> Entry | None:
        """The entry of a run that has meanwhile made more of this shard: a cut one must not replace a whole one."""
        state, entry = look_up(self._job.paths, shard.number)
        return entry if state is State.DONE and entry and entry.stop > shard.stop else None

    def _render(self, shard: ShardRange) -> Iterator[tuple[int, Skip | tuple[Sample, dict[str, bytes]]]]:
        job, index = self._job, shard.start - 1
        for index, row in enumerate(job.rows.read(shard.start, shard.stop), shard.start):
            sample = job.corpus.sample(row, index, job.schema)
            if isinstance(sample, Skip):
                yield index, sample
                continue
            storyboard = lay_out(sample, job.storyboard, self._fonts)
            if isinstance(storyboard, Skip):
                yield index, storyboard
                continue
            video = self._encoder.encode(storyboard, job.video)
            yield index, (sample, sample_members(sample, storyboard, job.video, video))
        if index + 1 < shard.stop and job.rows.count is not None:
            raise ShardError(
                f"shard {shard.number}: the rows end after row {index}, before {shard.stop}",
                "The rows changed during the run: check the file given to --rows, and run again.",
            )


def _since(before: Counts, now: Counts) -> Counts:
    return {name: (asked - before[name][0], hits - before[name][1]) for name, (asked, hits) in now.items()}


def _writer() -> dict[str, str]:
    scheduler = {name.lower(): os.environ[name] for name in _SCHEDULER_VARIABLES if name in os.environ}
    return {"host": socket.gethostname(), "pid": str(os.getpid()), **scheduler}
