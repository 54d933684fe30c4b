"""Shards that are somewhere else: what their ledger counts, and their bytes as a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from vwd.errors import MissingExtraError, OutputError
from vwd.shards.ledger import Entry

_ENTRY = re.compile(r".*-(\d{6,})\.json")
# Entries that are asked for together.
_BATCH = 256


def counts(folder: str) -> dict[int, int]:
    """Samples by shard number, of the ledger of an output in object storage.

    Raises:
        OutputError: there is no ledger, or it cannot be read.
        MissingExtraError: the package that speaks to this kind of storage is not installed.
    """
    with _reaching(folder):
        system, root = _system(f"{folder}/ledger")
        names = sorted(name for name in system.ls(root, detail=False) if _ENTRY.fullmatch(name))
        entries = {}
        for first in range(0, len(names), _BATCH):
            for data in system.cat(names[first : first + _BATCH]).values():
                entry = Entry.from_json(json.loads(data))
                entries[entry.number] = entry.samples
        return entries


def open_stream(address: str) -> IO[bytes]:
    """A shard's bytes from the first on, by path, URL or `pipe:` command: as webdataset opens it, or else fsspec."""
    from webdataset.gopen import gopen, gopen_schemes

    scheme, colon, _ = address.partition(":")
    if not colon or scheme in ("file", *gopen_schemes):
        return cast("IO[bytes]", gopen(address))
    with _reaching(address):
        system, path = _system(address)
        return cast("IO[bytes]", system.open(path, "rb"))


def _system(address: str) -> tuple[Any, str]:
    import fsspec

    system, path = fsspec.core.url_to_fs(address)
    return system, str(path)


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        if address.startswith(("s3:", "s3a:")):
            raise MissingExtraError(address, "s3") from error
        raise OutputError(f"{address} needs a package that is not installed", str(error)) from error
    except Exception as error:  # each kind of storage raises its own
        raise OutputError(
            f"{address} cannot be read: {str(error) or repr(error)}",
            "Check the address, the network and the credentials.",
        ) from error
