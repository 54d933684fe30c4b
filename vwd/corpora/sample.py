"""What comes out of a corpus: a sample to draw, or a skip that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

Row = Mapping[str, Any]
Language = Literal["en", "zh", "ko"]
Kind = Literal["question", "story"]


class SkipCode(str, Enum):
    """Why a row has no sample. The values are stable: ledgers and scripts contain them."""

    BAD_ROW = "bad_row"
    EMPTY_TEXT = "empty_text"
    MISSING_GLYPH = "missing_glyph"
    PROMPT_TOO_LONG = "prompt_too_long"
    ANSWER_TOO_LONG = "answer_too_long"
    EXCLUDED = "excluded"
    # Of clips.
    VIDEO_UNREADABLE = "video_unreadable"
    # Of records: conversations, with or without an image.
    ID_MISSING = "id_missing"
    ID_DUPLICATE = "id_duplicate"
    IMAGE_MISSING = "image_missing"
    IMAGE_EMPTY = "image_empty"
    IMAGE_UNREADABLE = "image_unreadable"
    CONVERSATIONS_EMPTY = "conversations_empty"
    CONVERSATIONS_MALFORMED = "conversations_malformed"


@dataclass(frozen=True)
class Skip:
    """A row left out on purpose: a code, and what it was about this row."""

    code: SkipCode
    detail: str


@dataclass(frozen=True)
class Text:
    """A row's text, cleaned: the prompt, the answer, and the final answer on its own ("" where there is none).

    Attributes:
        one_sentence_a_line: whether prompt and answer are already broken into sentences.
    """

    prompt: str
    answer: str
    final_answer: str = ""
    one_sentence_a_line: bool = False


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
        return sample_key(self.dataset, self.index)


def sample_key(dataset: str, index: int) -> str:
    """The key of a row's sample, the same in every output."""
    return f"{dataset}_{index:06d}"


class BadRowError(ValueError):
    """A row whose field is absent, null, or not text: becomes a `bad_row` skip."""


class RefusedRow(dict[str, Any]):
    """Stands in for a row that was not read, so that the rows after it keep their numbers: becomes a `bad_row` skip.

    Attributes:
        detail: why it was not read.
    """

    def __init__(self, detail: str) -> None:
        super().__init__()
        self.detail = detail

    def __reduce__(self) -> tuple[type[RefusedRow], tuple[str]]:
        return RefusedRow, (self.detail,)

    @classmethod
    def too_large(cls, size: int, limit: int) -> RefusedRow:
        """A row of `size` bytes where `limit` are allowed."""
        return cls(f"a row of {size:,} bytes, more than the {limit:,} that one may have")
