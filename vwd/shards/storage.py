"""What files in object storage need done otherwise than files on disk.

An object appears whole or not at all, so that an upload stands for fsync and rename. There are no folders to make,
a listing tells every size at once, and each request takes its time, so that many go together.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from vwd.errors import StorageError
from vwd.shards.location import is_remote
from vwd.shards.reaching import AGAIN, error_code, reaching

# Up to here one request carries a file, and its answer tells what the store has received.
_ONE_REQUEST_BYTES = 64 << 20
# S3's answers to a conditional write: it is there; another one is being written just now; no such thing here.
_THERE = {"PreconditionFailed", "412"}
_BUSY = {"ConditionalRequestConflict", "OperationAborted", "409"}
_UNKNOWN = {"NotImplemented", "501"}
_BUSY_SECONDS = (0.2, 0.5, 1.0, 2.0)


def exists(path: Path) -> bool:
    """Whether a file is there. Unlike pathlib's, it does not take a store that is out of reach for a no."""
    try:
        with reaching(path):
            path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_if_there(path: Path) -> bytes | None:
    """A file's content; None where it is not there."""
    try:
        with reaching(path):
            return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def remove(path: Path) -> None:
    """Removes a file, if it is there."""
    with reaching(path):
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Makes a folder, if it is not there; object storage has none."""
    if not is_remote(folder):
        folder.mkdir(parents=True, exist_ok=True)


def read_all(paths: Sequence[Path]) -> list[bytes | None]:
    """The contents of several objects of one store, asked for together; None where one is not there."""
    if not paths:
        return []
    contents: list[bytes | None] = []
    with reaching(paths[0].parent):
        for content in _store(paths[0]).cat_ranges([_key(path) for path in paths], None, None, on_error="return"):
            if isinstance(content, BaseException) and not isinstance(content, FileNotFoundError):
                raise content
            contents.append(None if isinstance(content, BaseException) else content)
    return contents


def listing(folder: Path) -> dict[str, int | None]:
    """The names directly below a place in a store, with their sizes in bytes; None for what has names below it."""
    key = _key(folder)
    try:
        with reaching(folder):
            found = _store(folder).ls(key, detail=True)
    except FileNotFoundError:
        return {}
    return {
        item["name"].rstrip("/").rpartition("/")[2]: item["size"] if item["type"] == "file" else None
        for item in found
        if item["name"].strip("/") != key.strip("/")
    }


def upload(file: Path, to: Path) -> None:
    """Puts a whole local file into a store, over what may be there, and holds what has arrived against it.

    Raises:
        StorageError: the store cannot be reached, refuses, or has not received the file as it is.
    """
    size = file.stat().st_size
    with reaching(to):
        if size > _ONE_REQUEST_BYTES:
            _store(to).put_file(str(file), _key(to))  # in parts, each with a checksum
            arrived = _store(to).info(_key(to))["size"] == size
        else:
            data = file.read_bytes()
            arrived = _has_arrived(data, to, _store(to).pipe_file(_key(to), data))
    if not arrived:
        raise StorageError(f"{to}: is not in the store as it was sent", AGAIN)


def upload_once(data: bytes, to: Path) -> bool:
    """Puts an object into a store unless one is there; of several writers at once, one wins.

    A store that knows no conditional writes is asked first and read afterwards: there, two writers at the very
    same moment may both be told that they won.

    Returns:
        Whether this call created it.
    """
    with reaching(to):
        code = _put_new(data, to)
        for seconds in _BUSY_SECONDS:
            if code not in _BUSY:
                break
            time.sleep(seconds)
            code = _put_new(data, to)
        if code in _THERE or (code in _UNKNOWN and exists(to)):
            return False
        if code in _UNKNOWN:
            _store(to).pipe_file(_key(to), data)
        elif code:
            raise StorageError(f"{to}: another run is writing it: {code}", AGAIN)
        # A store that is older than the condition takes no notice of it.
        return cast("bytes", _store(to).cat_file(_key(to))) == data


def download(path: Path, to: Path) -> None:
    """Copies an object to a local file."""
    with reaching(path):
        _store(path).get_file(_key(path), str(to))


def _put_new(data: bytes, to: Path) -> str:
    """A conditional write; what speaks against it, "" where nothing does."""
    try:
        _store(to).pipe_file(_key(to), data, mode="create")
    except FileExistsError:
        return "PreconditionFailed"
    except OSError as error:
        if error_code(error) not in _THERE | _BUSY | _UNKNOWN:
            raise
        return error_code(error)
    return ""


def _has_arrived(data: bytes, to: Path, answer: Any) -> bool:
    """Whether the store's answer names the MD5 of what was sent. Some stores' ETag is no MD5: then it is read back."""
    tag = answer.get("ETag", "").strip('"') if isinstance(answer, dict) else ""
    if not tag or tag == hashlib.md5(data, usedforsecurity=False).hexdigest():
        return True
    return read_all([to]) == [data]


def _store(path: Path) -> Any:
    return cast("Any", path).fs


def _key(path: Path) -> str:
    return str(cast("Any", path).path)
