"""The files of submissions: each is written before anything is queued, and never rewritten."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vwd.errors import OutputError
from vwd.limits import LARGEST_SUBMISSION, LAST_SUBMISSION
from vwd.shards.paths import CONTRACT_FILE, OutputPaths
from vwd.shards.ranges import format_ranges
from vwd.slurm.paths import log_folder, shards_file, submission_file, submission_numbers, submissions_folder
from vwd.slurm.submission import Submission
from vwd.storage import names
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import output_errors
from vwd.storage.regular import read_regular


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
        while number <= LAST_SUBMISSION:
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
    texts = (str(paths.folder), submission.folder, submission.python, export, *submission.pack)
    for name in texts:
        names.require_utf8(name)


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
    return submissions_folder(paths), paths.temp, paths.folder, log_folder(paths), paths.out, *paths.out.parents


def read_submission(path: Path) -> Submission:
    """A submission from its file.

    Raises:
        OutputError: it does not exist, or is damaged; names the field.
    """
    try:
        submission = Submission.from_json(read_regular(path, LARGEST_SUBMISSION))
        if path.name != f"{submission.number:04d}.json":
            raise ValueError(f"{submission.number} is the number of another file - at $.number")
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
                f"{path}: a submission of {one.dataset}, not of {paths.dataset} - at $.dataset",
                f"A folder that was renamed needs its {CONTRACT_FILE}: rename it back, or remove the file.",
            )
        found.append(one)
    return found
