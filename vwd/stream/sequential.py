"""Samples of shards that are read from the first to the last byte, by webdataset: remote ones, and pipes."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from vwd.errors import ShardError, VwdError
from vwd.shards.headers import BLOCK, padded, plain_headers
from vwd.storage.errors import storage_errors
from vwd.storage.urls import parse_path
from vwd.stream.shuffle import Location
from vwd.stream.source import Shard, Source

Members = dict[str, bytes]

_PIECE = 1 << 20


class SequentialReader:
    """Reads samples of a source whose shards can only be read forwards.

    The order takes the samples of a shard block by block, shuffled within each. So a sample that is needed later but
    read earlier is kept: `expect` announces it. A sample that was not announced is still found, by reading its shard
    again.

    Args:
        endings: all members that will be needed; the others are skipped.
        most_open: shards that stay open at once.
        check: compare members with the ledger's checksums.
    """

    def __init__(self, source: Source, endings: Collection[str], most_open: int, check: bool = False) -> None:
        self._source, self._endings, self._most_open = source, frozenset(endings), most_open
        self._check = check
        self.forget()

    def forget(self) -> None:
        """Drops all expectations, everything kept, and all open shards."""
        self._process = os.getpid()
        self._expected: set[Location] = set()
        self._kept: dict[Location, Members] = {}
        self._open: dict[tuple[int, int, int], ShardStream] = {}
        self._checksums = lru_cache(self._most_open)(self._source.checksums)

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in ("_source", "_endings", "_most_open", "_check")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.forget()

    def expect(self, location: Location) -> None:
        """Announces that a sample will be needed."""
        if self._process != os.getpid():
            self.forget()
        self._expected.add(location)

    def read(self, location: Location, endings: Collection[str]) -> Members:
        """Some members of a sample, by their endings; of the endings of clips, that which it has.

        Raises:
            ShardError: the shard cannot be opened, is cut short or damaged, or differs from the ledger.
        """
        if self._process != os.getpid():
            self.forget()
        self._expected.discard(location)
        members = self._kept.pop(location, None)
        if members is None:
            members = self._advance(location)
        checksums = self._checksums(self._source.shards[location.shard].number) if self._check else None
        if checksums and (differing := checksums.differing(location.sample, members)):
            raise ShardError(f"{differing} differs from what was packed", "Fetch or pack this shard again.")
        try:
            own = [one for one in endings if one in members or one not in self._source.clips]
            return {ending: members[ending] for ending in own}
        except KeyError as error:
            raise ShardError(f"the sample has no {error.args[0]}", "Fetch or pack this shard again.") from error

    def _advance(self, wanted: Location) -> Members:
        """Reads forward in a shard to the wanted sample, and keeps the expected ones on the way."""
        key = (wanted.turn, wanted.stream, wanted.shard)
        stream = self._open.pop(key, None)
        if stream is None or stream.number > wanted.sample:
            stream = ShardStream(self._source.shards[wanted.shard], self._endings)
        while len(self._open) >= self._most_open:
            self._open.pop(next(iter(self._open))).close()
        while True:
            location = wanted._replace(sample=stream.number)
            members = stream.next()
            if location == wanted:
                if stream.number < self._source.shards[wanted.shard].samples:
                    self._open[key] = stream  # the most recently used is last
                return members
            if location in self._expected:
                self._kept[location] = members


class ShardStream:
    """A shard that is being read: `number` is that of its next sample. It is opened when first read from."""

    def __init__(self, shard: Shard, endings: Collection[str]) -> None:
        self.number = 0
        self._shard = shard
        self._samples = _read_members(shard.address, frozenset(endings))

    def __iter__(self) -> Iterator[Members]:
        """The members of all samples that the ledger counts. Raises ShardError where one cannot be read."""
        while self.number < self._shard.samples:
            yield self.next()

    def next(self) -> Members:
        """The members of the sample `number`. Raises ShardError where the shard ends before it, or cannot be read."""
        try:
            members = next(self._samples)
        except StopIteration:
            raise ShardError(
                f"ends after {self.number} of its {self._shard.samples} samples", "Fetch or pack this shard again."
            ) from None
        except VwdError as error:
            raise ShardError(error.what, error.hint) from error
        except (OSError, EOFError, ValueError) as error:
            raise ShardError(f"cannot be read: {error}", "Check the address, or fetch this shard again.") from error
        self.number += 1
        return members

    def close(self) -> None:
        """Ends the stream early; a command's complaint about that is ignored."""
        with suppress(OSError):
            self._samples.close()


def _read_members(address: str, endings: frozenset[str]) -> Generator[Members, None, None]:
    file = _open(address)
    try:
        yield from _group(file, endings)
    finally:
        file.close()


def _group(file: IO[bytes], endings: frozenset[str]) -> Iterator[Members]:
    """The samples of a tar that can only be read forwards: members by their ending, adjacent ones of one key."""
    key, members = "", Members()
    for header in plain_headers(lambda: _exactly(file, BLOCK)):
        own, _, ending = header.name.partition(".")
        if own != key and members:
            yield members
            members = {}
        key = own
        if ending in endings:
            members[ending] = _exactly(file, header.size)
            _exactly(file, padded(header.size) - header.size)
        else:
            _skip(file, padded(header.size))
    if members:
        yield members


def _exactly(file: IO[bytes], size: int) -> bytes:
    """So many bytes; fewer are an error. They are read in pieces, so that a false size allocates nothing."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = file.read(min(size - len(pieces), _PIECE))
        if not piece:
            raise EOFError("cut short")
        pieces += piece
    return bytes(pieces)


def _skip(file: IO[bytes], size: int) -> None:
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise EOFError("cut short")
        size -= len(piece)


def storage_path(address: str) -> Path | None:
    """Where a shard is in a store that answers requests for parts; None for what webdataset opens by itself."""
    from webdataset.gopen import gopen_schemes

    scheme, colon, _ = address.partition(":")
    return None if not colon or scheme in ("file", *gopen_schemes) else parse_path(address)


def _open(address: str) -> IO[bytes]:
    """A shard's bytes from the first on, by path, URL or `pipe:` command: as webdataset opens it, else as storage."""
    path = storage_path(address)
    if path is None:
        from webdataset.gopen import gopen

        return cast("IO[bytes]", gopen(address))
    with storage_errors(path):
        return cast("IO[bytes]", path.open("rb"))
