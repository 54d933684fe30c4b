"""How a row of each corpus becomes text: one small function for each schema."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from vwd.corpora.cleaning import drop_annotations, split_chinese_final, split_final, unwrap_boxed
from vwd.corpora.normalise import normalise, renormalise
from vwd.corpora.sample import BadRowError, Language, Row, Text
from vwd.corpora.sentences import first_sentences
from vwd.limits import LONGEST_TEXT

STORY_PROMPT_SENTENCES = 2


def field(row: Row, column: str) -> str:
    """The text of a column, normalised. A number is the text that the row writes it as.

    Raises:
        BadRowError: the column is absent, null, true or false, a list or an object, or too long to lay out.
    """
    if column not in row:
        raise BadRowError(f"no column '{column}'")
    text = _text_of(row[column])
    if text is None:
        raise BadRowError(f"column '{column}' holds {_kind_of(row[column])}, not text")
    if len(text) > LONGEST_TEXT:
        raise BadRowError(
            f"column '{column}' holds {len(text):,} characters, more than the {LONGEST_TEXT:,} that are laid out"
        )
    return normalise(text)


def _text_of(value: object) -> str | None:
    """A text, or a number as it is written: JSON's come as text, those of typed columns do not."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return f"{value:f}" if isinstance(value, Decimal) and value.is_finite() else None


def _kind_of(value: object) -> str:
    names = {
        bool: "true or false",
        float: "no number (NaN or infinity)",
        list: "a list",
        dict: "an object",
        str: "text",
        bytes: "bytes",
    }
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def from_gsm8k(row: Row) -> Text:
    steps, final = split_final(drop_annotations(field(row, "answer")))
    closing = f"\nSo the answer is: {final}." if final else ""
    return Text(field(row, "question"), renormalise(steps + closing), final)


def from_messages(row: Row) -> Text:
    """OpenMath wraps a problem and its solution as a conversation: the first user and assistant turns."""
    turns = row.get("messages")
    if not isinstance(turns, list):
        raise BadRowError(f"column 'messages' holds {_kind_of(turns)}, not a list of turns")
    contents: dict[str, str] = {}
    for turn in turns:
        if not isinstance(turn, dict):
            raise BadRowError(f"a turn of 'messages' is {_kind_of(turn)}, not a role and its content")
        role = turn.get("role")
        if role in ("user", "assistant"):
            contents.setdefault(role, field(turn, "content"))
    if len(contents) < 2:
        raise BadRowError("'messages' has no user or no assistant turn")
    answer, final = unwrap_boxed(contents["assistant"])
    return Text(contents["user"], renormalise(answer), final)


def from_openmath(row: Row) -> Text:
    """The same pairs before they were wrapped as messages."""
    answer, final = unwrap_boxed(field(row, "generated_solution"))
    return Text(field(row, "problem"), renormalise(answer), final or field(row, "expected_answer").strip())


def from_belle(row: Row) -> Text:
    question = field(row, "instruction")
    context = field(row, "input") if row.get("input") is not None else ""
    return Text(renormalise(f"{question}\n{context}"), field(row, "output"))


def from_gsm8k_zh(row: Row) -> Text:
    """swulling/gsm8k_chinese: a Chinese question and the bare result; `question`, `answer` are English."""
    final = field(row, "answer_only").strip()
    return Text(field(row, "question_zh-cn"), _answer_zh("", final), final)


def from_metamath_zh(row: Row) -> Text:
    """meta-math/GSM8K_zh: the steps in Chinese, too, some of which already end with the result; null where unknown."""
    final = field(row, "answer_only").strip()
    steps = "" if row.get("answer_zh", "") is None else field(row, "answer_zh")
    steps, stated = split_chinese_final(steps)
    steps, marked = split_final(steps)
    final = final or stated or marked
    return Text(field(row, "question_zh"), _answer_zh(steps, final), final)


def _answer_zh(steps: str, final: str) -> str:
    """The steps, closed with the result; the result alone where there are none."""
    if not final or not steps.strip():
        return f"答案：{final}。" if final else renormalise(steps)
    return renormalise(f"{steps}\n答案是：{final}。")


@dataclass(frozen=True)
class Story:
    """Rows that are stories: the first two sentences are the prompt, the rest the continuation."""

    column: str
    language: Language

    def __call__(self, row: Row) -> Text:
        opening, rest = first_sentences(field(row, self.column), STORY_PROMPT_SENTENCES, self.language)
        # A Chinese line is broken again: after a straight quote that may give another break than within the story.
        return Text(opening, rest, one_sentence_a_line=self.language == "en")


@dataclass(frozen=True)
class Pair:
    """The user's own rows: two columns of text, drawn as they are."""

    prompt_column: str
    answer_column: str

    def __call__(self, row: Row) -> Text:
        return Text(field(row, self.prompt_column), field(row, self.answer_column))
