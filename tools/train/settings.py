"""What decides a run's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from model import Shape

from vwd.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """What decides a run's numbers, and so has to be the same when it is resumed.

    Attributes:
        batch_size: samples a step, over all ranks.
    """

    shape: Shape
    task: Literal["inference", "rendering"]
    source: Literal["video", "storyboard"]
    batch_size: int
    learning_rate: float
    seed: int

    def to_dict(self) -> dict[str, Any]:
        return {**{name: value for name, value in asdict(self).items() if name != "shape"}, **asdict(self.shape)}

    def agree(self, there: Mapping[str, Any]) -> None:
        """Compares with those of a checkpoint.

        Raises:
            UsageError: they differ; lists how.
        """
        now = self.to_dict()
        names = [name for name in now if there.get(name) != now[name]]
        if names:
            raise UsageError(
                "the checkpoint is of a run with other settings: "
                + "; ".join(f"{name} is {there.get(name)} there, {now[name]} now" for name in names),
                "Give the same settings to go on with it, or another --checkpoint folder.",
            )
