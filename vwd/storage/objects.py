"""Object storage: what it needs done differently from files on disk.

An object appears whole or not at all, so that an upload stands for fsync and rename. There are no folders to create,
a listing gives every size at once, and each request is slow, so that many are sent together.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from vwd.errors import OutputError, StorageError
from vwd.limits import LARGEST_SIDECAR
from vwd.storage.errors import RETRY_HINT, error_code, reading_errors, silent_error, storage_errors
from vwd.storage.patience import Silence, patience
from vwd.storage.regular import read_regular
from vwd.storage.tempfiles import default_staging_folder, remove_stale, temporary_file
from vwd.storage.urls import is_remote

# Up to this size one request carries a file, and its answer says what the store has received.
_ONE_REQUEST_BYTES = 64 << 20
# S3's answers to a conditional write: the object exists; another one is being written just now; not supported here.
_EXISTS = {"PreconditionFailed", "412"}
_BUSY = {"ConditionalRequestConflict", "OperationAborted", "409"}
_UNSUPPORTED = {"NotImplemented", "501"}
_LOOK_SECONDS = 1.0
# Parts of an object that are held in memory at once.
_RANGES_TOGETHER = 256
_BUSY_SECONDS = (0.2, 0.5, 1.0, 2.0)


def exists(path: Path) -> bool:
    """Whether a file exists. Unlike pathlib's, it does not take an unreachable store for a no."""
    try:
        with storage_errors(path):
            path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_if_exists(path: Path) -> bytes | None:
    """A small file's content; None where it does not exist.

    Raises:
        OutputError: it cannot be read, is not a regular file, or larger than any sidecar.
    """
    with reading_errors(path):
        try:
            with storage_errors(path):
                return read_regular(path, LARGEST_SIDECAR)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError as error:
            raise OutputError(f"{path}: {error}", "Move it away, and run again.") from error


def remove(path: Path) -> None:
    """Removes a file, if it exists."""
    with storage_errors(path):
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Creates a folder, if it does not exist; object storage has none."""
    if not is_remote(folder):
        folder.mkdir(parents=True, exist_ok=True)


def read_many(paths: Sequence[Path]) -> list[bytes | None]:
    """The contents of several objects of one store, requested together; None where one does not exist."""
    if not paths:
        return []
    contents: list[bytes | None] = []
    with storage_errors(paths[0].parent):
        for content in _store(paths[0]).cat_ranges([_key(path) for path in paths], None, None, on_error="return"):
            if isinstance(content, BaseException) and not isinstance(content, FileNotFoundError):
                raise content
            contents.append(None if isinstance(content, BaseException) else content)
    return contents


def read_ranges(path: Path, ranges: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Parts of an object, from a first byte to a last one (exclusive), requested many together.

    Raises:
        FileNotFoundError: there is no such object.
        StorageError: the store cannot be reached, or refuses.
    """
    for first in range(0, len(ranges), _RANGES_TOGETHER):
        some = ranges[first : first + _RANGES_TOGETHER]
        with storage_errors(path):
            parts = _store(path).cat_ranges([_key(path)] * len(some), *zip(*some, strict=True))
        yield from parts


def listing(folder: Path) -> dict[str, int | None]:
    """The names directly below a folder of a store, with their sizes in bytes; None for what has names below it."""
    key = _key(folder)
    try:
        with storage_errors(folder):
            found = _store(folder).ls(key, detail=True)
    except FileNotFoundError:
        return {}
    return {
        item["name"].rstrip("/").rpartition("/")[2]: item["size"] if item["type"] == "file" else None
        for item in found
        if item["name"].strip("/") != key.strip("/")
    }


def upload(file: Path, to: Path) -> None:
    """Uploads a complete local file, replacing what may be there, and compares what has arrived with it.

    Raises:
        StorageError: the store cannot be reached, refuses, or has not received the same bytes.
    """
    size = file.stat().st_size
    with storage_errors(to):
        if size > _ONE_REQUEST_BYTES:
            _send(to, "put_file", str(file), _key(to))  # in parts, each with a checksum
            arrived = _store(to).info(_key(to))["size"] == size
        else:
            data = file.read_bytes()
            arrived = _has_arrived(data, to, _send(to, "pipe_file", _key(to), data))
    if not arrived:
        raise StorageError(f"{to}: differs in the store from what was sent", RETRY_HINT)


def upload_if_absent(data: bytes, to: Path) -> bool:
    """Uploads an object unless one exists; of several writers at once, one wins.

    A store without conditional writes is asked first and read afterwards: there, two writers at the very same moment
    may both win.

    Returns:
        Whether this call created it.
    """
    with storage_errors(to):
        code = _create(data, to)
        for seconds in _BUSY_SECONDS:
            if code not in _BUSY:
                break
            time.sleep(seconds)
            code = _create(data, to)
        if code in _EXISTS or (code in _UNSUPPORTED and exists(to)):
            return False
        if code in _UNSUPPORTED:
            _send(to, "pipe_file", _key(to), data)
        elif code:
            raise StorageError(f"{to}: another run is writing it: {code}", RETRY_HINT)
        # A store that is older than the condition ignores it.
        return cast("bytes", _store(to).cat_file(_key(to))) == data


def download(path: Path, to: Path) -> None:
    """Copies an object to a local file."""
    with storage_errors(path):
        _store(path).get_file(_key(path), str(to))


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """The file itself where it is on disk; else a downloaded copy, which lasts as long as the context."""
    if not is_remote(path):
        yield path
        return
    staging = default_staging_folder()
    remove_stale(staging)
    try:
        with temporary_file(path.name, staging) as (name, _):
            download(path, name)
            yield name
    finally:
        with suppress(OSError):
            remove_stale(staging)


def _create(data: bytes, to: Path) -> str:
    """A conditional write; the code of the refusal, "" where there was none."""
    try:
        _send(to, "pipe_file", _key(to), data, mode="create")
    except FileExistsError:
        return "PreconditionFailed"
    except OSError as error:
        if error_code(error) not in _EXISTS | _BUSY | _UNSUPPORTED:
            raise
        return error_code(error)
    return ""


def _has_arrived(data: bytes, to: Path, answer: Any) -> bool:
    """Whether the store's answer has the MD5 of what was sent. Some stores' ETag is no MD5: then it is read back."""
    tag = answer.get("ETag", "").strip('"') if isinstance(answer, dict) else ""
    if not tag or tag == hashlib.md5(data, usedforsecurity=False).hexdigest():
        return True
    return read_many([to]) == [data]


def _send(to: Path, method: str, *args: Any, **options: Any) -> Any:
    """Calls a method of the store that sends something; it is given up after a long silence.

    The clients' own time limits begin when everything is sent, and until then a store may ask them to wait.
    """
    store = _store(to)
    if not getattr(store, "async_impl", False):
        return getattr(store, method)(*args, **options)
    import asyncio

    call = asyncio.run_coroutine_threadsafe(getattr(store, f"_{method}")(*args, **options), store.loop)
    silence = Silence()
    try:
        while not wait([call], timeout=_LOOK_SECONDS).done:
            if silence.seconds() >= patience():
                raise silent_error(to, f"nothing was sent or received for {patience()} seconds")
        return call.result()
    finally:
        call.cancel()


def _store(path: Path) -> Any:
    return cast("Any", path).fs


def _key(path: Path) -> str:
    return str(cast("Any", path).path)
