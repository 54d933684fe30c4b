"""How a row of each corpus becomes text: one small function for each schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from vwd.corpora.cleaning import bare_answer, drop_annotations, split_chinese_final, split_final, unwrap_boxed
from vwd.corpora.normalise import normalise, renormalise
from vwd.corpora.sample import BadRowError, Language, Row, Text
from vwd.corpora.sentences import first_sentences
from vwd.limits import LONGEST_TEXT

STORY_PROMPT_SENTENCES = 2


def value_of(row: Row, column: str) -> object:
    """What a column holds; `meta.question` is the field `question` of `meta`, unless a column is called so.

    Raises:
        BadRowError: it is absent.
    """
    if column in row:
        return row[column]
    value: object = row
    for name in column.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise BadRowError(f"no column '{column}'")
        value = value[name]
    return value


def field(row: Row, column: str) -> str:
    """The text of a column, normalised. A number is the text that the row writes it as.

    Raises:
        BadRowError: the column is absent, null, true or false, a list or an object, or too long to lay out.
    """
    value = value_of(row, column)
    text = _text_of(value)
    if text is None:
        raise BadRowError(f"column '{column}' holds {_kind_of(value)}, not text")
    if len(text) > LONGEST_TEXT:
        raise BadRowError(
            f"column '{column}' holds {len(text):,} characters, more than the {LONGEST_TEXT:,} that are laid out"
        )
    return normalise(text)


def _text_of(value: object) -> str | None:
    """A text, or a number as it is written: JSON's come as text, those of typed columns do not."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):  # as some programs write text to parquet
        return _decoded(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return f"{value:f}" if isinstance(value, Decimal) and value.is_finite() else None


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _kind_of(value: object) -> str:
    names = {
        bool: "true or false",
        float: "no number (NaN or infinity)",
        list: "a list",
        dict: "an object",
        str: "text",
        bytes: "bytes that are not UTF-8",
    }
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def from_gsm8k(row: Row) -> Text:
    steps, final = split_final(drop_annotations(field(row, "answer")))
    closing = f"\nSo the answer is: {final.removesuffix('.')}." if final else ""
    return Text(field(row, "question"), renormalise(steps + closing), final)


def from_messages(row: Row) -> Text:
    """OpenMath wraps a problem and its solution as a conversation: the first user and assistant turns."""
    user, assistant = _turns(row, "messages")
    answer, final = unwrap_boxed(assistant)
    return Text(user, renormalise(answer), bare_answer(final))


# Who speaks, by the names of both forms of conversations: role and content, from and value.
_SPEAKERS = {"user": 0, "human": 0, "assistant": 1, "gpt": 1, "chatgpt": 1, "model": 1}


def _turns(row: Row, column: str) -> tuple[str, str]:
    """The first user and the first assistant turn of a conversation. One without text, which calls a tool, is none.

    Raises:
        BadRowError: it is no conversation, or one of them is missing.
    """
    turns = value_of(row, column)
    if not isinstance(turns, list):
        raise BadRowError(f"column '{column}' holds {_kind_of(turns)}, not a list of turns")
    contents: dict[int, str] = {}
    for turn in turns:
        if not isinstance(turn, dict):
            raise BadRowError(f"a turn of '{column}' is {_kind_of(turn)}, not a role and its content")
        said_by = turn.get("role") or turn.get("from")
        place = _SPEAKERS.get(said_by.lower()) if isinstance(said_by, str) else None
        if place is not None and place not in contents and (text := _said(turn)):
            contents[place] = text
    if len(contents) < 2:
        raise BadRowError(f"'{column}' has no user or no assistant turn with text")
    return contents[0], contents[1]


def _said(turn: Row) -> str:
    """What is said in a turn, also as a list of parts that are all text; "" for nothing."""
    content = "value" if turn.get("content") is None and "value" in turn else "content"
    said = turn.get(content, "")
    if said is None:
        return ""
    if isinstance(said, list) and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in said):
        return normalise("\n".join(field(part, "text") for part in said))
    return field(turn, content)


def from_openmath(row: Row) -> Text:
    """The same pairs before they were wrapped as messages."""
    answer, final = unwrap_boxed(field(row, "generated_solution"))
    expected = bare_answer(field(row, "expected_answer"))  # the same without typesetting, where there is one
    return Text(field(row, "problem"), renormalise(answer), expected or bare_answer(final))


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
    final = final or bare_answer(stated) or marked
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
    """The user's own rows: two columns of text, drawn as they are.

    Attributes:
        final_column: the final answer; "" where there is none.
        template: in place of the prompt's column: pairs of text and the column that follows it, "" for none.
    """

    prompt_column: str
    answer_column: str
    final_column: str = ""
    template: tuple[tuple[str, str], ...] = ()

    def __call__(self, row: Row) -> Text:
        prompt = self._filled(row) if self.template else field(row, self.prompt_column)
        return Text(prompt, field(row, self.answer_column), _final(row, self.final_column))

    def _filled(self, row: Row) -> str:
        return normalise("".join(text + (field(row, name) if name else "") for text, name in self.template))


@dataclass(frozen=True)
class Messages:
    """The user's own conversations: the first user and the first assistant turn, drawn as they are."""

    column: str
    final_column: str = ""

    def __call__(self, row: Row) -> Text:
        user, assistant = _turns(row, self.column)
        return Text(user, assistant, _final(row, self.final_column))


def _final(row: Row, column: str) -> str:
    return field(row, column).strip() if column else ""
