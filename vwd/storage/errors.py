"""What goes wrong on disks and in object stores, as errors of two lines."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vwd.errors import OutputError, StorageError, VwdError
from vwd.storage.urls import is_remote

RETRY_HINT = "Run the same command again to resume: what is uploaded is kept."

# Raised for the staging folder's disk: no store raises these.
_LOCAL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@contextmanager
def output_errors(folder: Path, hint: str) -> Iterator[None]:
    """Turns an `OSError` in the block into an `OutputError` that names the file, or else the folder.

    Args:
        hint: what to do once there is space and permission, such as "run again".
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder}: {error.strerror or error}", f"Free some space or fix the permissions, {hint}"
        ) from error


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what an object store's client raises into a `StorageError`. On disk everything is raised as it is.

    `FileNotFoundError` and `FileExistsError` about an object pass unchanged; a missing bucket does not.
    """
    try:
        yield
    except Exception as error:  # each kind of store raises its own
        if not is_remote(path) or isinstance(error, VwdError) or _is_local(error) or _is_about_a_file(error):
            raise
        raise _storage_error(path, error) from error


def error_code(error: BaseException) -> str:
    """The code of an S3 server's refusal; "" where there is none."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _is_local(error: Exception) -> bool:
    """Whether the staging folder is to blame."""
    return isinstance(error, OSError) and (error.errno in _LOCAL_ERRORS or error.filename is not None)


def _is_about_a_file(error: Exception) -> bool:
    return isinstance(error, FileNotFoundError | FileExistsError) and error_code(error) != "NoSuchBucket"


def _storage_error(path: Path, error: Exception) -> StorageError:
    name = type(error).__name__
    message = str(error) or name
    if error_code(error) == "NoSuchBucket":
        return StorageError(f"{path}: the bucket does not exist", "Create it, or name another one.", True)
    if "Credential" in name or "Profile" in name or "Token" in name:
        return StorageError(
            f"{path}: no credentials: {message}",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and run again.", True,
        )  # fmt: skip
    if isinstance(error, PermissionError):
        return StorageError(
            f"{path}: access denied: {message}",
            "Check the credentials, and that they may list, read, write and delete there; then run again.", True,
        )  # fmt: skip
    if "Connect" in name or "Timeout" in name or "HTTPClient" in name:
        return StorageError(
            f"{path}: the store cannot be reached: {message}",
            f"Check the network and AWS_ENDPOINT_URL. {RETRY_HINT}", True,
        )  # fmt: skip
    return StorageError(f"{path}: {name}: {message}", RETRY_HINT)
