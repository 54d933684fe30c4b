"""One clip: frames and the sound that belongs to them, encoded with H.264 and AAC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vwd.meta.media import ORIGIN_TAG

_QUALITY = "18"  # x264's constant rate factor: no loss that one sees


@dataclass(frozen=True)
class ClipForm:
    """What clips are like; by default as their source.

    Attributes:
        target_fps: another rate: frames are left out or shown again, so that the clip lasts as long.
        shorter_size: the length of the shorter side in pixels, for videos that are larger.
        audio: keep the sound.
    """

    target_fps: float | None = None
    shorter_size: int | None = None
    audio: bool = True

    def rate(self, source: Fraction) -> Fraction:
        return source if self.target_fps is None else Fraction(self.target_fps).limit_denominator(1001)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height; a side that is scaled is even, as the codec wants it."""
        shorter = min(width, height)
        if self.shorter_size is None or shorter <= self.shorter_size:
            return width, height
        scale = Fraction(self.shorter_size, shorter)
        return 2 * round(width * scale / 2), 2 * round(height * scale / 2)


class ClipWriter:
    """Writes a clip. Its frames get the numbers 0, 1, … at an even rate."""

    def __init__(
        self, path: Path, form: ClipForm, rate: Fraction, size: tuple[int, int], origin: Mapping[str, Any]
    ) -> None:
        import av

        from vwd.video.h264 import REPRODUCIBLE

        self._source_rate, self._rate = rate, form.rate(rate)
        self._width, self._height = form.size(*size)
        self._container: Any = av.open(str(path), "w", format="mp4")
        self._container.metadata[ORIGIN_TAG] = json.dumps(dict(origin), ensure_ascii=False)
        self._video = self._container.add_stream(
            "libx264", rate=self._rate, options={"crf": _QUALITY, "preset": "veryfast", **REPRODUCIBLE}
        )
        self._video.width, self._video.height = self._width, self._height
        # 4:2:0 halves both sides.
        self._video.pix_fmt = "yuv420p" if self._width % 2 == self._height % 2 == 0 else "yuv444p"
        self._video.codec_context.time_base = 1 / self._rate
        self._audio: Any = None
        self._shown = self._taken = 0

    def add_sound(self, rate: int, layout: str) -> None:
        """Announces sound; before the first frame."""
        self._audio = self._container.add_stream("aac", rate=rate, layout=layout)
        self._samples = 0

    def frame(self, frame: Any) -> None:
        """The next frame of the source, which is written as often as the clip's rate asks for."""
        self._taken += 1
        until = self._taken / self._source_rate
        converted = None
        while self._shown / self._rate < until:
            if converted is None:
                converted = frame.reformat(self._width, self._height, self._video.pix_fmt)
            converted.pts, converted.time_base, converted.pict_type = self._shown, 1 / self._rate, 0
            self._container.mux(self._video.encode(converted))
            self._shown += 1

    def sound(self, samples: Any) -> None:
        """The next samples of each channel: a float array (channels, samples)."""
        import av
        import numpy as np

        if not samples.shape[1]:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._audio.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = self._audio.rate, self._samples, Fraction(1, self._audio.rate)
        self._samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    @property
    def frames(self) -> int:
        """How many have been written."""
        return self._shown

    def close(self) -> None:
        """Completes the file."""
        for stream in (self._video, self._audio):
            if stream is not None and (stream is self._video or self._samples):
                self._container.mux(stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Lets go of a file that is not wanted."""
        import av

        try:
            self._container.close()
        except (av.FFmpegError, OSError, ValueError):
            return


class Sound:
    """A video's sound from its beginning on, in pieces up to given times."""

    def __init__(self, container: Any) -> None:
        import av

        stream = container.streams.audio[0]
        self.rate, self.layout = stream.rate, stream.layout.name
        self._channels = stream.layout.nb_channels
        self._pieces = _pieces(container, av.AudioResampler("fltp", self.layout, self.rate), self.rate)
        self._held: Any = None
        self._at = 0

    def until(self, seconds: Fraction) -> Any:
        """The samples from where the last piece ended: a float array (channels, samples).

        Gaps are silent, so that what follows stays in step; after the end of the sound there is none.
        """
        import numpy as np

        end, parts = round(seconds * self.rate), []
        while self._at < end:
            if self._held is None:
                self._held = next(self._pieces, None)
                if self._held is None:
                    break
            start, samples = self._held
            if start > self._at:
                silent = min(start, end) - self._at
                parts.append(np.zeros((self._channels, silent), np.float32))
                self._at += silent
                continue
            skipped = self._at - start
            piece = samples[:, skipped : skipped + end - self._at]
            parts.append(piece)
            self._at += piece.shape[1]
            if start + samples.shape[1] <= self._at:
                self._held = None
        return np.concatenate(parts, axis=1) if parts else np.zeros((self._channels, 0), np.float32)


def _pieces(container: Any, resampler: Any, rate: int) -> Iterator[tuple[int, Any]]:
    """Decoded samples, and the sample number of each piece's first."""
    import av

    at = 0
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
            frames = packet.decode() if packet is not None else []
        except av.FFmpegError:
            return
        if packet is None:
            return
        for frame in frames:
            if frame.pts is not None:
                at = round(frame.pts * frame.time_base * rate)
            for converted in resampler.resample(frame):
                samples = converted.to_ndarray()
                yield at, samples
                at += samples.shape[1]
