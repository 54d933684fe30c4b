"""Submissions: each is written to a file before anything is queued, and never rewritten."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from vwd.errors import OutputError
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange, task_slice
from vwd.shards.ranges import format_ranges, parse_ranges
from vwd.slurm.arrays import Window, Work
from vwd.slurm.paths import log_folder, shards_file, submission_file, submission_numbers, submissions_folder
from vwd.slurm.settings import SlurmSettings
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import output_errors

Role = Literal["pack", "export", "finish"]


@dataclass(frozen=True)
class Export:
    """The export that follows: its `task`, as of `vwd export-jsonl`, and its base folder."""

    task: str
    base_dir: str


@dataclass(frozen=True)
class Submission:
    """One submission; its array tasks read it when they start.

    Attributes:
        number: from 1, in the order of submission; 0 until it is written.
        work: the rows and shards; `rows` as known when it was submitted.
        pack: the options of `vwd pack`, except for the output's folder and the task's.
        windows: the arrays it is split into.
        python, folder: what runs the tasks, and where.
        created: seconds since 1970.
    """

    dataset: str
    work: Work
    num_tasks: int
    windows: tuple[Window, ...]
    pack: tuple[str, ...]
    export: Export | None
    settings: SlurmSettings
    python: str
    folder: str
    number: int = 0
    created: float = 0.0

    @property
    def name(self) -> str:
        """The name of its jobs."""
        return f"vwd-{self.dataset}-{self.number:04d}"

    @cached_property
    def ranges(self) -> tuple[ShardRange, ...]:
        """The shards of all its tasks, rising."""
        return self.work.ranges()

    def shards_of(self, task: int) -> tuple[ShardRange, ...]:
        return task_slice(self.ranges, task, self.num_tasks)

    def with_rows(self, rows: int | None) -> Submission:
        """The same with the number of rows that packing found, by which the tasks divide them."""
        return self if rows in (None, self.work.rows) else replace(self, work=replace(self.work, rows=rows))

    def to_json(self) -> dict[str, Any]:
        shards = None if self.work.shards is None else format_ranges(self.work.shards)
        return {**asdict(self), "work": {**asdict(self.work), "shards": shards}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Submission:
        work, export = data["work"], data["export"]
        shards = None if work["shards"] is None else parse_ranges(work["shards"])
        return cls(**{
            **data,
            "work": Work(**{**work, "shards": shards}),
            "windows": tuple(Window(*window) for window in data["windows"]),
            "pack": tuple(data["pack"]),
            "export": export and Export(**export),
            "settings": SlurmSettings(**data["settings"]),
        })  # fmt: skip


def next_number(paths: OutputPaths) -> int:
    """The number that the next submission will get."""
    return max(submission_numbers(submissions_folder(paths)), default=0) + 1


def freeze(paths: OutputPaths, submission: Submission) -> Submission:
    """Writes a submission under the next free number; several at once each get their own.

    Raises:
        OutputError: the output folder cannot be written.
    """
    folder = submissions_folder(paths)
    with output_errors(folder, "and submit again, or give another `out`."):
        log_folder(paths).mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        number = next_number(paths)
        while True:
            frozen = replace(submission, number=number, created=round(time.time(), 3))
            if create_if_absent(submission_file(paths, number), json_bytes(frozen.to_json()), paths.temp):
                break
            number += 1
        if frozen.work.shards is not None:
            create_if_absent(shards_file(paths, number), f"{format_ranges(frozen.work.shards)}\n".encode(), paths.temp)
    return frozen


def unfreeze(paths: OutputPaths, submission: Submission) -> None:
    """Removes a submission of which nothing was queued, and the folders that only it has filled."""
    for path in (submission_file(paths, submission.number), shards_file(paths, submission.number)):
        path.unlink(missing_ok=True)
    for folder in (submissions_folder(paths), paths.temp, paths.folder, log_folder(paths), paths.out):
        with suppress(OSError):  # not empty
            folder.rmdir()


def read_submission(path: Path) -> Submission:
    """A submission from its file.

    Raises:
        OutputError: it does not exist, or is damaged.
    """
    try:
        return Submission.from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path}: not a readable submission: {error}", "Submit again with 'vwd slurm submit'."
        ) from error


def read_submissions(paths: OutputPaths) -> list[Submission]:
    """All submissions of an output, oldest first."""
    folder = submissions_folder(paths)
    return [read_submission(submission_file(paths, number)) for number in submission_numbers(folder)]
