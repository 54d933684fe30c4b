"""Composing pictures in Python: what the native kernel does too, to read, to test it by, and where there is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np

from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import Ink
from vwd.video.mpeg4.bits import pack
from vwd.video.mpeg4.changes import changes
from vwd.video.mpeg4.macroblocks import Cache, InterTile, IntraTile, intra_tiles, lookup_tiles
from vwd.video.mpeg4.refreshed import refreshed_pictures
from vwd.video.mpeg4.stream import Stream
from vwd.video.mpeg4.vops import (
    KeptWord,
    Patch,
    Window,
    inter_patches,
    inter_picture,
    intra_picture,
    merged,
    page_picture,
)


class PythonComposer:
    """Composes the pictures of videos. Keeps macroblocks, and the words that are added to what is there.

    Args:
        refresh: whether the macroblocks that a word touches are shown anew (see `refreshed`), or the word is added.
    """

    def __init__(self, cache_bytes: int, refresh: bool) -> None:
        self._refresh = refresh
        added = 0 if refresh else cache_bytes // 4
        self._words: Cache[KeptWord] = Cache(added)
        self._inter: Cache[InterTile] = Cache(added)
        self._intra: Cache[IntraTile] = Cache(cache_bytes - 2 * added)

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        words, inter, intra = self._words, self._inter, self._intra
        macroblocks = {"macroblocks": (inter.lookups + intra.lookups, inter.hits + intra.hits)}
        return macroblocks if self._refresh else {"words": (words.lookups, words.hits), **macroblocks}

    def pictures(
        self, storyboard: Storyboard, inks: Mapping[int, Sequence[Ink]], stream: Stream
    ) -> Mapping[int, bytes]:
        """The pictures that are not as the one before, by frame (see `vwd.video.mpeg4.encoder.Composer`)."""
        make = self._refreshed if self._refresh else self._added
        composed = dict(make(storyboard, inks, stream))
        unchanged = {frame: stream.still[frame] for frame in inks}
        return {**unchanged, **dict(zip(composed, pack(list(composed.values())), strict=True))}

    def _refreshed(
        self, storyboard: Storyboard, inks: Mapping[int, Sequence[Ink]], stream: Stream
    ) -> Iterator[tuple[int, bytes]]:
        """VOPs, one bit a byte, with the frame of each. All that is not known yet is transformed in one batch."""
        grid, starts = stream.grid, storyboard.page_starts
        frames, numbers, tiles = changes(inks, starts, grid)
        entries = lookup_tiles(self._intra, tiles, lambda luma: intra_tiles(luma, stream.keyframe_quantiser))
        starting = np.isin(frames, starts)
        for start in starts:
            own = np.flatnonzero(frames == start)
            page = [entries[place] for place in own.tolist()]
            yield start, page_picture(numbers[own], page, grid, stream.i_headers[start])
        rest = [entries[place] for place in np.flatnonzero(~starting).tolist()]
        yield from refreshed_pictures(frames[~starting], numbers[~starting], rest, grid, stream.p_headers)

    def _added(
        self, storyboard: Storyboard, inks: Mapping[int, Sequence[Ink]], stream: Stream
    ) -> Iterator[tuple[int, bytes]]:
        """The same, for words that are added to what is there."""
        starts = set(storyboard.page_starts)
        for frame in storyboard.page_starts:
            header = stream.i_headers[frame]
            yield frame, intra_picture(inks[frame], stream.grid, header, self._intra, stream.keyframe_quantiser)
        patches = self._patches(storyboard, {f: i for f, i in inks.items() if f not in starts}, stream)
        for frame, patch in patches.items():
            yield frame, stream.p_headers[frame] + inter_picture(patch, stream.grid)

    def _patches(self, storyboard: Storyboard, added: Mapping[int, Sequence[Ink]], stream: Stream) -> dict[int, Patch]:
        """What each frame adds. Words are kept by their text and their place on the grid of macroblocks."""
        grid = stream.grid
        patches: dict[int, Patch] = {}
        unknown: dict[int, tuple[Hashable, Window]] = {}
        for frame, several in added.items():
            ink = several[0] if len(several) == 1 else merged(several, stream.spec)
            (x, y, _, _), _, text = ink
            key: Hashable = (
                (text, x % 16, y % 16, grid.columns, storyboard.font_size, storyboard.language) if text else None
            )
            (kept,) = self._words.get((key,)) if key else (None,)
            if kept:
                patches[frame] = kept.at(y // 16 * grid.columns + x // 16)
            else:
                unknown[frame] = key, Window.of(ink, grid)
        made = inter_patches([window for _, window in unknown.values()], grid, self._inter, stream.quantiser)
        for (frame, (key, _)), patch in zip(unknown.items(), made, strict=True):
            patches[frame] = patch
            if key:
                self._words.put(key, KeptWord.of(patch))
        return patches
