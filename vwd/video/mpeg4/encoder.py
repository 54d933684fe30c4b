"""The `mpeg4` encoder: from a storyboard to an mp4, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard
from vwd.video.ink import Ink, inks
from vwd.video.mpeg4.bits import pack, stuffing
from vwd.video.mpeg4.container import mp4
from vwd.video.mpeg4.headers import I_VOP, P_VOP, stream_header, vop_header
from vwd.video.mpeg4.macroblocks import KEYFRAME_QUANTISER_LIMIT, Cache, InterTile, IntraTile
from vwd.video.mpeg4.vops import Grid, Patch, inter_patch, inter_picture, intra_picture, merged
from vwd.video.spec import VideoSpec

DEFAULT_QUALITY = 3
DEFAULT_CACHE_BYTES = 128 * 1024 * 1024
# Raised when the bytes of a video change.
_VERSION = "1"


class Mpeg4Encoder:
    """Composes videos for one quantiser. What it keeps only makes it faster: no bytes depend on it.

    Args:
        quality: the quantiser, 1 (finest) to 31.
        cache_bytes: about how much the kept macroblocks and words may take.
    """

    def __init__(self, quality: int = DEFAULT_QUALITY, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        if not 1 <= quality <= 31:
            raise UsageError(f"--quality {quality}", "Choose a quantiser from 1 (finest) to 31 (smallest files).")
        self._quality = quality
        self._keyframe_quality = min(quality, KEYFRAME_QUANTISER_LIMIT)
        self._words: Cache[Patch] = Cache(cache_bytes // 2)
        self._inter: Cache[InterTile] = Cache(cache_bytes // 4)
        self._intra: Cache[IntraTile] = Cache(cache_bytes // 4)
        self._still: dict[tuple[VideoSpec, int], bytes] = {}

    @property
    def identity(self) -> dict[str, str]:
        return {"name": "mpeg4", "version": _VERSION, "quality": str(self._quality)}

    @property
    def cache_hits(self) -> tuple[int, int]:
        """How many macroblocks' bits were asked for, and how many of them were kept already."""
        hits = self._inter.hits + self._intra.hits
        return hits + self._inter.misses + self._intra.misses, hits

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        grid = Grid.of(spec)
        added = inks(storyboard)
        pictures: list[bytes] = []
        streams: list[bytes] = []
        composed: list[int] = []
        for frame in range(spec.frames):
            if frame in storyboard.page_starts:
                stream = vop_header(spec, frame, I_VOP, self._keyframe_quality) + intra_picture(
                    added[frame], spec, grid, self._intra, self._keyframe_quality
                )
            elif frame in added:
                patch = self._patch(storyboard, frame, added[frame], spec, grid)
                stream = vop_header(spec, frame, P_VOP, self._quality) + inter_picture(patch, grid)
            else:
                pictures.append(self._still_picture(spec, grid, frame))
                continue
            composed.append(frame)
            streams.append(stream + stuffing(len(stream)))
            pictures.append(b"")
        for frame, picture in zip(composed, pack(streams), strict=True):
            pictures[frame] = picture
        return mp4(pictures, storyboard.page_starts, stream_header(spec), spec)

    def _patch(self, storyboard: Storyboard, frame: int, added: Sequence[Ink], spec: VideoSpec, grid: Grid) -> Patch:
        """What this frame adds. One word is kept by its text and its place on the grid of macroblocks."""
        ink = added[0] if len(added) == 1 else merged(added, spec)
        place = (ink.box.x % 16, ink.box.y % 16, grid.columns)
        key = (ink.text, storyboard.font_size, storyboard.language, place)
        kept = self._words.get(key) if ink.text else None
        first = ink.box.y // 16 * grid.columns + ink.box.x // 16
        if kept is None:
            kept = inter_patch(ink, grid, self._inter, self._quality)
            if ink.text:
                self._words.put(key, kept)
        return kept._replace(first=first)

    def _still_picture(self, spec: VideoSpec, grid: Grid, frame: int) -> bytes:
        """A P-VOP that changes nothing: the same for every video."""
        key = (spec, frame)
        if key not in self._still:
            stream = vop_header(spec, frame, P_VOP, self._quality) + inter_picture(None, grid)
            self._still[key] = pack([stream + stuffing(len(stream))])[0]
        return self._still[key]
