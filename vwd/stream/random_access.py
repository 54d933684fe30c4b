"""Samples by their offset in a local tar: one read each, in any order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from vwd.errors import ShardError
from vwd.shards.checksums import Checksums
from vwd.shards.ledger import State
from vwd.shards.offsets import SampleOffsets, Span, entry_offsets
from vwd.shards.paths import OutputPaths
from vwd.shards.reader import open_shard
from vwd.stream.shuffle import Location
from vwd.stream.source import Source

# Shards that stay open, and whose offsets are kept: more than are read at once by default.
_OPEN = 192

Members = dict[str, bytes]


class RandomAccessReader:
    """Reads samples of a source on disk. Files are opened when they are first needed, in whichever process that is."""

    def __init__(self, source: Source, paths: OutputPaths, check: bool) -> None:
        self._source, self._paths, self._check = source, paths, check
        self._open_here()

    def _open_here(self) -> None:
        self._process = os.getpid()
        self._shard = lru_cache(_OPEN)(self._open_shard)

    def __getstate__(self) -> dict[str, object]:
        return {"_source": self._source, "_paths": self._paths, "_check": self._check}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._open_here()

    def read(self, location: Location, endings: Sequence[str]) -> Members:
        """Some members of a sample, by their endings; of the endings of clips, that which it has.

        Raises:
            ShardError: the tar is gone or cut short, or differs from the ledger.
        """
        if self._process != os.getpid():
            self._open_here()
        shard = self._shard(location.shard)
        sample = shard.samples[location.sample]
        endings = [one for one in endings if one in sample.members or one not in self._source.clips]
        wanted = [sample.members[ending] for ending in endings]
        start, stop = min(one.offset for one in wanted), max(one.offset + one.size for one in wanted)
        block = os.pread(shard.handle, stop - start, start)
        if len(block) != stop - start:
            raise ShardError(f"{shard.path}: {sample.key} is cut short", "Fetch or pack this shard again.")
        members = {
            ending: block[one.offset - start : one.offset - start + one.size]
            for ending, one in zip(endings, wanted, strict=True)
        }
        if shard.checksums and (ending := shard.checksums.differing(location.sample, members)):
            raise ShardError(f"{sample.key}.{ending} differs from what was packed", "Fetch or pack this shard again.")
        return members

    def _open_shard(self, index: int) -> _OpenShard:
        shard = self._source.shards[index]
        samples = self._offsets(shard.number)
        if len(samples) != shard.samples:
            raise ShardError(
                f"{shard.address} holds {len(samples)} samples now, {shard.samples} when this dataset was opened",
                "Open the dataset again; do not pack into a folder that is being read.",
            )
        checksums = self._source.checksums(shard.number) if self._check else None
        return _OpenShard(Path(shard.address), samples, checksums)

    def _offsets(self, number: int) -> list[SampleOffsets]:
        paths = self._paths
        ledger = self._source.ledger
        if ledger:
            found = ledger.lookup(number)
            if found.entry is None or found.state is not State.DONE:
                raise ShardError(
                    f"{paths.shard_name(number)} is {found.state.value}: {found.problem}",
                    "Run 'vwd verify' on this output.",
                )
            return list(entry_offsets(paths, ledger.contract, found.entry))
        with open_shard(paths.tar(number)) as stored:
            return [
                SampleOffsets(
                    one.index, one.key, 0, 0, {e: Span(m.offset_data, m.size) for e, m in one.members.items()}
                )
                for one in stored
            ]


class _OpenShard:
    """An open tar, closed when it is no longer referenced."""

    def __init__(self, path: Path, samples: list[SampleOffsets], checksums: Checksums | None) -> None:
        self.path, self.samples, self.checksums = path, samples, checksums
        try:
            self.handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ShardError(f"{path}: {error.strerror}", "Fetch or pack this shard again.") from error

    def __del__(self) -> None:
        if hasattr(self, "handle"):
            os.close(self.handle)
