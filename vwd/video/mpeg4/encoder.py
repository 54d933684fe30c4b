"""The `mpeg4` encoder: from a storyboard to an mp4, picture by picture."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import Ink, inks_by_frame
from vwd.video.mpeg4.bits import pack, stuffing
from vwd.video.mpeg4.container import mp4
from vwd.video.mpeg4.headers import I_VOP, P_VOP, stream_header, vop_header
from vwd.video.mpeg4.macroblocks import KEYFRAME_QUANTISER_LIMIT, Cache, InterTile, IntraTile
from vwd.video.mpeg4.vops import (
    NOTHING,
    Grid,
    KeptWord,
    Patch,
    Window,
    inter_patches,
    inter_picture,
    intra_picture,
    merged,
)
from vwd.video.spec import VideoSpec

DEFAULT_QUALITY = 3
DEFAULT_CACHE_BYTES = 128_000_000
# Raised when the bytes of a video change.
_VERSION = "2"


class Stream:
    """What is the same in every video of one spec: the headers, and the pictures that change nothing."""

    def __init__(self, spec: VideoSpec, quantiser: int) -> None:
        self.grid = Grid.of(spec)
        self.header = stream_header(spec)
        self.keyframe_quantiser = min(quantiser, KEYFRAME_QUANTISER_LIMIT)
        frames = range(spec.frames)
        self.i_headers = [vop_header(spec, frame, I_VOP, self.keyframe_quantiser) for frame in frames]
        self.p_headers = [vop_header(spec, frame, P_VOP, quantiser) for frame in frames]
        unchanged = [header + inter_picture(NOTHING, self.grid) for header in self.p_headers]
        self.still = pack([stream + stuffing(len(stream)) for stream in unchanged])


class Mpeg4Encoder:
    """Composes videos for one quantiser. Its caches only make it faster: no bytes depend on them.

    Args:
        quality: the quantiser, 1 (finest) to 31.
        cache_bytes: about how much memory the kept macroblocks and words may take.
    """

    def __init__(self, quality: int = DEFAULT_QUALITY, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        if not 1 <= quality <= 31:
            raise UsageError(f"`quality` {quality}", "Choose a quantiser from 1 (finest) to 31 (smallest files).")
        self._quality = quality
        self._words: Cache[KeptWord] = Cache(cache_bytes // 4)
        self._inter: Cache[InterTile] = Cache(cache_bytes // 4)
        self._intra: Cache[IntraTile] = Cache(cache_bytes // 2)
        self._streams: dict[VideoSpec, Stream] = {}

    @property
    def identity(self) -> dict[str, str]:
        return {"name": "mpeg4", "version": _VERSION, "quality": str(self._quality)}

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        words, inter, intra = self._words, self._inter, self._intra
        return {
            "words": (words.lookups, words.hits),
            "macroblocks": (inter.lookups + intra.lookups, inter.hits + intra.hits),
        }

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of the storyboard (see `vwd.video.encoders.Encoder`)."""
        stream = self._streams.get(spec) or self._streams.setdefault(spec, Stream(spec, self._quality))
        added = inks_by_frame(storyboard)
        starts = set(storyboard.page_starts)
        patches = self._patches(storyboard, {f: i for f, i in added.items() if f not in starts}, spec, stream.grid)
        composed: dict[int, bytes] = {}
        for frame, patch in patches.items():
            composed[frame] = stream.p_headers[frame] + inter_picture(patch, stream.grid)
        for frame in storyboard.page_starts:
            page = intra_picture(added[frame], stream.grid, self._intra, stream.keyframe_quantiser)
            composed[frame] = stream.i_headers[frame] + page
        pictures = list(stream.still)
        packed = pack([bits + stuffing(len(bits)) for bits in composed.values()])
        for frame, picture in zip(composed, packed, strict=True):
            pictures[frame] = picture
        return mp4(pictures, storyboard.page_starts, stream.header, spec)

    def _patches(
        self, storyboard: Storyboard, added: Mapping[int, Sequence[Ink]], spec: VideoSpec, grid: Grid
    ) -> dict[int, Patch]:
        """What each frame adds. Words are kept by their text and their place on the grid of macroblocks."""
        patches: dict[int, Patch] = {}
        unknown: dict[int, tuple[Hashable, Window]] = {}
        for frame, several in added.items():
            ink = several[0] if len(several) == 1 else merged(several, spec)
            (x, y, _, _), _, text = ink
            key: Hashable = (
                (text, x % 16, y % 16, grid.columns, storyboard.font_size, storyboard.language) if text else None
            )
            (kept,) = self._words.get((key,)) if key else (None,)
            if kept:
                patches[frame] = kept.at(y // 16 * grid.columns + x // 16)
            else:
                unknown[frame] = key, Window.of(ink, grid)
        made = inter_patches([window for _, window in unknown.values()], grid, self._inter, self._quality)
        for (frame, (key, _)), patch in zip(unknown.items(), made, strict=True):
            patches[frame] = patch
            if key:
                self._words.put(key, KeptWord.of(patch))
        return patches
