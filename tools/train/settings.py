"""The settings that determine a run's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from model import Shape

from vwd.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """What determines a run's numbers, and must be the same when it is resumed.

    Attributes:
        batch_size: samples per step, over all ranks.
    """

    shape: Shape
    task: Literal["inference", "rendering"]
    source: Literal["video", "storyboard"]
    batch_size: int
    learning_rate: float
    seed: int

    def to_dict(self) -> dict[str, Any]:
        return {**{name: value for name, value in asdict(self).items() if name != "shape"}, **asdict(self.shape)}

    def require_equal(self, saved: Mapping[str, Any]) -> None:
        """Compares these settings with those saved in a checkpoint.

        Raises:
            UsageError: they differ; the message lists how.
        """
        now = self.to_dict()
        changed = [name for name in now if saved.get(name) != now[name]]
        if changed:
            raise UsageError(
                "the checkpoint is from a run with other settings: "
                + "; ".join(f"{name}: existing {saved.get(name)}, requested {now[name]}" for name in changed),
                "Give the same settings to resume it, or another --checkpoint folder.",
            )
