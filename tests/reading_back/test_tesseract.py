"""A reader that is not ours, Debian's tesseract, reads the last pages of videos, too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import REAL_ROWS
from text.boards import FONTS

from vwd.corpora import builtin
from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import Sample
from vwd.corpora.sources.open import open_file
from vwd.grade.distance import aligned
from vwd.grade.tokens import expected_tokens
from vwd.readback.files import video_frames
from vwd.readback.ink import Grey
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.encoders import get_encoder
from vwd.video.spec import VideoSpec

BUILTIN = Path(builtin.__file__).parent
# Some 0.3 s of CPU a page, on a machine that others use.
TIMEOUT = 1500


def needs_tesseract(language: str) -> None:
    """Skips the test without tesseract or its data for a language."""
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=60, check=True)
    if language not in listed.stdout.split():
        pytest.skip(f"tesseract has no {language} here")


def boards_of(corpus_name: str, real: str, count: int) -> list[Storyboard]:
    """The storyboards of the first rows of a corpus: of real ones where this machine has them, else of the built-in."""
    path = REAL_ROWS / real
    corpus, rows = find_corpus(corpus_name), open_file(path if path.is_file() else BUILTIN / f"{corpus_name}.jsonl")
    schema, spec = corpus.schema_for(rows.columns), VideoSpec().storyboard_spec().for_language(corpus.language)
    samples = (corpus.sample(row, index, schema) for index, row in enumerate(rows.read(0, rows.count or 0)))
    laid_out = (lay_out(sample, spec, FONTS) for sample in samples if isinstance(sample, Sample))
    boards = [board for board in laid_out if isinstance(board, Storyboard)][:count]
    assert len(boards) == count or not path.is_file()
    return boards


def last_picture(board: Storyboard) -> Grey:
    *_, last = video_frames(get_encoder("mpeg4").encode(board, VideoSpec()))
    return last


def tesseract(pictures: list[Grey], language: str, folder: Path) -> list[str]:
    """What tesseract reads of pictures, each as one block of text."""
    names = [folder / f"{number}.png" for number in range(len(pictures))]
    for name, picture in zip(names, pictures, strict=True):
        assert cv2.imwrite(str(name), picture)
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in names))
    done = subprocess.run(
        ["tesseract", "list.txt", "stdout", "-l", language, "--psm", "6"],
        cwd=folder, env={**os.environ, "OMP_THREAD_LIMIT": "1"}, capture_output=True, encoding="utf-8",
        timeout=TIMEOUT, check=True,
    )  # fmt: skip
    texts = done.stdout.split("\f")[: len(names)]
    assert len(texts) == len(names)
    return texts


def last_page(board: Storyboard) -> str:
    return " ".join(token.text for token in expected_tokens(board) if token.page == board.pages - 1)


def share_read(found: list[list[str]], expected: list[list[str]]) -> float:
    """Of the expected items, the share that was found in order; printed for `pytest -s`."""
    right = sum(len(aligned(have, want)) for have, want in zip(found, expected, strict=True))
    count = sum(map(len, expected))
    print(f"\n{right:,} of {count:,}: {right / count:.2%}")
    return right / count


@pytest.mark.slow
def test_tesseract_reads_the_words_of_english_samples(tmp_path: Path) -> None:
    needs_tesseract("eng")
    boards = boards_of("gsm8k", "gsm8k_train.jsonl", 100) + boards_of("tinystories", "tinystories_500.jsonl", 100)
    texts = tesseract(list(map(last_picture, boards)), "eng", tmp_path)
    expected = [last_page(board).split() for board in boards]
    share = share_read([text.split() for text in texts], expected)
    assert share >= 0.97, f"{share:.2%} of {sum(map(len, expected)):,} words"


@pytest.mark.slow
def test_tesseract_reads_the_characters_of_chinese_samples_at_double_size(tmp_path: Path) -> None:
    needs_tesseract("chi_sim")
    boards = boards_of("belle_school_math", "belle_school_math_500.jsonl", 50)
    pictures = [cv2.resize(last_picture(board), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for board in boards]
    texts = tesseract([np.asarray(picture, np.uint8) for picture in pictures], "chi_sim", tmp_path)
    expected = [_han(last_page(board)) for board in boards]
    share = share_read([_han(text) for text in texts], expected)
    assert share >= 0.93, f"{share:.2%} of {sum(map(len, expected)):,} characters"


def _han(text: str) -> list[str]:
    return re.findall("[\u4e00-\u9fff]", text)
