"""Paths from text: a folder on disk, or a location in object storage such as `s3://bucket/prefix`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from vwd.errors import MissingExtraError, UsageError

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.DOTALL | re.IGNORECASE)
# Several runs may write to one output, so that a listing must never come from a cache.
_OPTIONS: dict[str, Any] = {"use_listings_cache": False}
# s3fs holds as many parts of 50 MB in memory, in every worker; with more than one it also asks twice for every file.
_S3_OPTIONS: dict[str, Any] = {"max_concurrency": 1}


def parse_path(text: str) -> Path:
    """A path from a folder's name or a URL. One in object storage is a `UPath`, which has pathlib's methods.

    Raises:
        MissingExtraError: the package for this kind of storage is not installed.
        UsageError: the scheme is unknown, or the bucket is missing.
    """
    url = _URL.fullmatch(text)
    if not url:
        return Path(text)
    scheme, rest = url[1].lower(), url[2]
    if scheme in ("file", "local"):
        return Path(rest)
    if not rest.strip("/"):
        raise UsageError(f"{text} names no bucket", f"Give one, such as {scheme}://bucket/prefix.")
    _require_packages(scheme)
    from upath import UPath

    options = {**_OPTIONS, **(_S3_OPTIONS if scheme in ("s3", "s3a") else {})}
    return cast("Path", UPath(f"{scheme}://{rest}", **options))


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
