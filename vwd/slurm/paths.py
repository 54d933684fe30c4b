"""Every file name of a submission; nobody else builds one. All are inside its output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vwd.errors import OutputError
from vwd.shards.paths import OutputPaths, output_at
from vwd.storage.regular import real_path
from vwd.storage.urls import is_remote

_NAME = re.compile(r"([0-9]{4}|[1-9][0-9]{4,5})\.json")
_NOTE = re.compile(r"([0-9]{4}|[1-9][0-9]{4,5})\.(pack|export|finish)\.(0|[1-9][0-9]{0,8})\.json")


def submissions_folder(paths: OutputPaths) -> Path:
    return paths.folder / "slurm"


def log_folder(paths: OutputPaths) -> Path:
    return paths.out / "logs"


def submission_file(paths: OutputPaths, number: int) -> Path:
    return submissions_folder(paths) / f"{number:04d}.json"


def shards_file(paths: OutputPaths, number: int) -> Path:
    """The list of a retry's shards, as `vwd.shards.ranges.load_ranges` reads it."""
    return submissions_folder(paths) / f"{number:04d}.shards"


def job_file(paths: OutputPaths, number: int, role: str, offset: int) -> Path:
    """The note of a job."""
    return submissions_folder(paths) / f"{number:04d}.{role}.{offset}.json"


def job_files(paths: OutputPaths) -> list[tuple[int, str, int]]:
    """The notes in an output's folder of submissions: number of the submission, role, first task."""
    names = map(_NOTE.fullmatch, _names(submissions_folder(paths)))
    return sorted((int(name[1]), name[2], int(name[3])) for name in names if name)


def submission_numbers(folder: Path) -> list[int]:
    """The numbers of the submissions in a folder, rising.

    Raises:
        OutputError: the folder cannot be read.
    """
    names = map(_NAME.fullmatch, _names(folder))
    return sorted(int(name[1]) for name in names if name)


def find_submitted_outputs(path: Path) -> Iterator[OutputPaths]:
    """The datasets below `path`, a base folder or one dataset's folder, that have submissions.

    Raises:
        OutputError: a folder cannot be read.
    """
    if is_remote(path):
        return
    try:
        absolute = real_path(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: {error}", "Give the folder of `out`.") from error
    if submission_numbers(absolute / "slurm"):
        yield output_at(absolute)
        return
    for name in sorted(_names(absolute)):
        if submission_numbers(absolute / name / "slurm"):
            yield output_at(absolute / name)


def _names(folder: Path) -> list[str]:
    """The names in a folder; none where there is no folder."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names, of which there may be millions
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}", "Fix the permissions, or give another folder.") from error
