"""Building one shard: rows in, a tar and its ledger entry out; by one worker, or by several that share it."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from vwd.corpora.sample import Row, Skip
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import ShardError
from vwd.shards.checksums import format_checksums
from vwd.shards.content import Content, PackedSample
from vwd.shards.contract_file import check_contract
from vwd.shards.entry import Entry, SkippedRow
from vwd.shards.joining import GrowingTar
from vwd.shards.ledger import Ledger, State
from vwd.shards.parts import Part, whole_shards
from vwd.shards.paths import OutputPaths
from vwd.shards.placing import PartBuffer, PartMemory
from vwd.shards.plan import ShardRange
from vwd.shards.rendered import CacheCounts, RenderedRows, joined
from vwd.shards.settings import PackSettings
from vwd.shards.shuffle import row_indices
from vwd.shards.sizes import SampleSizes, format_sizes
from vwd.shards.spills import Spills
from vwd.shards.tar import ShardTar, sample_blocks, shard_tar
from vwd.storage.objects import remove

# What a scheduler says of this process; the entry keeps it, so that its log can be found.
_SCHEDULER_VARIABLES = (
    "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURMD_NODENAME",
    "VWD_SLURM_SUBMISSION", "VWD_SLURM_TASK",
)  # fmt: skip


@dataclass(frozen=True)
class ShardJob:
    """What every shard of a run has in common; goes to the worker processes.

    Attributes:
        spills: where the parts of shards are, made in the process that was started.
    """

    content: Content
    rows: Rows
    ledger: Ledger
    settings: PackSettings
    spills: Spills

    @property
    def paths(self) -> OutputPaths:
        return self.ledger.paths


class _SupersededError(Exception):
    """Another run has finished more of the shard that is being built."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.number)
        self.entry = entry


