"""An encoded video shows its storyboard, frame by frame, and nothing but its words changes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from conftest import real_rows
from mpeg4.samples import BUILTIN, SPEC, builtin, first_boards, proof, video_of

from vwd.corpora.registry import CORPORA
from vwd.text.storyboard import Storyboard
from vwd.video.mpeg4.encoder import Mpeg4Encoder


def proof_of(boards: list[Storyboard]) -> proof.Proof:
    """The totals of these videos, decoded with PyAV; the number and times of their frames are checked as well."""
    encode = Mpeg4Encoder().encode
    total = proof.Proof()
    for board in boards:
        video = encode(board, SPEC)
        one = proof.Proof(1, len(video))
        assert sum(1 for _ in proof.checked(video, board, SPEC, one)) == SPEC.frames
        total += one
    return total


@pytest.mark.parametrize("corpus", CORPORA)
def test_builtin_rows_decode_to_their_storyboards_and_only_words_change(corpus: str) -> None:
    total = proof_of(first_boards(BUILTIN / f"{corpus}.jsonl", 24))
    mean, worst = total.decibels
    assert (total.rows, len(total.squared_errors)) == (24, 24 * 193)
    assert mean >= 42
    assert worst >= 40
    assert total.strays == 0


# The most bytes that a video of each corpus has, on average of its first 50 rows.
REAL = {"gsm8k_train.jsonl": 135_000, "belle_school_math_500.jsonl": 125_000, "tinystories_500.jsonl": 185_000}


@pytest.mark.parametrize("rows", [12, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", REAL)
def test_real_rows_decode_to_their_storyboards_and_only_words_change(name: str, rows: int) -> None:
    total = proof_of(first_boards(real_rows(name), rows))
    mean, worst = total.decibels
    assert (total.rows, len(total.squared_errors)) == (rows, rows * 193)
    assert mean >= proof.LEAST_MEAN_DB >= 46
    assert worst >= proof.LEAST_WORST_DB >= 42
    assert total.strays == 0
    assert 16 <= total.lightest_ink <= proof.LIGHTEST_INK
    if rows == 50:
        assert total.size / total.rows <= REAL[name]


def test_the_proof_detects_a_word_in_the_wrong_place() -> None:
    board = builtin("gsm8k", 0)
    first, *others = board.words
    moved = first._replace(box=first.box._replace(y=first.box.y + 200))
    other = Storyboard(**{**vars(board), "words": (moved, *others)})
    seen = proof.Proof(1, 0)
    list(proof.checked(Mpeg4Encoder().encode(other, SPEC), board, SPEC, seen))
    assert seen.strays > 0
    assert seen.decibels[1] < 40


@pytest.mark.parametrize("corpus", CORPORA)
def test_frames_after_the_last_word_are_identical(corpus: str) -> None:
    last_word = builtin(corpus, 0).words[-1].frame
    tail = [picture.luma for picture in proof.pyav_pictures(video_of(corpus, 0))][last_word:]
    assert len(tail) == 193 - last_word > 1
    assert all(np.array_equal(luma, tail[0]) for luma in tail)


@pytest.mark.parametrize("corpus", ["gsm8k", "tinystories_chinese"])
def test_chroma_is_grey_in_every_frame(corpus: str, tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(video_of(corpus, 2))
    with av.open(str(path)) as container:
        planes = [frame.to_ndarray()[360:] for frame in container.decode(video=0)]
    assert len(planes) == 193
    assert all((plane == 128).all() for plane in planes)
