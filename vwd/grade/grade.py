"""Grading predictions: each is read, and compared with what it should say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vwd.errors import DecodeError, UsageError
from vwd.grade.predictions import Predictions
from vwd.grade.score import Inference, Rendering, Unjudged, hardly_readable, score_inference, score_rendering
from vwd.grade.truths import Truth
from vwd.readback import Reading, read_frames
from vwd.readback.files import file_frames

Task = Literal["inference", "rendering"]
TASKS: tuple[Task, ...] = ("inference", "rendering")


@dataclass(frozen=True)
class Graded:
    """One sample's verdict.

    Attributes:
        unjudged: why there is none, "" where there is one: then one of `inference` and `rendering` is set.
        detail: of a prediction that cannot be decoded, why.
        text: what was read.
    """

    truth: Truth
    file: Path | None
    unjudged: Unjudged
    detail: str = ""
    inference: Inference | None = None
    rendering: Rendering | None = None
    text: str = ""

    @property
    def right(self) -> bool:
        """Whether the final answer is right, or the text exact."""
        return bool((self.inference and self.inference.right) or (self.rendering and self.rendering.exact))

    def to_json(self, folder: Path | None = None) -> dict[str, Any]:
        """As a line of the JSONL of samples.

        Args:
            folder: where it is written to: the file's path is relative to it, so that both may be moved together.
        """
        score = self.inference or self.rendering
        return {
            "key": self.truth.key,
            "file": _path_from(folder, self.file) if self.file else None,
            "judged": not self.unjudged,
            "why_not": self.unjudged or None,
            "detail": self.detail or None,
            "right": self.right if not self.unjudged else None,
            **(vars(score) if score else {}),
            "text": self.text,
        }


def _path_from(folder: Path | None, file: Path) -> str:
    return os.path.relpath(file.absolute(), folder.absolute()) if folder else str(file)


def grade(
    truths: Sequence[Truth], predictions: Predictions, task: Task = "inference",
    on_sample: Callable[[], None] = lambda: None,
) -> Iterator[Graded]:  # fmt: skip
    """Grades the predictions of samples, one after the other, in the order of the samples.

    Args:
        truths: what the videos should say; `rendering` needs their storyboards.
        predictions: their files (`vwd.grade.find_predictions`).
        task: `inference`: is the final answer right; `rendering`: is all of the text there, in order and on time.

    Raises:
        UsageError: a truth has no storyboard.
    """
    if task == "rendering" and any(truth.storyboard is None for truth in truths):
        raise UsageError("`task` rendering without storyboards", "Grade against shards, or choose `task` inference.")
    for truth in truths:
        yield _grade_one(truth, predictions, task)
        on_sample()


def _grade_one(truth: Truth, predictions: Predictions, task: Task) -> Graded:
    if truth.key in predictions.doubled:
        return Graded(truth, None, "doubled", ", ".join(str(path) for path in predictions.doubled[truth.key]))
    file = predictions.files.get(truth.key)
    if file is None:
        return Graded(truth, None, "missing")
    try:
        reading = read_frames(file_frames(file), truth.language, truth.page)
    except (DecodeError, ValueError, OSError) as error:
        return Graded(truth, file, "undecodable", error.what if isinstance(error, DecodeError) else str(error))
    return grade_reading(reading, truth, task, file)


def grade_reading(reading: Reading, truth: Truth, task: Task = "inference", file: Path | None = None) -> Graded:
    """Grades what was read of one prediction."""
    text = reading.text
    if hardly_readable(reading):
        return Graded(truth, file, "unreadable", text=text)
    if task == "rendering":
        return Graded(truth, file, "", rendering=score_rendering(reading, truth), text=text)
    inference = score_inference(reading, truth)
    if inference is None:
        return Graded(truth, file, "unreadable", "the final answer cannot be read", text=text)
    return Graded(truth, file, "", inference=inference, text=text)
