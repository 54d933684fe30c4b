"""Videos that do not all look alike: other colours, less contrast, moved by some pixels, and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vwd.errors import UsageError
from vwd.shards.splitmix64 import hash_integers

# Noise is a sum of eight bytes, each uniform: it differs from a Gaussian by less than 0.01 of its distribution, and is
# the same whole number on every device. This is its standard deviation, and what `strength` is a part of.
NOISE_DEVIATION = (8 * (256**2 - 1) / 12) ** 0.5
NOISE_ONE = 1 << 16
NOISE_MEAN = 4 * 255
_DRAWN = 11


@dataclass(frozen=True)
class Look:
    """How one sample looks.

    Attributes:
        ink, paper: red, green and blue, 0 to 255.
        contrast: how much of the distance of all values from the middle, 127.5, is left.
        offset: pixels of the delivered video that everything is moved down and to the right by.
        noise: its standard deviation, in steps of 255.
        seed: of the noise.
    """

    ink: tuple[int, int, int] = (0, 0, 0)
    paper: tuple[int, int, int] = (255, 255, 255)
    contrast: float = 1.0
    offset: tuple[int, int] = (0, 0)
    noise: float = 0.0
    seed: int = 0

    def levels(self) -> npt.NDArray[np.uint8]:
        """uint8 [4, 256]: for each value from ink, 0, to paper, 255, its red, green, blue and grey (their mean)."""
        part = np.arange(256)[None] / 255
        ink, paper = (np.array(colour, float)[:, None] for colour in (self.ink, self.paper))
        colours = 127.5 + (ink + (paper - ink) * part - 127.5) * self.contrast
        levels = np.rint(np.concatenate([colours, colours.mean(0, keepdims=True)])).clip(0, 255)
        return np.asarray(levels, np.uint8)

    def effects(self) -> npt.NDArray[np.int32]:
        """int32 [4]: the offset down and to the right, the noise's seed, and its strength in parts of NOISE_ONE."""
        strength = round(self.noise / NOISE_DEVIATION * NOISE_ONE)
        return np.array([*self.offset, self.seed, strength], np.int32)

    def record(self) -> dict[str, Any]:
        """What a batch says about it, as plain values."""
        return {name: getattr(self, name) for name in ("ink", "paper", "contrast", "offset", "noise")}


@dataclass(frozen=True)
class Augment:
    """What looks are drawn from, evenly. The defaults keep text legible.

    Args:
        ink, paper: the smallest and largest value of red, green and blue.
        contrast: the least that is left of it.
        offset: the most pixels, in each direction.
        noise: the largest standard deviation, in steps of 255.

    Raises:
        UsageError: a value is outside what a picture can show.
    """

    ink: tuple[int, int] = (0, 80)
    paper: tuple[int, int] = (175, 255)
    contrast: float = 0.7
    offset: int = 8
    noise: float = 8.0

    def __post_init__(self) -> None:
        for name in ("ink", "paper"):
            least, most = getattr(self, name)
            if not 0 <= least <= most <= 255:
                raise UsageError(
                    f"augment: {name}={getattr(self, name)}", "Give a smallest and largest value in 0…255."
                )
        if not (0 < self.contrast <= 1 and 0 <= self.offset <= 4096 and 0 <= self.noise <= 64):
            raise UsageError(
                f"augment: contrast={self.contrast}, offset={self.offset}, noise={self.noise}",
                "Give a contrast of more than 0 to 1, an offset of 0 to 4096 pixels, and noise of 0 to 64.",
            )

    def look(self, seed: int, epoch: int, position: int) -> Look:
        """The look of the sample at a position of an epoch: a function of these three numbers."""
        drawn = [hash_integers(seed, 5, epoch, position, number) for number in range(_DRAWN)]
        parts = [(one >> 10) / (1 << 53) for one in drawn]
        ink = tuple(self.ink[0] + int(part * (self.ink[1] - self.ink[0] + 1)) for part in parts[:3])
        paper = tuple(self.paper[0] + int(part * (self.paper[1] - self.paper[0] + 1)) for part in parts[3:6])
        down, right = (int(part * (2 * self.offset + 1)) - self.offset for part in parts[6:8])
        contrast = self.contrast + (1 - self.contrast) * parts[8]
        return Look(ink, paper, contrast, (down, right), self.noise * parts[9], drawn[10] >> 32)  # type: ignore[arg-type]
