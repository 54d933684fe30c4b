"""Submissions: what is packed, by which tasks and with which settings; and their JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from vwd.shards.plan import ShardRange, task_slice
from vwd.shards.ranges import format_ranges
from vwd.slurm.arrays import Window, Work
from vwd.slurm.models import Role, decode_submission, settings_of, windows_of, work_of
from vwd.slurm.settings import SlurmSettings


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
