"""Texts as tokens that have frames and pages: words, and single characters where Chinese has no spaces.

Tokens end with their line: no picture shows whether a word that was too long for a line continues in the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from vwd.corpora.sample import Language
from vwd.readback import Reading
from vwd.readback.twins import as_read
from vwd.text.storyboard import Storyboard, Word

# In Chinese: a run of Latin letters and digits, or any other character.
CHINESE_TOKEN = re.compile(r"[A-Za-z0-9.]+|\S")


class Token(NamedTuple):
    """A token, the frame at which all of it is there, and its page."""

    text: str
    frame: int
    page: int


def expected_tokens(board: Storyboard) -> list[Token]:
    """The tokens of a storyboard, as they are read where every character is read."""
    pieces: list[tuple[str, int, int, bool]] = []
    before: Word | None = None
    for word in board.words:
        same_line = before is not None and (before.page, before.box.y) == (word.page, word.box.y)
        joined = same_line and before is not None and before.end == word.start > 0
        pieces.append((as_read(word.text, board.language), word.frame, word.page, joined))
        before = word
    return _tokens(pieces, board.language)


def found_tokens(reading: Reading, language: Language) -> list[Token]:
    """The tokens of what was read."""
    pieces = [(word.text, word.frame, word.page, word.joined) for word in reading.words]
    return _tokens(pieces, language)


def _tokens(pieces: Sequence[tuple[str, int, int, bool]], language: Language) -> list[Token]:
    tokens: list[Token] = []
    run: list[tuple[str, int, int]] = []
    for text, frame, page, joined in pieces:
        if run and not (joined and page == run[-1][2]):
            tokens += _cut(run, language)
            run = []
        run += [(char, frame, page) for char in text]
    return tokens + _cut(run, language)


def _cut(run: list[tuple[str, int, int]], language: Language) -> list[Token]:
    text = "".join(char for char, _, _ in run)
    spans = [m.span() for m in (CHINESE_TOKEN if language == "zh" else re.compile(r"\S+")).finditer(text)]
    return [Token(text[a:b], max(f for _, f, _ in run[a:b]), run[a][2]) for a, b in spans]


def joined_text(tokens: Sequence[Token], language: Language) -> str:
    """The text of tokens: words with a space between, Chinese without."""
    return ("" if language == "zh" else " ").join(token.text for token in tokens)
