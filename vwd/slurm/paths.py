"""Every file name of a submission; nobody else builds one. All are inside its output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vwd.shards.paths import OutputPaths
from vwd.storage.urls import is_remote

_NAME = re.compile(r"(\d{4,})\.json")


def submissions_folder(paths: OutputPaths) -> Path:
    return paths.folder / "slurm"


def log_folder(paths: OutputPaths) -> Path:
    return paths.out / "logs"


def submission_file(paths: OutputPaths, number: int) -> Path:
    return submissions_folder(paths) / f"{number:04d}.json"


def shards_file(paths: OutputPaths, number: int) -> Path:
    """The list of a retry's shards, as `vwd.shards.ranges.load_ranges` reads it."""
    return submissions_folder(paths) / f"{number:04d}.shards"


def submission_numbers(folder: Path) -> list[int]:
    """The numbers of the submissions in a folder, rising."""
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(name[1]) for name in names if name)


def find_submitted_outputs(path: Path) -> Iterator[OutputPaths]:
    """The datasets below `path`, a base folder or one dataset's folder, that have submissions."""
    if is_remote(path):
        return
    absolute = path.resolve()
    if submission_numbers(absolute / "slurm"):
        yield OutputPaths(absolute.parent, absolute.name)
        return
    for child in sorted(absolute.iterdir()) if absolute.is_dir() else ():
        if submission_numbers(child / "slurm"):
            yield OutputPaths(absolute, child.name)
