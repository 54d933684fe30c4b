"""Composing pictures in Python: what the native kernel does too, to read, to test it by, and where there is none."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import Ink
from vwd.video.mpeg4.bits import pack, stuffing
from vwd.video.mpeg4.macroblocks import Cache, InterTile, IntraTile
from vwd.video.mpeg4.refreshed import Page, refreshed_pictures
from vwd.video.mpeg4.stream import Stream
from vwd.video.mpeg4.vops import KeptWord, Patch, Window, inter_patches, inter_picture, intra_picture, merged


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
        starts = set(storyboard.page_starts)
        if self._refresh:
            changes = self._refreshed(inks, starts, stream)
        else:
            patches = self._patches(storyboard, {f: i for f, i in inks.items() if f not in starts}, stream)
            changes = {frame: inter_picture(patch, stream.grid) for frame, patch in patches.items()}
        composed = {frame: stream.p_headers[frame] + bits for frame, bits in changes.items()}
        for frame in storyboard.page_starts:
            page = intra_picture(inks[frame], stream.grid, self._intra, stream.keyframe_quantiser)
            composed[frame] = stream.i_headers[frame] + page
        packed = pack([bits + stuffing(len(bits)) for bits in composed.values()])
        return dict(zip(composed, packed, strict=True))

    def _refreshed(self, inks: Mapping[int, Sequence[Ink]], starts: set[int], stream: Stream) -> dict[int, bytes]:
        """What each frame changes, drawn in the order of the frames."""
        page, changed = Page(stream.grid), {}
        for frame in sorted(inks):
            if frame in starts:
                page.clear()
                page.draw(inks[frame])
            else:
                changed[frame] = page.draw(inks[frame])
        made = refreshed_pictures(list(changed.values()), stream.grid, self._intra, stream.keyframe_quantiser)
        return dict(zip(changed, made, strict=True))

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
