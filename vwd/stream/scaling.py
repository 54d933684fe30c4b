"""How a picture is scaled, as tables: the arithmetic of OpenCV's `INTER_AREA` and `INTER_LINEAR` on bytes.

`vwd.stream.decode.fit` scales with OpenCV. Where there is no OpenCV, as on a GPU, these tables give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Method = Literal["copy", "quarter", "area", "linear"]
Size = tuple[int, int]

_LINEAR_ONE = 2048  # OpenCV's INTER_RESIZE_COEF_SCALE


@dataclass(frozen=True)
class Axis:
    """Which source pixels make each target pixel along an axis.

    Attributes:
        sources: int32 [target, taps], the pixels.
        weights: float32 [target, taps]; 0 for a tap that is not needed. For "linear" they are parts of 2048.
        touched: int32 [target, 2], the first source pixel that the target pixel touches, and the one after the last.
    """

    sources: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    touched: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Scaling:
    """From one height and width to another.

    A target pixel is the sum over rows of (weight · the sum over columns of weight · pixel), in float32 and this order.
    "area" multiplies it by `factor` and rounds half to even; "quarter", the mean of four, rounds half up; "linear" is
    in whole numbers: (Σ (weight · (Σ weight · pixel >> 4) >> 16) + 2) >> 2.
    """

    method: Method
    rows: Axis
    columns: Axis
    factor: float = 1.0


@lru_cache(maxsize=64)
def scaling(source: Size, target: Size) -> Scaling:
    """The tables for pictures of one height and width to be scaled to another."""
    if source == target:
        return Scaling("copy", _equal_parts(source[0], source[0]), _equal_parts(source[1], source[1]))
    if target[0] <= source[0] and target[1] <= source[1]:
        if not (source[0] % target[0] or source[1] % target[1]):
            rows, columns = (_equal_parts(a, b) for a, b in zip(source, target, strict=True))
            area = (source[0] // target[0]) * (source[1] // target[1])
            two = source[0] == 2 * target[0] and source[1] == 2 * target[1]
            return Scaling("quarter" if two else "area", rows, columns, float(np.float32(1) / np.float32(area)))
        return Scaling("area", _areas(source[0], target[0]), _areas(source[1], target[1]))
    return Scaling("linear", _linear(source[0], target[0], False), _linear(source[1], target[1], True))


def _equal_parts(source: int, target: int) -> Axis:
    """Each target pixel of as many source pixels, unweighted."""
    taps = source // target
    sources = np.arange(source, dtype=np.int32).reshape(target, taps)
    return Axis(sources, np.ones((target, taps), np.float32), _touched(source, target))


def _areas(source: int, target: int) -> Axis:
    """Each target pixel of the source pixels that it covers, weighted by how much of them (computeResizeAreaTab)."""
    scale = 1.0 / (target / source)
    taps: list[list[tuple[int, float]]] = []
    for number in range(target):
        start = number * scale
        stop = start + scale
        cell = min(scale, source - start)
        last = min(int(np.floor(stop)), source - 1)
        first = min(int(np.ceil(start)), last)
        own = [(first - 1, (first - start) / cell)] if first - start > 1e-3 else []
        own += [(at, 1.0 / cell) for at in range(first, last)]
        if stop - last > 1e-3:
            own.append((last, min(min(stop - last, 1.0), cell) / cell))
        taps.append(own)
    most = max(map(len, taps))
    padded = [[*own, *[(own[-1][0], 0.0)] * (most - len(own))] for own in taps]
    table = np.array(padded)
    return Axis(table[..., 0].astype(np.int32), table[..., 1].astype(np.float32), _touched(source, target))


def _linear(source: int, target: int, across: bool) -> Axis:
    """Each target pixel between two source pixels. At the edges OpenCV moves the weights across, the pixels down."""
    at = ((np.arange(target) + 0.5) * (1.0 / (target / source)) - 0.5).astype(np.float32)
    first = np.floor(at).astype(np.int32)
    part = (at - first.astype(np.float32)).astype(np.float32)
    if across:
        part[(first < 0) | (first >= source - 1)] = 0
        first = np.clip(first, 0, source - 1)
    weights = np.rint(np.stack([np.float32(1) - part, part], 1) * np.float32(_LINEAR_ONE)).astype(np.float32)
    sources = np.clip(np.stack([first, first + 1], 1), 0, source - 1).astype(np.int32)
    return Axis(sources, weights, _touched(source, target))


def _touched(source: int, target: int) -> npt.NDArray[np.int32]:
    numbers = np.arange(target, dtype=np.int64)
    return np.stack([numbers * source // target, -(-(numbers + 1) * source // target)], 1).astype(np.int32)
