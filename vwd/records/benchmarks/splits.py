"""Which files of a benchmark are a split's, by their names, as people name them; a split is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from vwd.corpora.sources.kinds import KINDS, PACKED
from vwd.errors import RowsError, UsageError

_WORD = re.compile(r"[a-z0-9]+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
# Other names of the same split. `dev` is one of its own: some benchmarks have both.
_SPLITS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test", "dev": "dev",
}  # fmt: skip
# Words of file names that are neither splits nor subsets.
_NO_SUBSET = re.compile(r"[0-9]+|of|data|part|shard|default|[0-9a-f]{16}|mmbench|mmmu|textvqa|v[0-9]+")


@dataclass(frozen=True)
class SplitFiles:
    """Files by split, in the order of their names; those that name none are the split ""."""

    files: dict[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name))


@dataclass(frozen=True)
class Wanted:
    """A split to write, and the source's split that its rows come from: `train=dev` writes train from dev."""

    name: str
    source: str

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """From `name` or `name=source`.

        Raises:
            UsageError: the name could not be part of a file's name.
        """
        name, _, source = text.strip().partition("=")
        if not _NAME.fullmatch(name):
            raise UsageError(f"`splits`: '{name}' is no name of a split", "Give letters, digits, '_' and '-'.")
        return cls(name, source or name)


def canonical(split: str) -> str:
    """A split's usual name."""
    return _SPLITS.get(split.lower(), split.lower())


def split_files(names: Iterable[str], subset: str, where: str) -> SplitFiles:
    """The files of rows among these names, by split.

    Args:
        names: paths below the source's folder or repository.
        subset: a word of the paths, such as a language or a config; "" for all of them.
        where: what the files are of; its words count as those of every path.

    Raises:
        RowsError: there are none, of several kinds, or none of the subset; lists what there is.
    """
    rows = sorted(name for name in names if _kind(name) and not _is_hidden(name))
    if not rows:
        raise RowsError(f"{where}: holds no file of rows", f"Give a source with {', '.join(f'.{k}' for k in KINDS)}.")
    found = [name for name in rows if not subset or subset.lower() in _words(name)]
    if not found and subset.lower() in _words(where):
        found = rows
    if not found:
        subsets = sorted({word for name in rows for word in _words(name) if _may_be_subset(word)})
        raise RowsError(f"{where}: has no subset '{subset}'", f"Its files' names have {', '.join(subsets) or 'none'}.")
    files: dict[str, list[str]] = {}
    for name in found:
        files.setdefault(_split_of(name), []).append(name)
    return SplitFiles({split: tuple(group) for split, group in files.items()})


def choose(files: SplitFiles, split: str, where: str) -> tuple[str, ...]:
    """The files of a split.

    Raises:
        RowsError: there is no such split; lists those there are.
    """
    if found := files.files.get(canonical(split)):
        return found
    if not files.names and canonical(split) == "train":
        return files.files[""]  # files that name no split are what there is to train on
    if not files.names:
        raise RowsError(
            f"{where}: has no split '{split}': its files' names have none",
            f"Name the file after its split, or give `splits` {split}=train to write it from them.",
        )
    raise RowsError(
        f"{where}: has no split '{split}', but {', '.join(files.names)}",
        f"Give one of these, or `splits` {split}={files.names[0]} to write it from that one.",
    )


def _kind(name: str) -> str:
    lower = name.lower()
    kind = PACKED.sub("", lower).rpartition(".")[2]
    return kind if kind in KINDS and "." in lower else ""


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts) or name.endswith("dataset_infos.json")


def _words(name: str) -> Sequence[str]:
    bare = re.sub(r"\.[a-z]+(\.gz|\.zst)?$", "", name.lower())
    return _WORD.findall(bare)


def _may_be_subset(word: str) -> bool:
    return word not in _SPLITS and not _NO_SUBSET.fullmatch(word)


def _split_of(name: str) -> str:
    """As the file's own name says, else the folders above it."""
    path = PurePosixPath(name)
    for part in (path.name, *(folder.name for folder in path.parents)):
        if found := next((_SPLITS[word] for word in _words(part) if word in _SPLITS), ""):
            return found
    return ""
