"""What flows out of a corpus: a sample to draw, or a skip that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

Row = Mapping[str, Any]
Language = Literal["en", "zh"]
Kind = Literal["question", "story"]


class SkipCode(str, Enum):
    """Why a row has no sample. The words are stable: ledgers and scripts hold them."""

    BAD_ROW = "bad_row"
    EMPTY_TEXT = "empty_text"
    MISSING_GLYPH = "missing_glyph"
    PROMPT_TOO_LONG = "prompt_too_long"
    ANSWER_TOO_LONG = "answer_too_long"


@dataclass(frozen=True)
class Skip:
    """A row left out on purpose: one word from the enum, and what it was about this row."""

    code: SkipCode
    detail: str


@dataclass(frozen=True)
class Text:
    """What a row says, cleaned: the prompt, the answer, and the final answer apart ("" where there is none)."""

    prompt: str
    answer: str
    final_answer: str = ""


@dataclass(frozen=True)
class Sample:
    """One row ready to be drawn. Prompt and answer are as drawn: normalised, one sentence a line.

    Attributes:
        dataset: the corpus, and the first part of the key.
        index: the row's number in the corpus, from 0.
        final_answer: the bare result of a maths answer, "" where there is none.
    """

    dataset: str
    index: int
    prompt: str
    answer: str
    final_answer: str
    language: Language
    kind: Kind

    @property
    def key(self) -> str:
        return f"{self.dataset}_{self.index:06d}"


class BadRowError(ValueError):
    """A row whose field is absent, null, or not text: becomes a `bad_row` skip."""
