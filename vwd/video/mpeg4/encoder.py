"""The `mpeg4` encoder: from a storyboard to an mp4, picture by picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import Ink, inks_by_frame
from vwd.video.mpeg4.container import mp4
from vwd.video.mpeg4.kernels import NATIVE, chosen_kernel
from vwd.video.mpeg4.macroblocks import KEYFRAME_QUANTISER_LIMIT
from vwd.video.mpeg4.native_composer import NativeComposer, share_macroblocks
from vwd.video.mpeg4.python_composer import PythonComposer
from vwd.video.mpeg4.stream import Stream
from vwd.video.spec import VideoSpec

DEFAULT_QUALITY = 3
DEFAULT_CACHE_BYTES = 128_000_000
# Raised when the bytes of a video change; outputs that were begun with an older one go on with it.
VERSION = "3"
# Adds words to what is there, where later versions show what they touch anew.
_ADDING = "2"
VERSIONS = (_ADDING, VERSION)


class Composer(Protocol):
    """Composes pictures. Its caches only make it faster: no bytes depend on them."""

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        """For each cache, look-ups and hits."""
        ...

    def pictures(
        self, storyboard: Storyboard, inks: Mapping[int, Sequence[Ink]], stream: Stream
    ) -> Mapping[int, bytes]:
        """The pictures that are not as the one before, by frame: whole VOPs.

        Args:
            inks: what each frame adds; a frame that starts a page begins with a white one.
        """
        ...


def share_cache(quality: int = DEFAULT_QUALITY, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
    """Lets encoders of this quality in processes that are forked from this one share what they keep."""
    if chosen_kernel() == NATIVE:
        share_macroblocks(quality, min(quality, KEYFRAME_QUANTISER_LIMIT), cache_bytes)


class Mpeg4Encoder:
    """Composes videos for one quantiser.

    Args:
        quality: the quantiser, 1 (finest) to 31.
        cache_bytes: how much memory the kept macroblocks and words may take; about, without the native kernel.
        version: makes the bytes that this version made, one of `VERSIONS`.

    Raises:
        UsageError: there is no such quality; or VWD_KERNEL asks for a kernel that there is not.
    """

    def __init__(
        self, quality: int = DEFAULT_QUALITY, cache_bytes: int = DEFAULT_CACHE_BYTES, version: str = VERSION
    ) -> None:
        if not 1 <= quality <= 31:
            raise UsageError(f"`quality` {quality}", "Choose a quantiser from 1 (finest) to 31 (smallest files).")
        self._quality, self._version = quality, version
        # A coarser quantiser would not code white exactly in intra macroblocks.
        refresh = version != _ADDING and quality <= KEYFRAME_QUANTISER_LIMIT
        self._streams: dict[VideoSpec, Stream] = {}
        self.kernel = chosen_kernel()
        self._composer: Composer
        if self.kernel == NATIVE:
            self._composer = NativeComposer(quality, min(quality, KEYFRAME_QUANTISER_LIMIT), cache_bytes, refresh)
        else:
            self._composer = PythonComposer(cache_bytes, refresh)

    @property
    def identity(self) -> dict[str, str]:
        return {"name": "mpeg4", "version": self._version, "quality": str(self._quality)}

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        return self._composer.cache_counts

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of the storyboard (see `vwd.video.encoders.Encoder`)."""
        stream = self._streams.get(spec) or self._streams.setdefault(spec, Stream(spec, self._quality))
        pictures = list(stream.still)
        for frame, picture in self._composer.pictures(storyboard, inks_by_frame(storyboard), stream).items():
            pictures[frame] = picture
        return mp4(pictures, storyboard.page_starts, stream.header, spec)
