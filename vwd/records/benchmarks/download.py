"""Downloading a file: resumed where it broke off, checked, and never there by halves."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vwd.errors import HubError
from vwd.storage.atomic import fsync_folder, json_bytes
from vwd.storage.errors import output_errors
from vwd.storage.hashing import sha256_file
from vwd.storage.patience import PATIENCE, patience

_BLOCK = 1 << 20
_TRIES = 5
# Servers that ask for patience, and for how long where they do not say.
_BUSY, _WAIT_SECONDS = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}, 5.0
_PART, _RECORD = ".part", ".part.json"


@dataclass(frozen=True)
class Remote:
    """A file at an address.

    Attributes:
        sha256: what it must have; "" where nobody says.
        size: what it must have in bytes; None where nobody says.
        token: sent to this host alone, whatever it redirects to.
    """

    url: str
    sha256: str = ""
    size: int | None = None
    token: str = ""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects; the token goes to no other host."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and urlsplit(newurl)[:2] == urlsplit(req.full_url)[:2] and req.has_header("Authorization"):
            request.add_unredirected_header("Authorization", req.get_header("Authorization"))
        return request


def fetch(remote: Remote, path: Path) -> bool:
    """Downloads a file to `path`, unless it is there with the right content.

    What broke off is beside it as `<name>.part`, and is continued if the server still has the same file.

    Returns:
        Whether anything was downloaded.

    Raises:
        HubError: the server cannot be reached, refuses, or sends something else than it should.
        OutputError: the disk cannot be written.
    """
    with output_errors(path.parent, "and run again."):
        if path.is_file() and _is_right(path, remote):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + _PART)
        for attempt in range(_TRIES):
            before = part.stat().st_size if part.exists() else 0
            try:
                with _errors(remote.url):
                    _continue(remote, part)
                break
            except HubError:
                after = part.stat().st_size if part.exists() else 0
                if attempt == _TRIES - 1 or after <= before:  # nothing came: trying again would only take time
                    raise
        _publish(remote, part, path)
    return True


def ask(url: str, token: str = "", most: int = 64_000_000) -> bytes:
    """What a server answers to one request.

    Raises:
        HubError: as `fetch`.
    """
    with _errors(url), _open(url, token, {}) as answer:
        data: bytes = answer.read(most + 1)
    if len(data) > most:
        raise HubError(f"{url}: answers with more than {most:,} bytes", "Check the address.")
    return data


def _continue(remote: Remote, part: Path) -> None:
    """Downloads what is missing of a part."""
    record = part.with_name(part.name.removesuffix(_PART) + _RECORD)
    start, tag = _begun(remote, part, record)
    wanted = {"Range": f"bytes={start}-", "If-Range": tag} if start else {}
    with _open(remote.url, remote.token, wanted) as answer:
        goes_on = answer.status == HTTPStatus.PARTIAL_CONTENT
        if not goes_on:
            record.write_bytes(json_bytes({"url": remote.url, "etag": answer.headers.get("ETag", "")}))
        length = answer.headers.get("Content-Length")
        with part.open("ab" if goes_on else "wb") as file:
            shutil.copyfileobj(answer, file, _BLOCK)
            file.flush()
            os.fsync(file.fileno())
    whole = (start if goes_on else 0) + int(length) if length and length.isdigit() else None
    if whole is not None and part.stat().st_size < whole:
        raise HubError(f"{remote.url}: broke off after {part.stat().st_size:,} of {whole:,} bytes", "Run it again.")


def _begun(remote: Remote, part: Path, record: Path) -> tuple[int, str]:
    """How much of a part can be continued, and by which tag of the server's."""
    try:
        begun = json.loads(record.read_bytes())
        size, tag = part.stat().st_size, begun["etag"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
    # A weak tag, or none, does not say that the bytes are the same.
    usable = begun.get("url") == remote.url and isinstance(tag, str) and tag.startswith('"')
    return (size, tag) if usable else (0, "")


def _publish(remote: Remote, part: Path, path: Path) -> None:
    if not _is_right(part, remote):
        size, sha = part.stat().st_size, sha256_file(part)
        part.unlink()
        raise HubError(
            f"{remote.url}: sent {size:,} bytes with sha256 {sha[:12]}…, not the file that was named",
            "Run it again; if that repeats, the file has been changed, or something between alters it.",
        )
    part.replace(path)
    path.with_name(path.name + _RECORD).unlink(missing_ok=True)
    fsync_folder(path.parent)


def _is_right(path: Path, remote: Remote) -> bool:
    """Whether a file is what is named, as far as anything is."""
    if remote.size is not None and path.stat().st_size != remote.size:
        return False
    return not remote.sha256 or sha256_file(path) == remote.sha256


@contextmanager
def _open(url: str, token: str, headers: dict[str, str]) -> Iterator[Any]:
    """A server's answer. One that has too much to do is asked again when it says so, for as long as our patience."""
    waited = 0.0
    while True:
        request = urllib.request.Request(url, headers={"User-Agent": "vwd", "Accept-Encoding": "identity", **headers})
        if token:
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            answer = urllib.request.build_opener(_SameHost).open(request, timeout=patience())
        except urllib.error.HTTPError as error:
            seconds = _seconds_to_wait(error)
            if not seconds or waited + seconds > patience():
                raise
            error.close()
            waited += seconds
            time.sleep(seconds)
            continue
        with answer:
            yield answer
        return


def _seconds_to_wait(error: urllib.error.HTTPError) -> float:
    """After how long a busy server wants to be asked again; 0 where another time would not help."""
    if error.code not in _BUSY:
        return 0
    said = (error.headers.get("Retry-After") or "").strip()
    return max(float(said), 0.1) if said.isdigit() else _WAIT_SECONDS


@contextmanager
def _errors(url: str) -> Iterator[None]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise HubError(f"{url}: not an address of http or https", "Give one, or the path of a file.")
    try:
        yield
    except urllib.error.HTTPError as error:
        said = error.headers.get("X-Error-Message") or error.reason
        raise HubError(f"{url}: the server answers {error.code} {said}", _hint(error)) from error
    except TimeoutError as error:
        raise HubError(
            f"{url}: the server has been silent for {patience()} seconds", f"Run it again, or set {PATIENCE} to more."
        ) from error
    except urllib.error.URLError as error:
        raise HubError(f"{url}: cannot be reached: {error.reason}", "Check the network, and run it again.") from error
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, OSError) and error.filename:
            raise  # of the disk
        raise HubError(f"{url}: broke off: {error or type(error).__name__}", "Run it again.") from error


def _hint(error: urllib.error.HTTPError) -> str:
    """What to do about a refusal. The hub says in a header what it is about, and answers 401 for what it does not have,
    so that nobody learns which names are private.
    """
    known = {
        "GatedRepo": "Ask for access on the dataset's page, and set HF_TOKEN to the token of an account that has it.",
        "RepoNotFound": "Check its spelling; for a private dataset, set HF_TOKEN.",
        "RevisionNotFound": "Check the revision behind '@'.",
        "EntryNotFound": "Check the file's name.",
        "DisabledRepo": "Its owner or the hub has closed it: give another `source`.",
    }
    if hint := known.get(error.headers.get("X-Error-Code") or ""):
        return hint
    if error.code == HTTPStatus.TOO_MANY_REQUESTS:
        return "Run it again later; with HF_TOKEN set, more requests are allowed."
    return "Check the address, and HF_TOKEN where it needs one." if error.code < 500 else "Run it again later."


def url_digest(url: str) -> str:
    """A short name for an address, without what it may hold of secrets."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]
