"""What goes wrong on disks and in object stores, as errors of two lines."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from vwd.errors import OutputError, SilentStoreError, StorageError, VwdError
from vwd.storage.patience import PATIENCE, patience, waiting_for
from vwd.storage.urls import is_remote

RETRY_HINT = "Run the same command again to resume: what is uploaded is kept."

# Raised for the staging folder's disk: no store raises these.
_LOCAL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

# Answers of S3-compatible stores that do not know the checksum headers which newer clients send.
_NO_CHECKSUMS = {
    "InvalidArgument",
    "InvalidRequest",
    "NotImplemented",
    "MalformedTrailerError",
    "BadRequest",
    "400",
    "501",
}


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
def reading_errors(folder: Path) -> Iterator[None]:
    """Turns an `OSError` in the block, where files of an output are read, into an `OutputError` that names the file."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder}: cannot be read: {error.strerror or error}",
            "Fix the permissions or the disk, or run it as a user who may read the folder and all that is in it.",
        ) from error


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what an object store's client raises into a `StorageError`. On disk everything is raised as it is.

    `FileNotFoundError` and `FileExistsError` about an object pass unchanged; a missing bucket does not.
    """
    try:
        with waiting_for(f"{path}{_server()}") if is_remote(path) else nullcontext():
            yield
    except Exception as error:  # each kind of store raises its own
        if not is_remote(path) or isinstance(error, VwdError) or _is_local(error) or _is_about_a_file(error):
            raise
        raise _storage_error(path, error) from error


def silent_error(path: Path, message: str) -> SilentStoreError:
    """The error of a store that accepts connections and does not answer."""
    return SilentStoreError(
        f"{path}{'' if '://' in message else _server()}: the store accepts connections, but does not answer: {message}",
        f"Check it and AWS_ENDPOINT_URL, or set {PATIENCE} to more than {patience()} seconds. {RETRY_HINT}",
    )


def _server() -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    return f" ({endpoint.rpartition('@')[2]})" if endpoint else ""


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
    if error_code(error) in _NO_CHECKSUMS and re.search("header|checksum|trail|algorithm", message, re.IGNORECASE):
        return StorageError(
            f"{path}: the store refuses checksum headers: {message}",
            "Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required, and run again.", True,
        )  # fmt: skip
    if "ReadTimeout" in name:
        return silent_error(path, message)
    if "Connect" in name or "Timeout" in name or "HTTPClient" in name:
        return StorageError(
            f"{path}: the store cannot be reached: {message}",
            f"Check the network and AWS_ENDPOINT_URL. {RETRY_HINT}", True,
        )  # fmt: skip
    return StorageError(f"{path}: {name}: {message}", RETRY_HINT)
