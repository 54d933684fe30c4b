"""A video's bytes depend on its storyboard and its spec, not on what was encoded before."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from hashlib import sha256

import pytest
from conftest import HANG_SECONDS, environment
from mpeg4.samples import BUILTIN, SPEC, board_of, builtin, first_boards, video_of

from vwd.corpora.sample import Language
from vwd.text.storyboard import Box, Storyboard, Word
from vwd.video.bitmaps import word_coverage
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

ROWS = [("gsm8k", 1), ("gsm8k", 3), ("belle_school_math", 3), ("tinystories", 0), ("tinystories_chinese", 2)]
SMALL = VideoSpec(300, 150, 60, Fraction(25))


@pytest.mark.parametrize("cache_bytes", [128 * 1024 * 1024, 20_000, 0])
def test_a_used_encoder_gives_the_bytes_of_a_fresh_one(cache_bytes: int) -> None:
    used = Mpeg4Encoder(cache_bytes=cache_bytes)
    for path in sorted(BUILTIN.glob("*.jsonl")):
        for board in first_boards(path, 4):
            used.encode(board, SPEC)
    for corpus, number in [*ROWS, *reversed(ROWS)]:
        assert used.encode(builtin(corpus, number), SPEC) == video_of(corpus, number)


@pytest.mark.parametrize("cache_bytes", [128 * 1024 * 1024, 20_000])
def test_other_sizes_rates_and_fonts_in_between_do_not_change_a_byte(cache_bytes: int) -> None:
    text = ("How many jars are\non the two shelves?", "There are 4 jars on one\nand 9 on the other, so 13 in all.")
    inputs = [
        (board_of(*text, spec.storyboard_spec(font_size)), spec)
        for spec in (SPEC, SMALL, VideoSpec(640, 160, 60), VideoSpec(frames=80), VideoSpec(fps=Fraction(24)))
        for font_size in (16, 23, 28)
    ]
    fresh = [Mpeg4Encoder().encode(board, spec) for board, spec in inputs]
    assert len(set(fresh)) == len(inputs)
    used = Mpeg4Encoder(cache_bytes=cache_bytes)
    for _ in range(2):
        assert [used.encode(board, spec) for board, spec in inputs] == fresh
    assert [used.encode(board, spec) for board, spec in reversed(inputs)] == fresh[::-1]


def one_word(text: str, font_size: int, language: Language) -> Storyboard:
    """A question mark, and then this word, at the same place whatever the font."""
    words = []
    for frame, (shown, x) in enumerate((("?", 20), (text, 100))):
        height, width = word_coverage(shown, font_size, language).shape
        words.append(Word(shown, frame, 0, Box(x, 20, width, height)))
    return Storyboard(300, 150, 60, font_size, language, 1, (0,), Box(0, 0, 0, 0), tuple(words))


def test_a_word_at_the_same_place_in_another_font_or_language_is_cached_separately() -> None:
    boards = [one_word("“x”…", size, language) for size in (16, 20, 28) for language in ("en", "zh")]
    fresh = [Mpeg4Encoder().encode(board, SMALL) for board in boards]
    assert len(set(fresh)) == len(boards)
    used = Mpeg4Encoder()
    assert [used.encode(board, SMALL) for board in boards * 2] == fresh * 2


def test_another_process_gives_the_same_bytes() -> None:
    program = (
        "import sys; from hashlib import sha256; from mpeg4.samples import video_of; "
        "print(sha256(video_of('gsm8k', 1)).hexdigest())"
    )
    tests = str(BUILTIN.parents[2] / "tests")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(PYTHONPATH=tests, PYTHONHASHSEED="7", OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Prescott"),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == sha256(video_of("gsm8k", 1)).hexdigest()
