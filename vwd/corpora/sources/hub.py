"""Rows through `datasets`: from the hub, from its cache, or from a local copy on disk (memory-mapped Arrow)."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any, ClassVar

from vwd.corpora.registry import Corpus
from vwd.corpora.sample import Row
from vwd.errors import HubError
from vwd.storage.hashing import sha256_file

# One request decides whether the hub is reachable; a firewall that drops packets must not cost minutes.
_PROBE_SECONDS = 6.0


@dataclass(frozen=True)
class DatasetRows:
    """An Arrow dataset on disk. Pickling it copies file names, not rows."""

    dataset: Any
    identity: dict[str, str]

    seekable: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.dataset.column_names)

    @property
    def count(self) -> int:
        return len(self.dataset)

    def read(self, start: int, stop: int) -> Iterator[Row]:
        arrow = self.dataset.with_format("arrow")
        stop = min(stop, self.count)
        for first in range(start, stop, 256):
            yield from arrow[first : min(first + 256, stop)].to_pylist()


@dataclass(frozen=True)
class StreamRows:
    """A hub dataset that is streamed, for sets too large to store. `skip` does not decode."""

    dataset: Any
    identity: dict[str, str]
    columns: tuple[str, ...]
    count: int | None

    seekable: ClassVar[bool] = False

    def read(self, start: int, stop: int) -> Iterator[Row]:
        yield from self.dataset.skip(start).take(stop - start)


def hub_id(corpus: Corpus) -> str:
    """The corpus's id on the hub, or its override."""
    return hub_override(corpus) or corpus.hub_id


def hub_override(corpus: Corpus) -> str:
    """Another hub id or a local folder, from the variable `VWD_HF_DATASET_ID_<CORPUS>`; "" where it is not set."""
    return os.environ.get(f"VWD_HF_DATASET_ID_{corpus.name.upper().replace('-', '_')}", "")


def load_hub(corpus: Corpus, streaming: bool = False) -> Any:
    """The corpus's split as a `datasets` object, and its identity.

    Returns:
        DatasetRows, or StreamRows when streaming.

    Raises:
        HubError: the hub is unreachable and its cache does not have it, or it has no such dataset.
    """
    name = hub_id(corpus)
    local = Path(name).expanduser()
    if local.is_dir():
        identity = {"kind": "folder", "sha256": _folder_hash(local), "split": corpus.split}
        return _load(corpus, str(local.resolve()), None, None, identity, streaming)
    revision = _revision(name)
    config = corpus.config if name == corpus.hub_id else None
    identity = {"kind": "hub", "id": name, "config": config or "default", "split": corpus.split}
    if revision:
        identity["revision"] = revision
    return _load(corpus, name, config, revision, identity, streaming)


def _load(
    corpus: Corpus, name: str, config: str | None, revision: str | None, identity: dict[str, str], streaming: bool
) -> DatasetRows | StreamRows:
    import datasets

    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(name, config, split=corpus.split, revision=revision, streaming=streaming)
        if not streaming:
            return DatasetRows(loaded, identity)
        columns = tuple(loaded.column_names or next(iter(loaded), {}))
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise _unreachable(corpus, name, error) from error
    splits = loaded.info.splits or {}
    count = splits[corpus.split].num_examples if corpus.split in splits else None
    return StreamRows(loaded, identity, columns, count or None)


def _revision(name: str) -> str | None:
    """The hub's current commit of a dataset; None where the hub is unreachable and its cache must do."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return None
    try:
        with _ask(f"api/datasets/{urllib.parse.quote(name)}") as answer:
            revision = str(json.load(answer)["sha"])
        _check_files(name, revision)
        return revision
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code != HTTPStatus.TOO_MANY_REQUESTS:
            raise HubError(
                f"the hub says {error.code} {error.reason} for the dataset '{name}'",
                "Check the id (VWD_HF_DATASET_ID_<CORPUS>) and HF_TOKEN, or give `rows` FILE or builtin.",
            ) from error
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        pass  # unreachable, or something else answers at this address
    _stay_offline()
    return None


def _check_files(name: str, revision: str) -> None:
    """Some firewalls let the hub's listing through, but not its files."""
    with suppress(urllib.error.HTTPError):  # a dataset without a README has been reached, too
        _ask(f"datasets/{urllib.parse.quote(name)}/resolve/{revision}/README.md", "HEAD").close()


def _ask(path: str, method: str = "GET") -> Any:
    from huggingface_hub import constants, get_token

    token = get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{constants.ENDPOINT}/{path}", headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=_PROBE_SECONDS)


def _stay_offline() -> None:
    """The rest of this process does not ask the hub: each library would otherwise retry on its own."""
    import datasets
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = True
    datasets.config.HF_HUB_OFFLINE = True


def _unreachable(corpus: Corpus, name: str, error: Exception) -> HubError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return HubError(
        f"cannot load '{name}' from the hub or its cache: {reason}",
        f"Run 'vwd download `dataset` {corpus.name}' where there is internet, or give `rows` FILE or builtin.",
    )


def _folder_hash(folder: Path) -> str:
    """One hash over the names and contents of a folder's files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_file(path)}\0".encode())
    return digest.hexdigest()
