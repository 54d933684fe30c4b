"""Samples of shards that are read from the first to the last byte, by webdataset: remote ones, and pipes."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Collection, Generator
from contextlib import suppress
from typing import Any

from vwd.errors import ShardError, VwdError
from vwd.stream.order import Place
from vwd.stream.remote import open_stream
from vwd.stream.source import Shard, Source

Members = dict[str, bytes]


class StreamReader:
    """Reads samples of a source whose shards can only be read forwards.

    The order takes the samples of a shard block by block, mixed within each. So what is asked for later and passes
    by earlier is kept: `expect` says what that is. What was not expected is still found, by reading its shard again.

    Args:
        endings: all members that are going to be asked for; the others are passed over.
        most_open: shards that stay open at once.
    """

    def __init__(self, source: Source, endings: Collection[str], most_open: int) -> None:
        self._source, self._endings, self._most_open = source, frozenset(endings), most_open
        self.forget()

    def forget(self) -> None:
        """Drops all expectations, what is kept, and what is open."""
        self._process = os.getpid()
        self._expected: set[Place] = set()
        self._kept: dict[Place, Members] = {}
        self._open: dict[tuple[int, int, int], _Stream] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_source": self._source, "_endings": self._endings, "_most_open": self._most_open}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.forget()

    def expect(self, place: Place) -> None:
        """Says that a sample is going to be asked for."""
        if self._process != os.getpid():
            self.forget()
        self._expected.add(place)

    def read(self, place: Place, endings: Collection[str]) -> Members:
        """Some members of a sample, by their endings.

        Raises:
            ShardError: the shard cannot be opened, is cut short or damaged, or is not the one of the ledger.
        """
        if self._process != os.getpid():
            self.forget()
        self._expected.discard(place)
        members = self._kept.pop(place, None)
        if members is None:
            members = self._advance(place)
        try:
            return {ending: members[ending] for ending in endings}
        except KeyError as error:
            raise ShardError(f"the sample lacks its {error.args[0]}", "Fetch or pack this shard again.") from error

    def _advance(self, wanted: Place) -> Members:
        """Reads on in a shard up to the wanted sample, and keeps what else is expected."""
        key = (wanted.turn, wanted.stream, wanted.slot)
        stream = self._open.pop(key, None)
        if stream is None or stream.number > wanted.number:
            stream = _Stream(self._source.shards[wanted.slot], self._endings)
        while len(self._open) >= self._most_open:
            self._open.pop(next(iter(self._open))).close()
        while True:
            place = wanted._replace(number=stream.number)
            members = stream.next()
            if place == wanted:
                if stream.number < self._source.shards[wanted.slot].samples:
                    self._open[key] = stream  # the one used last stands last
                return members
            if place in self._expected:
                self._kept[place] = members


class _Stream:
    """A shard under way: `number` is that of its next sample. The stream is opened when it is first read from."""

    def __init__(self, shard: Shard, endings: frozenset[str]) -> None:
        self.number = 0
        self._shard = shard
        self._samples = _members(shard.address, endings)

    def next(self) -> Members:
        """The members of the sample `number`. ShardError where the shard ends before it, or cannot be read."""
        try:
            members = next(self._samples)
        except StopIteration:
            raise ShardError(
                f"ends after {self.number} of its {self._shard.samples} samples", "Fetch or pack this shard again."
            ) from None
        except VwdError as error:
            raise ShardError(error.what, error.todo) from error
        except (OSError, EOFError, ValueError, tarfile.TarError) as error:
            raise ShardError(f"cannot be read: {error}", "Check the address, or fetch this shard again.") from error
        self.number += 1
        return members

    def close(self) -> None:
        """Ends the stream before its end; a command that complains about that is not heard."""
        with suppress(OSError):
            self._samples.close()


def _members(address: str, endings: frozenset[str]) -> Generator[Members, None, None]:
    from webdataset.tariterators import group_by_keys, tar_file_expander

    file = open_stream(address)
    try:
        opened = iter([{"url": address, "stream": file}])
        yield from group_by_keys(tar_file_expander(opened, select_files=lambda name: name.partition(".")[2] in endings))
    finally:
        file.close()
