"""Metrics to Weights & Biases, where asked for. Without a network, WANDB_MODE=offline keeps them in a folder."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from config import Config

from vwd.errors import MissingExtraError


class Tracking:
    """A run of Weights & Biases, or nothing."""

    def __init__(self, run: Any = None) -> None:
        self._run = run

    def log(self, line: Mapping[str, Any]) -> None:
        """A step's numbers."""
        if self._run is not None:
            numbers = {name: value for name, value in line.items() if isinstance(value, (int, float))}
            self._run.log(numbers, step=line["step"])


@contextmanager
def open_tracking(config: Config, is_first: bool) -> Iterator[Tracking]:
    """Rank 0 logs, if the configuration names a project. A resumed run goes on in the run of the same folder.

    Raises:
        MissingExtraError: wandb is not installed.
    """
    if config.wandb is None or not is_first:
        yield Tracking()
        return
    try:
        wandb: Any = importlib.import_module("wandb")
    except ImportError as error:
        raise MissingExtraError("--wandb", "wandb") from error
    run = wandb.init(
        project=config.wandb, name=config.tag, dir=str(config.folder), config=config.to_dict(),
        id=config.tag, resume="allow",
    )  # fmt: skip
    try:
        yield Tracking(run)
    finally:
        run.finish()
