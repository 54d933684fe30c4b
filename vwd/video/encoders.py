"""Encoders behind one protocol: a storyboard in, the bytes of an mp4 out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard
from vwd.video.spec import VideoSpec

DEFAULT_ENCODER = "mpeg4"
ENCODERS = ("mpeg4", "opencv", "h264")
# What the mpeg4 encoder of one worker keeps between videos, at most.
DEFAULT_CACHE_MB = 128


class Encoder(Protocol):
    """Makes videos. The bytes depend on the storyboard and the spec alone."""

    @property
    def identity(self) -> dict[str, str]:
        """Name, settings and library versions: everything that the bytes depend on, for `pack.json`."""
        ...

    @property
    def kernel(self) -> str:
        """Which kernel makes the videos, "native" or "python"; "" where there is no choice."""
        ...

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        """For each cache, look-ups and hits."""
        ...

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of `spec.frames` frames at `spec.fps`, its header before its data.

        Raises:
            EncodeError: the library behind the encoder failed.
        """
        ...


def share_cache(name: str, quality: int | None = None, cache_mb: int = DEFAULT_CACHE_MB) -> None:
    """Lets encoders of these settings share what they keep, in processes that are forked from this one."""
    if name == "mpeg4":
        from vwd.video.mpeg4 import encoder

        encoder.share_cache(encoder.DEFAULT_QUALITY if quality is None else quality, cache_mb * 1_000_000)


def get_encoder(
    name: str, quality: int | None = None, cache_mb: int = DEFAULT_CACHE_MB, version: str | None = None
) -> Encoder:
    """An encoder by name.

    Args:
        quality: the quantiser of `mpeg4`, from 1 (finest) to 31; None for its default.
        cache_mb: how many megabytes `mpeg4` may keep between videos; it is slower with less, and writes the same bytes.
        version: of `mpeg4`, whose bytes it makes, from an output's contract; None for the latest.

    Raises:
        UsageError: there is none of this name, or it does not have this quality.
        MissingExtraError: its optional package is not installed.
    """
    if name == "mpeg4":
        from vwd.video.mpeg4.encoder import DEFAULT_QUALITY, VERSION, Mpeg4Encoder

        quality = DEFAULT_QUALITY if quality is None else quality
        return Mpeg4Encoder(quality, cache_mb * 1_000_000, version or VERSION)
    if quality is not None:
        raise UsageError(f"`quality` {quality} with `encoder` {name}", "Only the mpeg4 encoder has a quality.")
    if name == "opencv":
        from vwd.video.opencv import OpenCvEncoder

        return OpenCvEncoder()
    if name == "h264":
        from vwd.video.h264 import H264Encoder

        return H264Encoder()
    raise UsageError(f"no encoder is called '{name}'", f"Choose one of {', '.join(ENCODERS)}.")


def kept_version(name: str, identity: Mapping[str, str]) -> str | None:
    """The version with which this encoder resumes an output that has another identity; None for its latest."""
    if name != DEFAULT_ENCODER or identity.get("name") != name:
        return None
    from vwd.video.mpeg4.encoder import VERSIONS

    return identity.get("version") if identity.get("version") in VERSIONS else None
