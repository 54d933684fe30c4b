"""What of an output an export takes, and how its folders share the videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vwd.errors import UsageError
from vwd.export.selection import Selection, select
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths
from vwd.shards.splits import DEFAULT_FRACTION
from vwd.shards.splits import Part as Split

# How a layout's folder gets a video that the dataset's folder has already.
Link = Literal["hard", "symbolic", "copy"]
LINKS: tuple[Link, ...] = ("hard", "symbolic", "copy")


@dataclass(frozen=True)
class ExportOptions:
    """By default all of an output, for both tasks.

    Attributes:
        tasks: whose prompts are captions; a folder, or a list, each.
        start_idx, num_samples: a slice of the rows.
        check: compare each tar with the sha256 of its ledger entry.
        shards: the numbers of the only shards to take from; None for all.
        split: only the samples of this one, as `vwd.stream` splits them.
        val_fraction: about how much of all is for validation.
        link: how a layout's folder gets the videos.

    Raises:
        UsageError: there is no such link.
    """

    tasks: Sequence[str] = TASKS
    start_idx: int = 0
    num_samples: int | None = None
    check: bool = True
    shards: Sequence[int] | None = None
    split: Split | None = None
    val_fraction: float = DEFAULT_FRACTION
    link: Link = "hard"

    def __post_init__(self) -> None:
        if self.link not in LINKS:
            raise UsageError(f"there is no `link` '{self.link}'", f"Give one of {', '.join(LINKS)}.")

    def select(self, paths: OutputPaths, clips: bool = False) -> Selection:
        """Their shards of an output. Raises as `vwd.export.selection.select`.

        Args:
            clips: whether real videos are taken, too.
        """
        return select(
            paths, self.start_idx, self.num_samples, self.shards, self.check, self.split, self.val_fraction, clips
        )  # fmt: skip


ALL = ExportOptions()
