"""Storyboards and videos for tests, and the decoders of `tools/proof`."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in ("", "tools/bench"))

from rows import storyboards

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
    """The storyboards of the first rows of a file that can be laid out."""
    return storyboards(path, count, spec)


@cache
def builtin(corpus: str, number: int) -> Storyboard:
    """The storyboard of a row in the package, at the default size."""
    return first_boards(BUILTIN / f"{corpus}.jsonl", number + 1)[number]


def board_of(prompt: str, answer: str, spec: StoryboardSpec, language: Language = "en") -> Storyboard:
    """The storyboard of texts that can be laid out."""
    board = lay_out(Sample("words", 0, prompt, answer, "", language, "question"), spec, _FONTS)
    assert isinstance(board, Storyboard), board
    return board


@cache
def video_of(corpus: str, number: int) -> bytes:
    """The video of a row in the package, by a new encoder."""
    return Mpeg4Encoder().encode(builtin(corpus, number), SPEC)
