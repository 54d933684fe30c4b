"""Which prediction belongs to which sample: by the name of its file, or by its number in an order."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vwd.errors import UsageError
from vwd.grade.truths import Truth, Truths, keys_of
from vwd.limits import LARGEST_ENTRY
from vwd.readback.files import PICTURE_ENDING, VIDEO_ENDINGS, number_in_name
from vwd.storage.regular import read_regular

# What a sampler writes beside its videos: which prompt each is from.
MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Predictions:
    """The files of predictions.

    Attributes:
        files: the one of each sample, by key.
        doubled: samples that have several; none of them is graded.
        foreign: what belongs to no sample: files by other names or of other kinds, pipes and devices, folders that
            cannot be listed, and links to folders, which are not followed.
    """

    files: Mapping[str, Path]
    doubled: Mapping[str, tuple[Path, ...]]
    foreign: tuple[Path, ...]


def find_predictions(folder: Path, truths: Truths | Sequence[Truth], order: Sequence[str] | None = None) -> Predictions:
    """Looks for video files and folders of PNG files, also in subfolders.

    Args:
        order: the keys of files that are numbered in this order, such as 000000.mp4; None where files are named by key.

    Raises:
        UsageError: there are none at all, or files that are numbered have no numbers.
    """
    found, others = _candidates(folder)
    if not found:
        raise UsageError(
            f"{folder} holds no predictions",
            f"Give a folder with {', '.join(VIDEO_ENDINGS)} files or folders of PNG files.",
        )
    keys = keys_of(truths)
    if order is None:
        named = [(path.name if path.is_dir() else path.stem, path) for path in found]
    else:
        numbered = [(number_in_name(path)[0], path) for path in found]
        # Samplers count from 0; where no file is 0 and one is behind the end, from 1.
        numbers = {number for number, _ in numbered}
        first = 1 if 0 not in numbers and len(order) in numbers else 0
        named = [(order[n - first] if 0 <= n - first < len(order) else "", path) for n, path in numbered]
    by_key: dict[str, list[Path]] = defaultdict(list)
    for key, path in named:
        by_key[key if key in keys else ""].append(path)
    foreign = tuple(sorted([*by_key.pop("", []), *others]))
    return Predictions(
        {key: paths[0] for key, paths in by_key.items() if len(paths) == 1},
        {key: tuple(paths) for key, paths in by_key.items() if len(paths) > 1},
        foreign,
    )


def _candidates(folder: Path) -> tuple[list[Path], list[Path]]:
    """Video files and folders that hold PNG files, in order of their paths; and whatever else there is."""
    found, others = set[Path](), list[Path]()

    def unlisted(error: OSError) -> None:
        others.append(Path(error.filename))

    for name, folders, files in os.walk(folder, onerror=unlisted):
        parent = Path(name)
        others += [parent / name for name in folders if (parent / name).is_symlink()]
        for path in map(parent.joinpath, files):
            # Of a pipe nothing may ever come.
            ending = path.suffix.lower() if path.is_file() else ""
            if ending in VIDEO_ENDINGS:
                found.add(path)
            elif ending == PICTURE_ENDING and parent != folder:
                found.add(parent)
            elif ending and path == folder / MANIFEST:
                continue
            else:
                others.append(path)
    return sorted(found), others


def read_order(file: Path, truths: Truths | Sequence[Truth]) -> list[str]:
    """The keys in the order of a file: a list of prompts, one a line; JSONL or JSON of objects with keys or prompts.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        text = read_regular(file, LARGEST_ENTRY).decode("utf-8-sig")
        entries = _entries(file, text)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{file} is no order of predictions: {error}",
            "Give a file of prompts, one a line, a manifest.jsonl or a questions.json.",
        ) from error
    keys = keys_of(truths)
    by_prompt = {_flat(prompt): truth.key for truth in truths for prompt in (*truth.prompts, truth.question)}
    return [_key(entry, keys, by_prompt) for entry in entries]


def _entries(file: Path, text: str) -> list[Any]:
    if file.suffix == ".json":
        data = json.loads(text)
        if isinstance(data, dict):
            return [{"key": name, **(item if isinstance(item, dict) else {})} for name, item in data.items()]
        if not isinstance(data, list):
            raise ValueError("holds neither a list nor an object")
        return data
    lines = [line for line in text.split("\n") if line.strip()]
    return [json.loads(line) for line in lines] if file.suffix == ".jsonl" else lines


def _key(entry: Any, keys: set[str], by_prompt: Mapping[str, str]) -> str:
    """The key that an entry names, by itself, by a file or by its prompt; "" where it names none."""
    if isinstance(entry, str):
        return by_prompt.get(_flat(entry), entry if entry in keys else "")
    if not isinstance(entry, dict):
        return ""
    for name in ("key", "__key__", "id", "video_path", "video", "video_filename", "path", "file"):
        stem = re.sub(r"\.[a-z0-9]+$", "", str(entry.get(name, "")).rpartition("/")[2])
        if stem in keys:
            return stem
    for name in ("prompt", "question", "text", "caption"):
        if (key := by_prompt.get(_flat(str(entry.get(name, ""))))) is not None:
            return key
    return ""


def _flat(prompt: str) -> str:
    return " ".join(prompt.split())
