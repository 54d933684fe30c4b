"""Paths from text: a folder on disk, or a location in object storage such as `s3://bucket/prefix`."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from vwd.errors import MissingExtraError, UsageError
from vwd.storage.names import require_utf8
from vwd.storage.patience import patience

# Storage that several processes and machines see alike; of fsspec's `memory:`, each process has its own.
_SHARED = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "obs", "hdfs", "webhdfs")
_ONE_SLASH = re.compile(r"([a-z][a-z0-9+.-]+):/?[^/]", re.IGNORECASE)
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.DOTALL | re.IGNORECASE)
# Several runs may write to one output, so that a listing must never come from a cache.
_OPTIONS: dict[str, Any] = {"use_listings_cache": False}
# s3fs holds as many parts of 50 MB in memory, in every worker; with more than one it also asks twice for every file.
_S3_OPTIONS: dict[str, Any] = {"max_concurrency": 1}
# s3fs sends a request without an answer five times, and botocore each of these again.
_S3FS_TRIES, _BOTOCORE_TRIES = 5, 2


def parse_path(text: str) -> Path:
    """A path from a folder's name or a URL. One in object storage is a `UPath`, which has pathlib's methods.

    Raises:
        MissingExtraError: the package for this kind of storage is not installed.
        UsageError: the scheme is not shared storage, the bucket is missing, or `VWD_PATIENCE` is no number.
    """
    url = _URL.fullmatch(text)
    if not url:
        typo = _ONE_SLASH.match(text)
        if typo and typo[1].lower() in (*_SHARED, "file", "memory", "http", "https"):
            raise UsageError(f"{text} is neither a folder nor a URL", f"Write {typo[1]}://…, with two slashes.")
        return Path(text)
    scheme, rest = url[1].lower(), url[2]
    if scheme in ("file", "local"):
        return Path(rest)
    if scheme not in _SHARED:
        raise UsageError(
            f"{scheme}:// is not storage that several processes share",
            f"Give a folder, or one of {', '.join(f'{name}://' for name in _SHARED)}.",
        )
    if not rest.strip("/"):
        raise UsageError(f"{text} names no bucket", f"Give one, such as {scheme}://bucket/prefix.")
    require_utf8(text, "Names in object storage are UTF-8: give another.")
    _require_packages(scheme)
    from upath import UPath

    options = {**_OPTIONS, **(_s3_options() if scheme in ("s3", "s3a") else {})}
    return cast("Path", UPath(f"{scheme}://{rest}", **options))


def _s3_options() -> dict[str, Any]:
    """With all its retries, a request to a silent server takes as long as the user is patient, and not for each."""
    given = os.environ.get("AWS_MAX_ATTEMPTS", "")
    tries = int(given) if re.fullmatch("[1-9][0-9]?", given) else _BOTOCORE_TRIES
    seconds = max(1, patience() // (_S3FS_TRIES * tries))
    config = {"connect_timeout": min(seconds, 10), "read_timeout": seconds, "retries": {"total_max_attempts": tries}}
    return {**_S3_OPTIONS, "config_kwargs": config}


def refuse_url(text: str, argument: str) -> None:
    """Refuses an address where a file or folder on a disk is meant; also one without a slash.

    Raises:
        UsageError: it is one.
    """
    found = _URL.fullmatch(text) or _ONE_SLASH.match(text)
    if found and ("://" in text or found[1].lower() in (*_SHARED, "file", "memory", "http", "https")):
        raise UsageError(f"`{argument}`: {text} is not on a disk", "Give a file or folder by its path.")


def is_remote(path: object) -> bool:
    """Whether a path is in object storage."""
    return not isinstance(path, Path)


def _require_packages(scheme: str) -> None:
    if find_spec("upath") is None:
        raise MissingExtraError(f"{scheme}:// storage", "s3")
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(scheme)
    except ImportError as error:
        if scheme in ("s3", "s3a"):
            raise MissingExtraError(f"{scheme}:// storage", "s3") from error
        raise UsageError(f"{scheme}:// storage needs a package that is not installed", f"{error}.") from error
    except ValueError as error:
        raise UsageError(f"{scheme}:// is unknown storage", "Give a folder, or s3://bucket/prefix.") from error
