"""Which files of a folder hold a corpus's rows: those of its split and config, as the hub would choose them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.kinds import KINDS, PACKED, kind_of
from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import LARGEST_CARD
from vwd.storage.regular import read_regular

# Of datasets on the hub and on disk, whose rows are elsewhere.
_METADATA = {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json", "vwd_source.json"}
# As `datasets` finds splits by names.
_SPLITS = {
    split: re.compile(rf"(?:^|[-._ 0-9/])(?:{words})(?:[-._ 0-9/]|$)")
    for split, words in (
        ("train", "train|training"),
        ("validation", "validation|valid|dev|val"),
        ("test", "test|testing|eval|evaluation"),
    )
}
# What only a clone from the hub has.
_CLONE = (".git", ".gitattributes", ".cache/huggingface", ".huggingface")
_HINT = "Name the files as `rows`, or a folder that holds nothing else."


@dataclass(frozen=True)
class Config:
    """One of several sets of rows that a card declares.

    Attributes:
        patterns: of files, by split; None where the card names none.
    """

    name: str
    folder: str
    patterns: dict[str, list[str]] | None
    default: bool = False


def folder_files(folder: Path, corpus: Corpus) -> list[Path]:
    """The files of a folder that hold the rows of a corpus's split.

    Raises:
        RowsError: there are none, or it does not show which ones; names the choices.
    """
    declared = card_configs(folder)
    if declared:
        config = choose_config(folder, corpus, declared)
        root = folder / config.folder
        files = _of_split(root, _rows_files(root), corpus.split) if config.patterns is None else _matching(
            folder, config, corpus.split
        )  # fmt: skip
    else:
        root = config_folder(folder, corpus)
        files = _of_split(root, _rows_files(root), corpus.split)
    if not files:
        raise RowsError(
            f"{folder}: holds no file of rows", f"Give a folder with {', '.join(f'.{kind}' for kind in KINDS)} files."
        )
    kinds = sorted({kind_of(path) for path in files})
    twice = len(files) - len({PACKED.sub("", str(path)) for path in files})
    if len(kinds) > 1 or twice:
        raise RowsError(
            f"{folder}: holds files of several kinds, {' and '.join(kinds) if len(kinds) > 1 else 'packed and not'}: "
            "the same rows twice?", _HINT,
        )  # fmt: skip
    return files


def card_configs(folder: Path) -> list[Config]:
    """The configs that the `README.md` of a folder declares, as on the hub; none where it declares nothing.

    Raises:
        RowsError: what it declares cannot be read.
    """
    import yaml

    path = folder / "README.md"
    if not path.is_file():
        return []
    with file_errors(path):
        try:
            text = read_regular(path, LARGEST_CARD).decode("utf-8-sig", "replace")
            front = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", text, re.DOTALL)
            card = yaml.safe_load(front[1]) if front else None
            given = card.get("configs") if isinstance(card, dict) else None
            return [_config(one) for one in given or []]
        except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RowsError(f"{path}: the configs that it declares cannot be read", _HINT) from error


def choose_config(folder: Path, corpus: Corpus, configs: list[Config]) -> Config:
    """The config of the corpus, the only one, or the default.

    Raises:
        RowsError: there are several others; names them.
    """
    for config in configs:
        if config.name == corpus.config:
            return config
    defaults = [config for config in configs if config.default or config.name == "default"]
    if len(configs) > 1 and not defaults:
        raise _several(folder, [config.name for config in configs])
    return (defaults or configs)[0]


def config_folder(folder: Path, corpus: Corpus) -> Path:
    """The folder of the corpus's config in a clone whose configs are folders; elsewhere, the folder itself.

    Raises:
        RowsError: the clone has several folders of rows, and none is the config's; names them.
    """
    files = _rows_files(folder)
    inner = sorted({path.relative_to(folder).parts[0] for path in files if path.parent != folder})
    others = [name for name in inner if name != "data" and not any(p.search(name) for p in _SPLITS.values())]
    if corpus.config in others:
        return folder / str(corpus.config)
    if len(others) > 1 and any((folder / name).exists() for name in _CLONE):
        raise _several(folder, others)
    return folder


def _several(folder: Path, names: list[str]) -> RowsError:
    return RowsError(
        f"{folder}: has several configs, {', '.join(names)}",
        "Give the files of one of them as `rows`: a folder, or a pattern such as 'folder/train-*.parquet'.",
    )


def _rows_files(folder: Path) -> list[Path]:
    """Every file of rows below a folder, in order of name; hidden ones and metadata are none."""
    with file_errors(folder):
        return sorted(path for path in folder.rglob("*") if _holds_rows(path.relative_to(folder)) and path.is_file())


def _holds_rows(path: Path) -> bool:
    return bool(kind_of(path)) and path.name not in _METADATA and not any(part.startswith(".") for part in path.parts)


def _of_split(folder: Path, files: list[Path], split: str) -> list[Path]:
    """The files whose names say that they are of a split; all of them where no name says one."""
    named = {path: _split_of(path.relative_to(folder)) for path in files}
    splits = sorted({name for name in named.values() if name})
    if not splits:
        return files
    if split not in splits:
        raise RowsError(f"{folder}: holds the splits {', '.join(splits)}, and no {split}", _HINT)
    if stray := next((path for path, name in named.items() if not name), None):
        raise RowsError(f"{stray}: is of no split, beside files of {', '.join(splits)}", _HINT)
    return [path for path, name in named.items() if name == split]


def _split_of(path: Path) -> str:
    """As its own name says, else the folders'."""
    name = PACKED.sub("", path.name.lower())
    for part in (name, path.parent.as_posix().lower()):
        if found := next((split for split, pattern in _SPLITS.items() if pattern.search(part)), ""):
            return found
    return ""


def _matching(folder: Path, config: Config, split: str) -> list[Path]:
    patterns = config.patterns or {}
    if split not in patterns:
        raise RowsError(f"{folder}: config {config.name} has the splits {', '.join(patterns)}, and no {split}", _HINT)
    root = folder / config.folder
    try:
        found = {path for pattern in patterns[split] for path in root.glob(pattern) if path.is_file()}
        return sorted(path for path in found if _holds_rows(path.relative_to(folder)))
    except (ValueError, NotImplementedError) as error:
        raise RowsError(f"{folder}: config {config.name} has files outside the folder", _HINT) from error


def _config(given: dict[str, Any]) -> Config:
    name, files = str(given["config_name"]), given.get("data_files")
    patterns: dict[str, list[str]] | None = None
    if files is not None:
        patterns = {}
        for split, pattern in _split_patterns(files):
            patterns.setdefault(split, []).append(pattern)
    return Config(name, str(given.get("data_dir") or "."), patterns, bool(given.get("default")))


def _split_patterns(files: Any) -> Iterator[tuple[str, str]]:
    """Splits and patterns: a pattern or a list of them is of the training split."""
    for one in files if isinstance(files, list) else [files]:
        if isinstance(one, dict):
            paths = one["path"]
            yield from ((str(one["split"]), str(path)) for path in (paths if isinstance(paths, list) else [paths]))
        else:
            yield "train", str(one)
