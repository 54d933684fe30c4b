"""Encoders behind one protocol: a storyboard in, the bytes of an mp4 out."""

from __future__ import annotations

from typing import Protocol

from vwd.errors import UsageError, VwdError
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
        """Name, settings and library versions: all that the bytes depend on, for `pack.json`."""
        ...

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        """By what is kept between videos: how often it was asked for, and how often it was there."""
        ...

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of `spec.frames` frames at `spec.fps`, its header before its data.

        Raises:
            EncodeError: the library behind the encoder failed.
        """
        ...


class EncodeError(VwdError):
    """The library behind an encoder failed."""


def get_encoder(name: str, quality: int | None = None, cache_mb: int = DEFAULT_CACHE_MB) -> Encoder:
    """An encoder by name.

    Args:
        quality: the quantiser of `mpeg4`, from 1 (finest) to 31; None for its default.
        cache_mb: how many megabytes `mpeg4` may keep between videos; it is slower with less, and its bytes the same.

    Raises:
        UsageError: there is none of this name, or it has no such quality.
        MissingExtraError: its optional package is not installed.
    """
    if name == "mpeg4":
        from vwd.video.mpeg4.encoder import DEFAULT_QUALITY, Mpeg4Encoder

        return Mpeg4Encoder(DEFAULT_QUALITY if quality is None else quality, cache_mb * 1_000_000)
    if quality is not None:
        raise UsageError(
            f"--quality {quality} with --encoder {name}", "Only the mpeg4 encoder has a quality to choose."
        )
    if name == "opencv":
        from vwd.video.opencv import OpenCvEncoder

        return OpenCvEncoder()
    if name == "h264":
        from vwd.video.h264 import H264Encoder

        return H264Encoder()
    raise UsageError(f"no encoder is called '{name}'", f"Choose one of {', '.join(ENCODERS)}.")
