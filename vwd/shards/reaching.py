"""What goes wrong on the way to object storage, as errors of two lines."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vwd.errors import StorageError, VwdError
from vwd.shards.location import is_remote

AGAIN = "Run the same command again to go on: what is uploaded stands."

# Of the staging folder's disk: no store raises these.
_LOCAL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Turns what an object store's client raises into a `StorageError`. On disk everything is raised as it is.

    A file that is not there, or is there already, keeps its own exception; a bucket that is not there does not.
    """
    try:
        yield
    except Exception as error:
        if not is_remote(path) or isinstance(error, VwdError) or _is_local(error) or _is_about_a_file(error):
            raise
        raise _storage_error(path, error) from error


def error_code(error: BaseException) -> str:
    """What an S3 server called its refusal; "" where none did."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _is_local(error: Exception) -> bool:
    """Whether the staging folder is to blame."""
    return isinstance(error, OSError) and (error.errno in _LOCAL_ERRORS or error.filename is not None)


def _is_about_a_file(error: Exception) -> bool:
    return isinstance(error, FileNotFoundError | FileExistsError) and error_code(error) != "NoSuchBucket"


def _storage_error(path: Path, error: Exception) -> StorageError:
    name = type(error).__name__
    said = str(error) or name
    if error_code(error) == "NoSuchBucket":
        return StorageError(f"{path}: there is no such bucket", "Create it, or give the name of another.", True)
    if "Credential" in name or "Profile" in name or "Token" in name:
        return StorageError(
            f"{path}: no credentials: {said}",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and run again.", True,
        )  # fmt: skip
    if isinstance(error, PermissionError):
        return StorageError(
            f"{path}: access denied: {said}",
            "Check the credentials, and that they may list, read, write and delete there; then run again.", True,
        )  # fmt: skip
    if "Connect" in name or "Timeout" in name or "HTTPClient" in name:
        return StorageError(
            f"{path}: the store cannot be reached: {said}", f"Check the network and AWS_ENDPOINT_URL. {AGAIN}", True
        )
    return StorageError(f"{path}: {name}: {said}", AGAIN)
