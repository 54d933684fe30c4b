"""Storyboards to compose videos from, and the proof's own decoders (`tools/proof`)."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from tools.proof import mpeg4 as proof
from tools.proof import xvid
from vwd.corpora.sample import Language, Sample
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

__all__ = ["BUILTIN", "SPEC", "board_of", "builtin", "first_boards", "proof", "video_of", "xvid"]

SPEC = VideoSpec()
BUILTIN = Path(__file__).resolve().parents[2] / "vwd" / "corpora" / "builtin"
_FONTS = Fonts()


def first_boards(path: Path, count: int, spec: VideoSpec = SPEC) -> list[Storyboard]:
    """The storyboards of a file's first rows that have one."""
    return list(proof.storyboards(path, count, spec))


@cache
def builtin(corpus: str, number: int) -> Storyboard:
    """A storyboard of the rows that ship with the program, at the usual size."""
    return first_boards(BUILTIN / f"{corpus}.jsonl", number + 1)[number]


def board_of(prompt: str, answer: str, spec: StoryboardSpec, language: Language = "en") -> Storyboard:
    """A storyboard of these words; fails where they have none."""
    board = lay_out(Sample("words", 0, prompt, answer, "", language, "question"), spec, _FONTS)
    assert isinstance(board, Storyboard), board
    return board


@cache
def video_of(corpus: str, number: int) -> bytes:
    """The video of a shipped row, by an encoder of its own."""
    return Mpeg4Encoder().encode(builtin(corpus, number), SPEC)
