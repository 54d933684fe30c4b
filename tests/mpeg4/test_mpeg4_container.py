"""The mp4 container: its header describes the pictures, and comes before them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import HANG_SECONDS
from mpeg4.samples import SPEC, board_of, builtin, video_of, xvid

from vwd.text.storyboard import Storyboard
from vwd.video.mp4 import read_header
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

PARENTS = ("moov", "trak", "mdia", "minf", "dinf", "stbl")
ROWS = [("gsm8k", 3), ("belle_school_math", 3), ("tinystories", 0)]
QUICK = VideoSpec(322, 182, 40, Fraction(30000, 1001))


def quick() -> tuple[Storyboard, bytes]:
    board = board_of("Six of them?", "Six of them, yes,\nand two more.", QUICK.storyboard_spec())
    return board, Mpeg4Encoder().encode(board, QUICK)


def boxes(video: bytes, start: int = 0, end: int | None = None) -> dict[str, bytes]:
    """The bodies of all boxes by name; boxes must fill their parent exactly, and no name may occur twice."""
    found: dict[str, bytes] = {}
    end = len(video) if end is None else end
    while start < end:
        size, kind = struct.unpack_from(">I4s", video, start)
        name = kind.decode("ascii")
        assert 8 <= size <= end - start
        assert name not in found
        found[name] = video[start + 8 : start + size]
        if name in PARENTS:
            found |= boxes(video, start + 8, start + size)
        start += size
    assert start == end
    return found


def numbers(body: bytes, at: int = 4) -> list[int]:
    """The 32-bit numbers of a box with a version and flags."""
    return [value for (value,) in struct.iter_unpack(">I", body[at:])]


@pytest.mark.parametrize(("corpus", "number"), ROWS)
def test_boxes_are_well_formed_and_the_header_comes_first(corpus: str, number: int) -> None:
    video = video_of(corpus, number)
    found = boxes(video)
    assert [name for name in found if name in ("ftyp", "moov", "mdat")] == ["ftyp", "moov", "mdat"]
    expected = "mvhd trak tkhd mdia mdhd hdlr minf vmhd dinf dref stbl stsd stts stss stsc stsz stco"
    assert set(expected.split()) <= set(found)
    assert found["mvhd"][4:12] == found["mdhd"][4:12] == found["tkhd"][4:12] == bytes(8)  # no time of creation


@pytest.mark.parametrize(("corpus", "number"), ROWS)
def test_the_sample_tables_name_every_picture_and_the_page_starts(corpus: str, number: int) -> None:
    video = video_of(corpus, number)
    found = boxes(video)
    uniform, count, *sizes = numbers(found["stsz"])
    assert (uniform, count, len(sizes), sum(sizes)) == (0, 193, 193, len(found["mdat"]))
    assert numbers(found["stts"]) == [1, 193, 10]
    assert numbers(found["stsc"]) == [1, 1, 193, 1]
    assert numbers(found["stco"]) == [1, video.index(b"mdat") + 4]
    starts = builtin(corpus, number).page_starts
    assert numbers(found["stss"]) == [len(starts), *(frame + 1 for frame in starts)]
    samples = xvid.read_pictures(video).samples
    intra = [frame for frame, sample in enumerate(samples) if sample[:4] == b"\x00\x00\x01\xb6" and sample[4] >> 6 == 0]
    assert tuple(intra) == starts
    assert all(sample.count(b"\x00\x00\x01") == 1 for sample in samples)  # no start code in the bits of a picture


def test_the_header_is_read_back_for_any_spec() -> None:
    assert read_header(video_of("gsm8k", 0)) == ("mp4v", 640, 360, 193, Fraction(193, 10))
    assert read_header(quick()[1]) == ("mp4v", 322, 182, 40, Fraction(30000, 1001))


def ffprobe(path: Path) -> dict[str, object]:
    """What Debian's ffprobe prints about the video stream; it counts the frames by decoding them."""
    program = shutil.which("ffprobe")
    if not program:
        pytest.skip("ffprobe is not installed (Debian's package ffmpeg)")
    done = subprocess.run(
        [program, "-v", "warning", "-count_frames", "-of", "json", "-show_streams", str(path)],
        capture_output=True, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    (stream,) = json.loads(done.stdout)["streams"]
    return dict(stream)


def test_ffprobe_prints_the_values_of_the_default_spec(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(video_of("gsm8k", 3))
    seen = ffprobe(path)
    expected = {
        "codec_name": "mpeg4", "codec_tag_string": "mp4v", "profile": "Simple Profile", "codec_type": "video",
        "width": 640, "height": 360, "pix_fmt": "yuv420p", "has_b_frames": 0, "sample_aspect_ratio": "1:1",
        "r_frame_rate": "193/10", "avg_frame_rate": "193/10", "nb_frames": "193", "nb_read_frames": "193",
    }  # fmt: skip
    assert {name: seen.get(name) for name in expected} == expected
    assert float(str(seen["duration"])) == 10.0
    assert float(str(seen["start_time"])) == 0.0
    assert SPEC.seconds == 10


def test_ffprobe_prints_the_values_of_another_spec(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(quick()[1])
    seen = ffprobe(path)
    expected = {
        "width": 322, "height": 182, "r_frame_rate": "30000/1001", "avg_frame_rate": "30000/1001",
        "nb_frames": "40", "nb_read_frames": "40",
    }  # fmt: skip
    assert {name: seen.get(name) for name in expected} == expected
    assert float(str(seen["duration"])) == pytest.approx(40 * 1001 / 30000, abs=1e-6)
