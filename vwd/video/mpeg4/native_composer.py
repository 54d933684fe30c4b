"""Composing pictures with the native kernel (`native/`).

It has no table and no constant of its own: all are handed over from the modules of the Python path, its reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import Ink
from vwd.video.frames import VIDEO_RANGE
from vwd.video.mpeg4 import black, blocks, macroblocks, vops
from vwd.video.mpeg4.bits import from_text
from vwd.video.mpeg4.kernels import native_module
from vwd.video.mpeg4.stream import Stream
from vwd.video.mpeg4.tables import ESCAPE, ZIGZAG

# Tables of macroblocks for all composers with these quantisers, here and in processes that are forked from this one.
_shared: dict[tuple[int, int], Any] = {}
_SHARE = 2  # of the bytes that a composer may keep, one in so many is shared


def share_macroblocks(quantiser: int, keyframe_quantiser: int, cache_bytes: int) -> None:
    """Lets composers that are made later, in this process or in forks of it, use each other's macroblocks."""
    module = native_module()
    assert module
    with suppress(MemoryError):  # where there is too little, each keeps its own
        _shared[quantiser, keyframe_quantiser] = module.SharedTiles(cache_bytes // _SHARE)


# Pictures as the kernel tells them apart: what adds ink, a page that starts, what shows macroblocks anew.
_ADDED, _PAGE, _REFRESHED = range(3)


class NativeComposer:
    """Composes the pictures of videos (see `vwd.video.mpeg4.encoder.Composer`). Keeps macroblocks.

    Args:
        refresh: as of `PythonComposer`.
    """

    def __init__(self, quantiser: int, keyframe_quantiser: int, cache_bytes: int, refresh: bool) -> None:
        self._change = _REFRESHED if refresh else _ADDED
        module = native_module()
        assert module
        shared = _shared.get((quantiser, keyframe_quantiser))
        own = cache_bytes - cache_bytes // _SHARE if shared else cache_bytes
        self._kernel: Any = module.Kernel(_tables(), quantiser, keyframe_quantiser, own, shared)

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        return {"macroblocks": self._kernel.counts()}

    def pictures(
        self, storyboard: Storyboard, inks: Mapping[int, Sequence[Ink]], stream: Stream
    ) -> Mapping[int, bytes]:
        starts = set(storyboard.page_starts)
        made: dict[int, bytes] = {}
        self._kernel.clear()
        for frame in sorted(inks):
            kind, headers = (_PAGE, stream.i_headers) if frame in starts else (self._change, stream.p_headers)
            drawn = tuple([(*box, coverage.tobytes()) for box, coverage, _ in inks[frame]])
            made[frame] = self._kernel.picture(kind, stream.grid, headers[frame], drawn)
        return made


@cache
def _tables() -> bytes:
    """`Tables` of `native/blocks.h`, field by field: 32-bit integers."""
    coefficients = np.zeros((2, 2, 64, 28), np.int32)
    for intra in (False, True):
        for (last, run, level), code in blocks.coefficient_codes(intra).items():
            coefficients[int(intra), int(last), run, level] = _code(code)
    fields: list[Any] = [
        blocks.COSINES, ZIGZAG, VIDEO_RANGE,
        coefficients, _code(from_text(ESCAPE)), _codes(macroblocks.CBPY_CODES), _codes(vops.DC_CODES),
        _codes((macroblocks.INTER_HEAD, macroblocks.ZERO_VECTOR)),
        _codes((macroblocks.INTRA_HEAD, macroblocks.REFRESHED_HEAD, vops.GREY_CHROMA)),
        macroblocks.WHITE_DC, black.BLACK, black.LIGHTEST, black.OVERSHOOT, black.ROUNDS,
        macroblocks.DC_SCALER, vops.OUTSIDE_DC,
    ]  # fmt: skip
    return np.concatenate([np.ravel(field) for field in fields]).astype(np.int32).tobytes()


def _codes(codes: Iterable[bytes]) -> list[int]:
    return list(map(_code, codes))


def _code(bits: bytes) -> int:
    """A code of one bit a byte as the kernel reads it: its bits above its length, which takes five bits."""
    return int("".join(map(str, bits)), 2) << 5 | len(bits)
