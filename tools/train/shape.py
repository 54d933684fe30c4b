"""The sizes of the model and its input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """The sizes of the model and its input.

    Attributes:
        frames, height, width: of a video; multiples of `patch`.
        text_bytes: of a prompt; longer prompts are truncated.
        dim: channels of a patch; a multiple of `2 * heads`.
        depth: number of blocks.
        patch: frames, rows and columns that one position of the transformer spans.
    """

    frames: int
    height: int
    width: int
    text_bytes: int = 256
    dim: int = 128
    depth: int = 4
    heads: int = 4
    patch: tuple[int, int, int] = (4, 8, 8)

    def __post_init__(self) -> None:
        for name, length, patch in zip(("frames", "height", "width"), self.video, self.patch, strict=True):
            if length < patch or length % patch:
                raise ValueError(f"{name} must be a multiple of {patch}, not {length}")
        if self.dim % (2 * self.heads):
            raise ValueError(f"dim must be a multiple of {2 * self.heads}, not {self.dim}")

    @property
    def video(self) -> tuple[int, int, int]:
        return self.frames, self.height, self.width

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of patches along time, height and width."""
        frames, height, width = (length // patch for length, patch in zip(self.video, self.patch, strict=True))
        return frames, height, width
