"""Totals over many verdicts, with 95% confidence intervals."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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

_COUNTS: dict[Task, tuple[str, ...]] = {
    "inference": ("stated", "last_number", "none", "reached"),
    "rendering": ("lost_at_turns",),
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


def make_report(task: Task, graded: Iterable[Graded], predictions: Predictions) -> Report:
    """The totals of some verdicts, each of which is looked at once and not kept."""
    values = {name: array("d") for name in _MEANS[task]}
    why, counts = Counter[str](), Counter[str]()
    groups = {kind: defaultdict[str, list[int]](lambda: [0, 0]) for kind in _GROUPS}
    samples = right = 0
    for one in graded:
        samples += 1
        if one.unjudged:
            why[one.unjudged] += 1
            continue
        right += one.right
        score = one.inference or one.rendering
        for name, column in values.items():
            column.append(getattr(score, name))
        counts.update(_counts(one))
        for kind, of in _GROUPS.items():
            part = groups[kind][of(one)]
            part[0] += 1
            part[1] += one.right
    return Report(
        task=task,
        n=samples - why.total(),
        samples=samples,
        right=right,
        columns={name: (_mean(column), bootstrap(column)) for name, column in values.items()},
        unjudged={name: why[name] for name in UNJUDGED},
        foreign=tuple(map(str, predictions.foreign)),
        counts={name: counts[name] for name in _COUNTS[task]},
        groups={kind: {name: (n, right) for name, (n, right) in sorted(groups[kind].items())} for kind in _GROUPS},
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _counts(one: Graded) -> dict[str, int]:
    if one.inference:
        return {one.inference.how: 1, "reached": int(one.inference.reached)}
    return {"lost_at_turns": one.rendering.lost_at_turns} if one.rendering else {}


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
