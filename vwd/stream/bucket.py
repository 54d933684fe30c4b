"""Buckets: the samples of a dataset that can be had at one size and length, so that any of them make a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from vwd.errors import ShardError, UsageError
from vwd.shards.clip_json import read_known
from vwd.shards.shuffle import Indices
from vwd.stream.clip_jsons import clip_jsons
from vwd.stream.form import Size
from vwd.stream.frame_selection import Frames
from vwd.stream.source import Source

_BUCKET = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})x([1-9]\d{0,4})")
# Of the proportion of its sides: 1920x1088 and 854x480 still count as 640x360. Nobody sees so little distortion.
_TOLERANCE = 0.02


@dataclass(frozen=True)
class Bucket:
    """Videos with at least these frames, at least this width and height, and sides in this proportion, within 2 %.

    So videos are only ever made smaller or shorter, and neither cropped nor visibly distorted.
    """

    width: int
    height: int
    frames: int

    @classmethod
    def parse(cls, text: str) -> Bucket:
        """From width, height and frames: "640x360x49".

        Raises:
            UsageError: it has another form.
        """
        if not isinstance(text, str) or not (named := _BUCKET.fullmatch(text)):
            raise UsageError(f"bucket={text!r}", "Give width, height and frames: '640x360x49'.")
        return cls(*map(int, named.groups()))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.frames}"

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.height, self.width

    def selection(self, frames: Frames) -> Frames:
        """The frames to take: the first ones, without a gap, or as many evenly.

        Raises:
            UsageError: others are asked for.
        """
        if frames.kind == "all":
            return Frames("first", self.frames)
        if frames.kind in ("evenly", "first") and frames.count == self.frames:
            return frames
        raise UsageError(
            f"frames= with bucket='{self}', which has {self.frames}",
            f"Leave `frames` out for the first {self.frames}, or give {self.frames} for as many evenly.",
        )

    def holds(self, width: int, height: int, frames: int) -> bool:
        """Whether a video of these sides and frames is in it."""
        proportion = width * self.height / (height * self.width)
        large = width >= self.width and height >= self.height and frames >= self.frames
        return large and 1 / (1 + _TOLERANCE) <= proportion <= 1 + _TOLERANCE


def numbers_in(source: Source, bucket: Bucket) -> list[Indices]:
    """The numbers of the samples of each shard that are in a bucket. The JSON of every clip is read.

    Raises:
        UsageError: none is.
        ShardError: a shard cannot be read.
    """
    if not source.clips:
        video = source.video
        if not video or not bucket.holds(video.width, video.height, video.frames):
            size = f"{video.width}x{video.height}x{video.frames}" if video else "of a size that no contract says"
            raise UsageError(
                f"bucket='{bucket}': the videos of {source.dataset} are {size}",
                "Give a bucket that holds them, or leave this output out.",
            )
        return [np.arange(shard.samples) for shard in source.shards]
    numbers = [np.array(own, np.int64) for own in _held(source, bucket)]
    if not any(map(len, numbers)):
        raise UsageError(
            f"bucket='{bucket}': none of the {source.samples:,} clips of {source.dataset} is in it",
            "Give a smaller one, or one with the sides' proportion of the clips.",
        )
    return numbers


def _held(source: Source, bucket: Bucket) -> list[list[int]]:
    held: list[list[int]] = []
    for shard, jsons in zip(source.shards, clip_jsons(source), strict=True):
        held.append([])
        number = 0
        try:
            for number, data in enumerate(jsons):
                known = read_known(data)
                if bucket.holds(known.width, known.height, known.num_frames):
                    held[-1].append(number)
        except ShardError as error:
            raise ShardError(f"{shard.address}, sample {number}: {error.what}", error.hint) from error
    return held