class ShardBuilder:
    """Builds shards, one after another, with one maker of samples."""

    def __init__(self, job: ShardJob) -> None:
        self._job, self._settings = job, job.settings
        self._maker = job.content.open()
        self._form = job.ledger.contract.form
        self._growing: dict[int, GrowingTar] = {}
        self._memory = PartMemory()

    def build(self, shard: ShardRange, on_row: Callable[[], None]) -> Entry:
        """Writes a shard's tar, then its ledger entry; keeps the shard that another run has finished meanwhile.

        Args:
            on_row: called after each row.

        Raises:
            RowsError: a row of the file is broken.
            ShardError: the rows end before the shard does.
        """
        if existing := self._existing(shard):
            return existing
        started = time.monotonic()
        (part,) = whole_shards([shard])
        try:
            with self._tar(shard) as tar:
                rendered = self._write(part, tar.write, on_row)
        except _SupersededError as superseded:
            return superseded.entry
        return self._finish(shard, replace(rendered, seconds=time.monotonic() - started), tar)

    def render(self, part: Part, on_row: Callable[[], None]) -> RenderedRows | Entry:
        """Writes the blocks of a part's samples: to their place in the shard's tar where that is known, else to a spill
        file. Keeps a shard that another run has finished.

        Raises: as `build`.
        """
        if existing := self._existing(part.shard):
            return existing
        started = time.monotonic()
        with PartBuffer(self._job.spills, part, self._memory) as buffer:
            rendered = self._write(part, buffer.write, on_row)
            placed = buffer.place()
        return replace(rendered, seconds=time.monotonic() - started, placed=placed)

    def append(self, shard: ShardRange, parts: Iterable[tuple[Part, RenderedRows]]) -> GrowingTar:
        """Adds the next parts of a shard to its tar, and removes their spill files.

        Raises:
            ShardError: a spill file is missing, or is not as it was written.
        """
        growing = self._growing.get(shard.number) or GrowingTar(self._job.spills, shard)
        self._growing[shard.number] = growing
        with self._discard_on_error(shard.number):
            for part, rendered in parts:
                growing.add(part, rendered)
        return growing

    def join(self, shard: ShardRange, parts: Sequence[tuple[Part, RenderedRows]]) -> Entry:
        """Ends a shard's tar with those of its parts that were not appended yet; then writes its ledger entry.

        Args:
            parts: all of them.

        Raises: as `append`.
        """
        started = time.monotonic()
        with closing(self.append(shard, parts)) as growing:
            del self._growing[shard.number]
            if other := self._superseding(shard):
                return other
            check_contract(self._job.paths, self._job.ledger.contract)  # another run may have replaced it
            growing.publish(self._job.paths.tar(shard.number))
        rendered = joined([*(rendered for _, rendered in parts), RenderedRows(seconds=time.monotonic() - started)])
        return self._finish(shard, rendered, growing.tar, len(parts))

    @contextmanager
    def _discard_on_error(self, number: int) -> Iterator[None]:
        """Removes the tar of a shard of which something cannot be written."""
        try:
            yield
        except BaseException:
            self._growing.pop(number).close()
            raise

    def _existing(self, shard: ShardRange) -> Entry | None:
        """The entry of a shard that another run has finished since this one began."""
        _, state, existing, _ = self._job.ledger.lookup(shard.number)
        done = not self._settings.check and state is State.DONE and existing and existing.covers(shard)
        return existing if done else None

    @contextmanager
    def _tar(self, shard: ShardRange) -> Iterator[ShardTar]:
        """A shard's tar, for its blocks; it appears only if no other run has put a longer one, or a contract, there."""
        with shard_tar(self._job.paths.tar(shard.number), self._job.paths.temp) as tar:
            yield tar
            if other := self._superseding(shard):
                raise _SupersededError(other)
            check_contract(self._job.paths, self._job.ledger.contract)  # another run may have replaced it

    def _write(self, part: Part, write: Callable[[bytes], object], on_row: Callable[[], None]) -> RenderedRows:
        """Makes the samples of rows, and writes the blocks of each."""
        skips: list[SkippedRow] = []
        sizes: list[SampleSizes] = []
        keys: list[str] = []
        kept: Counter[str] = Counter()
        checksums = bytearray()
        total = prompt_tokens = answer_tokens = 0
        counts_before = self._maker.cache_counts
        for index, result in self._samples(part):
            if isinstance(result, Skip):
                # A detail may quote the row, which may hold half of a surrogate pair: no JSON can be written of it.
                detail = result.detail.encode("utf-8", "backslashreplace").decode()
                skips.append(SkippedRow(index, result.code, detail))
            else:
                blocks = sample_blocks(result.key, result.members)
                write(blocks)
                total += len(blocks)
                sizes.append(SampleSizes(index, self._form.sizes(result.members)))
                checksums += self._form.checksums(result.members)
                keys += [result.key] if self._form.own_keys else []
                kept.update([result.fault.value] if result.fault else [])
                prompt_tokens += result.prompt_tokens
                answer_tokens += result.answer_tokens
            on_row()
        return RenderedRows(
            len(sizes), tuple(skips), total, format_sizes(sizes), bytes(checksums), prompt_tokens, answer_tokens,
            tuple(keys), kept, cache=_difference(counts_before, self._maker.cache_counts),
        )  # fmt: skip

    def _finish(self, shard: ShardRange, rendered: RenderedRows, tar: ShardTar, parts: int = 1) -> Entry:
        """Writes the ledger entry of a shard whose tar is complete."""
        if not rendered.samples:
            remove(self._job.paths.tar(shard.number))  # readers of shards stumble over an empty tar
        entry = Entry(
            number=shard.number,
            start=shard.start,
            stop=shard.start + rendered.samples + len(rendered.skips),
            whole=shard.whole,
            samples=rendered.samples,
            skips=rendered.skips,
            bytes=tar.bytes if rendered.samples else 0,
            sha256=tar.sha256 if rendered.samples else "",
            prompt_tokens=rendered.prompt_tokens,
            answer_tokens=rendered.answer_tokens,
            seconds=round(rendered.seconds, 3),
            finished=round(time.time(), 3),
            sizes=rendered.sizes,
            checksums=format_checksums(rendered.checksums),
            keys=rendered.keys,
            contract=self._job.ledger.contract.identity,
            kept=dict(sorted(rendered.kept.items())),
            parts=parts,
            writer=_writer(self._maker.kernel),
            cache=rendered.cache,
        )
        self._job.ledger.write(entry)
        return entry

    def _superseding(self, shard: ShardRange) -> Entry | None:
        """The entry of a run that has meanwhile packed more of this shard: a cut one must not replace a whole one."""
        _, state, entry, _ = self._job.ledger.lookup(shard.number)
        return entry if state is State.DONE and entry and entry.stop > shard.stop else None

    def _samples(self, part: Part) -> Iterator[tuple[int, PackedSample | Skip]]:
        job, count = self._job, 0
        for index, row in self._rows(part):
            count += 1
            yield index, self._maker.make(index, row)
        if count < part.stop - part.start and job.rows.count is not None:
            raise ShardError(
                f"shard {part.number}: only {count} of its {part.stop - part.start} rows could be read",
                "The rows changed during the run: check the file given as `rows`, and run again.",
            )

    def _rows(self, part: Part) -> Iterator[tuple[int, Row]]:
        """The part's rows with their numbers in the corpus."""
        rows, seed = self._job.rows, self._settings.shuffle_seed
        wanted, limit = self._job.content.wanted, self._settings.max_row_bytes
        if seed is None:
            return enumerate(rows.read(part.start, part.stop, wanted, limit), part.start)
        indices = row_indices(part.start, part.stop, rows.count, seed)
        return zip(
            indices, take(rows, indices, wanted, limit), strict=False
        )  # the caller reports rows that are missing


def _difference(before: CacheCounts, now: CacheCounts) -> CacheCounts:
    return {name: (lookups - before[name][0], hits - before[name][1]) for name, (lookups, hits) in now.items()}


def _writer(kernel: str) -> dict[str, str]:
    scheduler = {name.lower(): os.environ[name] for name in _SCHEDULER_VARIABLES if name in os.environ}
    program = {"host": socket.gethostname(), "pid": str(os.getpid())}
    return {**program, **({"kernel": kernel} if kernel else {}), **scheduler}
