"""Pictures that change nothing are not decoded, and the frames are those of a decoder that decodes all."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from mpeg4.samples import BUILTIN, first_boards

from vwd.errors import DecodeError
from vwd.stream import decode
from vwd.video.encoders import get_encoder
from vwd.video.spec import VideoSpec

av = pytest.importorskip("av")

SPECS = [(VideoSpec(), 3), (VideoSpec(320, 240, 80, Fraction(25)), 31), (VideoSpec(fps=Fraction(30000, 1001)), 1)]
SELECTIONS = [range(60), [0, 0, 5, 5, 9, 40, 40, 59], [59], [7, 8, 8, 9]]


def frames_of(video: bytes, wanted: Any, spec: VideoSpec) -> Any:
    frames = np.empty((len(wanted), spec.height, spec.width), np.uint8)
    decode.decode(video, np.array(wanted), frames)
    return frames


@pytest.mark.parametrize("encoder", ["mpeg4", "opencv", "h264"])
@pytest.mark.parametrize(("spec", "quality"), SPECS)
def test_frames_are_those_of_a_decoder_of_all_pictures(
    encoder: str, spec: VideoSpec, quality: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = get_encoder(encoder, quality if encoder == "mpeg4" else None)
    for board in first_boards(BUILTIN / "gsm8k.jsonl", 2, spec):
        video = make.encode(board, spec)
        found = [frames_of(video, wanted, spec) for wanted in SELECTIONS]
        with monkeypatch.context() as context:
            context.setattr(decode, "still_pictures", lambda stream, packet: ())
            expected = [frames_of(video, wanted, spec) for wanted in SELECTIONS]
        assert all(map(np.array_equal, found, expected))


def test_most_pictures_of_our_own_videos_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = VideoSpec()
    (board,) = first_boards(BUILTIN / "gsm8k.jsonl", 1)
    changes = len({word.frame for word in board.words})
    convert, seen = decode._convert, []

    def count(frame: Any, out: Any) -> None:
        seen.append(frame)
        convert(frame, out)

    monkeypatch.setattr(decode, "_convert", count)
    frames_of(get_encoder("mpeg4").encode(board, spec), range(spec.frames), spec)
    assert len(seen) == changes < spec.frames // 2


@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.99])
def test_damage_of_a_still_picture_is_no_still_picture(fraction: float) -> None:
    spec = VideoSpec()
    (board,) = first_boards(BUILTIN / "gsm8k.jsonl", 1)
    video = get_encoder("mpeg4").encode(board, spec)
    at = int(len(video) - (1 - fraction) * 10_000) if fraction < 0.99 else len(video) - 60
    damaged = video[:at] + bytes(60) + video[at + 60 :]
    with pytest.raises(DecodeError):
        frames_of(damaged, range(spec.frames), spec)
