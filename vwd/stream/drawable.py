"""What is drawn: the part of `Pages` that the painters of each device read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vwd.stream.form import Size, TensorFormat
from vwd.stream.page_table import Tables

if TYPE_CHECKING:
    import torch


class Drawable(Protocol):
    """Samples of a batch's tables.

    Attributes:
        samples: their numbers in the tables.
    """

    memory: torch.Tensor
    tables: Tables
    samples: range

    @property
    def device(self) -> torch.device:
        """Where the memory is."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Selected frames of each sample."""

    def size(self, form: TensorFormat) -> Size:
        """Height and width of the frames."""
