"""Totals over many verdicts, with 95% confidence intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vwd.grade.grade import Graded, Task
from vwd.grade.intervals import bootstrap, wilson
from vwd.grade.predictions import Predictions
from vwd.grade.score import UNJUDGED

_MEANS: dict[Task, tuple[str, ...]] = {
    "inference": ("similarity",),
    "rendering": ("cer", "ned", "precision", "recall", "f1", "order", "on_time", "late", "off"),
}


@dataclass(frozen=True)
class Report:
    """The totals of a task.

    Attributes:
        n: samples that have a verdict.
        samples: all samples.
        right: right answers, or exact videos.
        columns: means over the n, each with its interval.
        unjudged: how many have no verdict, by why.
        foreign: what belongs to no sample.
        counts: how answers were found, for instance.
        groups: n and right of parts of the samples, by what they have in common.
    """

    task: Task
    n: int
    samples: int
    right: int
    columns: Mapping[str, tuple[float, tuple[float, float]]]
    unjudged: Mapping[str, int]
    foreign: tuple[str, ...]
    counts: Mapping[str, int]
    groups: Mapping[str, Mapping[str, tuple[int, int]]]

    @property
    def accuracy(self) -> float:
        """Right ones of those that have a verdict."""
        return self.right / self.n if self.n else 0.0

    def to_json(self) -> dict[str, Any]:
        """One object: `task`, `n`, `accuracy`, the other columns, the classes that could not be judged."""
        data: dict[str, Any] = {
            "task": self.task,
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_interval": list(wilson(self.right, self.n)),
            "right": self.right,
            "samples": self.samples,
            "accuracy_of_all": self.right / self.samples if self.samples else 0.0,
            "accuracy_of_all_interval": list(wilson(self.right, self.samples)),
        }
        for name, (mean, interval) in self.columns.items():
            data |= {name: mean, f"{name}_interval": list(interval)}
        groups = {
            kind: {name: _part(n, right) for name, (n, right) in parts.items()} for kind, parts in self.groups.items()
        }
        foreign = {"foreign": len(self.foreign), "foreign_files": list(self.foreign)}
        return {**data, **self.counts, "unjudged": dict(self.unjudged), **foreign, "groups": groups}


def _part(n: int, right: int) -> dict[str, Any]:
    return {"n": n, "accuracy": right / n if n else 0.0, "accuracy_interval": list(wilson(right, n)), "right": right}


def make_report(task: Task, graded: Sequence[Graded], predictions: Predictions) -> Report:
    """The totals of some verdicts."""
    judged = [one for one in graded if not one.unjudged]
    scores = [one.inference or one.rendering for one in judged]
    columns = {}
    for name in _MEANS[task]:
        values = [float(getattr(score, name)) for score in scores]
        columns[name] = (sum(values) / len(values) if values else 0.0, bootstrap(values))
    why = Counter(str(one.unjudged) for one in graded if one.unjudged)
    return Report(
        task=task,
        n=len(judged),
        samples=len(graded),
        right=sum(one.right for one in judged),
        columns=columns,
        unjudged={name: why[name] for name in UNJUDGED},
        foreign=tuple(map(str, predictions.foreign)),
        counts=_counts(task, judged),
        groups={name: _group(judged, of) for name, of in _GROUPS.items()},
    )


def _counts(task: Task, judged: Sequence[Graded]) -> dict[str, int]:
    if task == "rendering":
        return {"lost_at_turns": sum(one.rendering.lost_at_turns for one in judged if one.rendering)}
    how = Counter(one.inference.how for one in judged if one.inference)
    reached = sum(one.inference.reached for one in judged if one.inference)
    return {**{name: how[name] for name in ("stated", "last_number", "none")}, "reached": reached}


def _answer_length(one: Graded) -> str:
    board = one.truth.storyboard
    length = sum(word.frame >= board.prompt_frames for word in board.words) if board else len(one.truth.answer.split())
    return next((f"up to {most} words" for most in (25, 50, 100) if length <= most), "more words")


def _pages(one: Graded) -> str:
    board = one.truth.storyboard
    return "unknown" if board is None else f"{board.pages}" if board.pages < 4 else "4 or more"


_GROUPS: dict[str, Callable[[Graded], str]] = {
    "answer length": _answer_length,
    "pages": _pages,
    "language": lambda one: one.truth.language,
}


def _group(judged: Sequence[Graded], of: Callable[[Graded], str]) -> dict[str, tuple[int, int]]:
    parts: dict[str, list[bool]] = defaultdict(list)
    for one in judged:
        parts[of(one)].append(one.right)
    return {name: (len(right), sum(right)) for name, right in sorted(parts.items())}
