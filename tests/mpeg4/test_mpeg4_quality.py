"""--quality is the quantiser: a finer one costs bytes and gains fidelity, and all from 1 to 31 give valid videos."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from conftest import Run
from mpeg4.samples import SPEC, board_of, builtin, proof

from vwd.errors import UsageError
from vwd.video.encoders import get_encoder
from vwd.video.mpeg4.encoder import DEFAULT_QUALITY, Mpeg4Encoder
from vwd.video.spec import VideoSpec

SMALL = VideoSpec(320, 160, 40, Fraction(25))


@pytest.mark.parametrize(("corpus", "number"), [("gsm8k", 1), ("tinystories_chinese", 2)])
def test_fidelity_and_size_decrease_from_quality_1_to_31(corpus: str, number: int) -> None:
    board, figures = builtin(corpus, number), []
    for quality in (1, 3, 8, 31):
        video, seen = Mpeg4Encoder(quality).encode(board, SPEC), proof.Proof()
        assert sum(1 for _ in proof.checked(video, board, SPEC, seen)) == 193
        assert seen.strays == 0
        figures.append((seen.decibels[0], len(video)))
    assert all(finer[0] > coarser[0] and finer[1] > coarser[1] for finer, coarser in pairwise(figures))
    assert figures[0][0] > 50
    assert figures[-1][0] > 20


@pytest.mark.parametrize("quality", range(1, 32))
def test_every_quality_is_decoded_without_an_error(quality: int) -> None:
    board = board_of("Is 7 odd?\nAnd 8?", "7 is odd, since\n7 = 2 * 3 + 1;\n8 is not.", SMALL.storyboard_spec())
    video, seen = Mpeg4Encoder(quality).encode(board, SMALL), proof.Proof()
    assert sum(1 for _ in proof.checked(video, board, SMALL, seen)) == 40
    assert seen.strays == 0
    assert seen.decibels[1] > 20
    assert last_quantiser(video) == quality


def last_quantiser(video: bytes) -> int:
    """The quantiser in the last picture's header: five bits, before the three of vop_fcode_forward."""
    with av.open(io.BytesIO(video)) as container:
        picture = [bytes(packet) for packet in container.demux(video=0) if packet.size][-1]
    # Start code, type, modulo_time_base of 0, marker, 5 bits of time (25 a second), marker, coded, rounding, 3 bits.
    bits = "".join(f"{byte:08b}" for byte in picture[:12])[32:]
    after_time = bits.index("0", 2) + 1 + 1 + 5 + 1 + 1 + 1 + 3
    return int(bits[after_time : after_time + 5], 2)


@pytest.mark.parametrize("quality", [-1, 0, 32, 1000])
def test_a_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(UsageError, match=f"`quality` {quality}\\b"):
        get_encoder("mpeg4", quality)


def test_the_quality_is_part_of_the_encoder_s_identity() -> None:
    assert get_encoder("mpeg4").identity["quality"] == str(DEFAULT_QUALITY)
    assert get_encoder("mpeg4", 9).identity["quality"] == "9"


def test_the_command_refuses_a_quality_out_of_range(run: Run) -> None:
    done = run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 1, "--quality", 32, check=False)
    assert done.returncode == 2
    assert "32" in done.stderr
    assert "Traceback" not in done.stderr
