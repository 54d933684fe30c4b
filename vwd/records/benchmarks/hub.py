"""A dataset on the hub as files of one commit: listed once, downloaded as they are needed, checked by their hashes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec

from vwd.errors import HubError
from vwd.limits import LARGEST_LISTING, MOST_RECORD_FILES
from vwd.records.benchmarks.download import Remote, ask, fetch
from vwd.records.benchmarks.variables import hub_token
from vwd.storage.typed_json import decode

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
# Of a commit, a branch or a tag.
_ASKED = re.compile(r"[^\s@:?#]{1,200}")
_REVISION = re.compile(r"[0-9A-Za-z]{1,64}")


class _Large(msgspec.Struct):
    sha256: str = ""
    size: int | None = None


class _File(msgspec.Struct):
    rfilename: str
    size: int | None = None
    lfs: _Large | None = None


class _Dataset(msgspec.Struct):
    sha: str
    siblings: list[_File] = []


_DECODER = msgspec.json.Decoder(_Dataset)


@dataclass(frozen=True)
class HubDataset:
    """A dataset at one commit.

    Attributes:
        files: by path, with what the hub says of them.
        folder: where downloaded files are.
    """

    name: str
    revision: str
    files: dict[str, Remote]
    folder: Path

    def local(self, file: str) -> Path:
        """A file of it, downloaded.

        Raises:
            HubError, OutputError: it cannot be.
        """
        path = self.folder / file
        fetch(self.files[file], path)
        return path

    def reference(self, file: str) -> str:
        """The address of a file at this commit, as `huggingface_hub` reads it."""
        return f"hf://datasets/{self.name}@{self.revision}/{file}"


def find_hub_dataset(name: str, cache: Path) -> HubDataset:
    """Asks the hub for a dataset's current commit, or the one behind `@` in its name, and its files.

    Args:
        name: such as `lmms-lab/MMMU`, or `lmms-lab/MMMU@main` with a branch, a tag or a commit.
        cache: the folder below which downloaded files are kept, by dataset and commit.

    Raises:
        HubError: it is no id, the hub is off or cannot be reached, or has no such dataset.
    """
    given = name
    name, at, asked = given.partition("@")
    if not _ID.fullmatch(name) or (at and (not _ASKED.fullmatch(asked) or ".." in asked)):
        raise HubError(f"'{given}' is neither a file or folder here nor the id of a dataset", "Check its spelling.")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise HubError(f"HF_HUB_OFFLINE is set, and the rows of '{name}' are on the hub", "Unset it, or give a file.")
    endpoint, token = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/"), hub_token()
    revision = f"/revision/{quote(asked, safe='')}" if asked else ""
    url = f"{endpoint}/api/datasets/{name}{revision}?blobs=true"
    try:
        found = decode(_DECODER, ask(url, token, LARGEST_LISTING))
    except ValueError as error:
        raise HubError(f"{url}: what answers is no hub: {error}", "Check HF_ENDPOINT.") from error
    if not _REVISION.fullmatch(found.sha) or len(found.siblings) > MOST_RECORD_FILES:
        raise HubError(f"{url}: what answers is no hub, or lists too many files", "Check HF_ENDPOINT.")
    files = {
        file.rfilename: Remote(
            f"{endpoint}/datasets/{name}/resolve/{found.sha}/{quote(file.rfilename)}",
            file.lfs.sha256 if file.lfs else "",
            file.lfs.size if file.lfs and file.lfs.size is not None else file.size,
            token,
        )
        for file in found.siblings
        if _is_below(file.rfilename)
    }
    return HubDataset(name, found.sha, files, cache / name.replace("/", "--") / found.sha)


def _is_below(file: str) -> bool:
    """Whether a path stays in the folder that it is relative to."""
    return bool(file) and not file.startswith("/") and ".." not in file.split("/") and "\0" not in file
