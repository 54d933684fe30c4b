"""Cells of benchmarks' tables: what counts as empty, lists in one cell, and which choice an answer means."""

from __future__ import annotations

import ast
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from vwd.errors import RowsError

# What tables of pandas have where there was nothing.
_NOTHING = {"nan", "none", "null"}


class AnswerForm(Enum):
    """How a column of answers names a choice."""

    LETTER = "letter"
    FROM_ZERO = "from 0"
    FROM_ONE = "from 1"
    TEXT = "text"


def cell_text(value: Any) -> str:
    """A cell as text; "" for null and NaN. Whole numbers lose the `.0` of columns with gaps."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def hint_text(value: Any) -> str | None:
    """A hint; None where it is empty, or says that there is none as tables do: "nan", "None", "null"."""
    text = cell_text(value).strip()
    return None if not text or text.lower() in _NOTHING else text


def cell_list(value: Any) -> list[str]:
    """A list of texts, without empty ones: of a list, or of a cell that holds one as JSON or as Python writes it."""
    return [text for item in cell_items(value) if (text := cell_text(item))]


def cell_items(value: Any) -> list[Any]:
    """The items of a list, or of a cell that holds one; of an object its values, by their names."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    return value if isinstance(value, list) else []


def choice_texts(cells: Iterable[Any]) -> list[str]:
    """The choices of a row, in their places: one that is empty stays between others, so that no letter moves.

    Behind the last one, tables have nothing, or say so as pandas does. A single "None" there is a choice.
    """
    texts = [cell_text(cell).strip() for cell in cells]
    while texts and texts[-1].lower() in ("", "nan"):
        texts.pop()
    while len(texts) > 1 and texts[-1].lower() in _NOTHING and texts[-1] == texts[-2]:
        texts = texts[: next(at for at in range(len(texts)) if set(texts[at:]) == {texts[-1]})]
    return ["" if text.lower() == "nan" else text for text in texts]


def _parsed(text: str) -> Any:
    if not text.startswith(("[", "{")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)  # constants only: nothing is run
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def answer_form(column: str, answers: Iterable[tuple[str, Sequence[str]]]) -> AnswerForm:
    """How a whole column names choices; a single "2" of four could be either the second or the third.

    Args:
        answers: each answer with the choices of its row; rows without an answer or choices do not count.

    Raises:
        RowsError: its numbers fit neither form, or both.
    """
    counted = [(text.strip(), choices) for text, choices in answers if text.strip() and choices]
    if not counted:
        return AnswerForm.TEXT
    if all(text in choices for text, choices in counted):
        return AnswerForm.TEXT
    if all((place := _letter(text)) is not None and place < len(choices) for text, choices in counted):
        return AnswerForm.LETTER
    if not all(text.isascii() and text.isdigit() for text, _ in counted):
        return AnswerForm.TEXT
    zero = any(int(text) == 0 for text, _ in counted)
    last = any(int(text) == len(choices) for text, choices in counted)
    if zero == last:
        both = "both 0 and the number of choices" if zero else "neither 0 nor the number of choices"
        raise RowsError(
            f"column '{column}' has {both} as answers, so that it does not show whether choices are counted from 0",
            "Write the answers as letters (A, B, …) or as the text of the choice.",
        )
    return AnswerForm.FROM_ZERO if zero else AnswerForm.FROM_ONE


def chosen(text: str, choices: Sequence[str], form: AnswerForm) -> int | None:
    """The place of the choice that an answer means, from 0; None where it is none of them."""
    text = text.strip()
    if form is AnswerForm.TEXT:
        place = next((at for at, choice in enumerate(choices) if choice.strip() == text), None)
        if place is not None:
            return place
        letter = _letter(text)
        return letter if letter is not None and letter < len(choices) else None
    place = _letter(text) if form is AnswerForm.LETTER else int(text) - (form is AnswerForm.FROM_ONE)
    return place if place is not None and 0 <= place < len(choices) else None


def most_given(answers: Sequence[str]) -> tuple[str | None, list[str] | None]:
    """The answer that most people give, the first of several, and the others."""
    if not answers:
        return None, None
    counts = Counter(answers)
    best = max(counts, key=lambda text: counts[text])
    return best, [text for text in counts if text != best] or None


def _letter(text: str) -> int | None:
    return ord(text.upper()) - ord("A") if len(text) == 1 and text.isascii() and text.isalpha() else None
