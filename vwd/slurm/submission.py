"""Submissions: each is written to a file before anything is queued, and never rewritten."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from vwd.errors import OutputError, UsageError
from vwd.shards.paths import CONTRACT_FILE, OutputPaths
from vwd.shards.plan import ShardRange, task_slice
from vwd.shards.ranges import format_ranges
from vwd.slurm.arrays import Window, Work
from vwd.slurm.models import Role, decode_submission, settings_of, windows_of, work_of
from vwd.slurm.paths import (
    LAST_NUMBER,
    log_folder,
    shards_file,
    submission_file,
    submission_numbers,
    submissions_folder,
)
from vwd.slurm.settings import SlurmSettings
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import output_errors
from vwd.storage.regular import read_regular

# The list of a retry's shards is in it: 7 MB where every other of a million is missing.
_LARGEST = 16_000_000


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
        """The name of the jobs that pack."""
        return f"vwd-{self.dataset}-{self.number:04d}"

    def job_name(self, role: Role) -> str:
        return self.name if role == "pack" else f"{self.name}-{role}"

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
    def from_json(cls, data: bytes) -> Submission:
        """A submission from the content of its file.

        Raises:
            ValueError: a field is missing or invalid; names it.
        """
        model = decode_submission(data)
        return cls(
            dataset=model.dataset,
            work=work_of(model),
            num_tasks=model.num_tasks,
            windows=windows_of(model),
            pack=tuple(model.pack),
            export=Export(model.export.task, model.export.base_dir) if model.export else None,
            settings=settings_of(model),
            python=model.python,
            folder=model.folder,
            number=model.number,
            created=model.created,
        )


def next_number(paths: OutputPaths) -> int:
    """The number that the next submission will get."""
    return max(submission_numbers(submissions_folder(paths)), default=0) + 1


def freeze(paths: OutputPaths, submission: Submission) -> Submission:
    """Writes a submission under the next free number; several at once each get their own.

    Raises:
        OutputError: the output folder cannot be written.
        UsageError: a path is not UTF-8.
    """
    require_utf8(paths, submission)
    folder = submissions_folder(paths)
    with output_errors(folder, "and submit again, or give another `out`."):
        log_folder(paths).mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        number = next_number(paths)
        while number <= LAST_NUMBER:
            frozen = replace(submission, number=number, created=round(time.time(), 3))
            if create_if_absent(submission_file(paths, number), json_bytes(frozen.to_json()), paths.temp):
                break
            number += 1
        else:
            raise OutputError(f"{folder}: no number is left for a submission", "Remove the file of the last number.")
        if frozen.work.shards is not None:
            create_if_absent(shards_file(paths, number), f"{format_ranges(frozen.work.shards)}\n".encode(), paths.temp)
    return frozen


def require_utf8(paths: OutputPaths, submission: Submission) -> None:
    """Raises a UsageError where a submission's file could not name its paths."""
    export = submission.export.base_dir if submission.export else ""
    names = (str(paths.folder), submission.folder, submission.python, export, *submission.pack)
    try:
        "".join(names).encode()
    except UnicodeEncodeError as error:
        bad = next(name for name in names if any("\udc80" <= char <= "\udcff" for char in name))
        raise UsageError(f"{ascii(bad)[1:-1]}: the name is not UTF-8", "Rename it, or give another.") from error


def existing_folders(paths: OutputPaths) -> set[Path]:
    """Those of a submission's folders that exist already."""
    return {folder for folder in _folders(paths) if folder.is_dir()}


def unfreeze(paths: OutputPaths, submission: Submission, before: Collection[Path]) -> None:
    """Removes a submission of which nothing was queued, and the folders that only it has filled.

    Args:
        before: folders that existed before it, which are kept.
    """
    for path in (submission_file(paths, submission.number), shards_file(paths, submission.number)):
        path.unlink(missing_ok=True)
    for folder in (folder for folder in _folders(paths) if folder not in before):
        with suppress(OSError):  # not empty
            folder.rmdir()


def _folders(paths: OutputPaths) -> tuple[Path, ...]:
    return submissions_folder(paths), paths.temp, paths.folder, log_folder(paths), paths.out


def read_submission(path: Path) -> Submission:
    """A submission from its file.

    Raises:
        OutputError: it does not exist, or is damaged; names the field.
    """
    try:
        submission = Submission.from_json(read_regular(path, _LARGEST))
        if path.name != f"{submission.number:04d}.json":
            raise ValueError(f"{submission.number} is the number of another file - at `$.number`")
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise OutputError(
            f"{path}: not a readable submission: {what}",
            "Restore it, or remove it with the notes of its number and submit again with 'vwd slurm submit'.",
        ) from error
    return submission


def read_submissions(paths: OutputPaths) -> list[Submission]:
    """All submissions of an output, oldest first.

    Raises:
        OutputError: one is damaged, or of another dataset.
    """
    folder = submissions_folder(paths)
    found = []
    for number in submission_numbers(folder):
        path = submission_file(paths, number)
        one = read_submission(path)
        if one.dataset != paths.dataset:
            raise OutputError(
                f"{path}: a submission of {one.dataset}, not of {paths.dataset} - at `$.dataset`",
                f"A folder that was renamed needs its {CONTRACT_FILE}: rename it back, or remove the file.",
            )
        found.append(one)
    return found
