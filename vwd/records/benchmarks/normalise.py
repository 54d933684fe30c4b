"""A row of a benchmark as a unified record: one function for all of them, by what the registry declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vwd.corpora.sample import Row
from vwd.corpora.surrogates import replace_surrogates
from vwd.records.benchmarks.cells import (
    AnswerForm,
    answer_form,
    cell_items,
    cell_list,
    cell_text,
    choice_texts,
    chosen,
    hint_text,
    most_given,
)
from vwd.records.benchmarks.registry import Benchmark
from vwd.records.benchmarks.schema import Answer, ImageRef, Meta, UnifiedRecord

# Of hashes that stand in for ids.
_DIGITS = 16


@dataclass(frozen=True)
class Reading:
    """How the rows of one split are read, which only all of them tell."""

    benchmark: Benchmark
    split: str
    form: AnswerForm
    language: str | None = None

    @classmethod
    def of(cls, benchmark: Benchmark, split: str, subset: str, rows: Iterable[Row]) -> Reading:
        """Looks at every answer of a split.

        Raises:
            RowsError: the answers do not show which choices they mean.
        """
        column = next(iter(benchmark.answer), "")
        pairs = ((cell_text(_first(row, benchmark.answer)[1]), _choices(row, benchmark)) for row in rows)
        form = answer_form(column, pairs) if benchmark.answer else AnswerForm.TEXT
        return cls(benchmark, split, form, benchmark.subset_languages.get(subset, benchmark.language))

    @property
    def answer_columns(self) -> tuple[str, ...]:
        """The columns that `of` looks at."""
        return columns_of_answers(self.benchmark)

    def record(self, row: Row, image: ImageRef | None, more: Mapping[str, Any]) -> UnifiedRecord:
        """A row's record.

        Args:
            more: for `meta.extra`, beside the columns that no field is read from.
        """
        one = self.benchmark
        question_column, question = _first(row, one.question)
        context_column, context = _first(row, one.context)
        image_column, _ = _first(row, one.image)
        answer_column, answer = self._answer(row)
        choices = _choices(row, one)
        fields = {
            "question": question_column, "context": context_column, "answer": answer_column, "image": image_column,
            "choices": _choices_name(row, one) if choices else "",
        }  # fmt: skip
        return UnifiedRecord(
            id=row_id(row, one),
            dataset=one.name,
            split=self.split,
            task_type=one.task_type,
            image=image,
            question=cell_text(question),
            context=hint_text(context),
            choices=choices or None,
            answer=answer,
            meta=Meta(
                self.language, {name: column for name, column in fields.items() if column}, {**_extra(row, one), **more}
            ),
        )

    def _answer(self, row: Row) -> tuple[str, Answer]:
        one = self.benchmark
        if one.answers:
            given = cell_list(row.get(one.answers))
            text, aliases = most_given(given)
            return one.answers if given else "", Answer(text, aliases, None, given or None)
        column, value = _first(row, one.answer)
        text, choices = cell_text(value), _choices(row, one)
        if not text.strip():
            return "", Answer()
        if not choices:
            return column, Answer(text, None, None, _plain(value))
        place = chosen(text, choices, self.form)
        return column, Answer(text if place is None else choices[place], None, place, _plain(value))


def columns_of_answers(benchmark: Benchmark) -> tuple[str, ...]:
    """The columns of answers and choices."""
    return (*benchmark.answer, *benchmark.choices, *benchmark.choice_columns)


def row_id(row: Row, benchmark: Benchmark) -> str:
    """A row's id; without one, a hash of what the row holds, the same in every run."""
    if text := cell_text(_first(row, benchmark.ids)[1]).strip():
        return replace_surrogates(text)  # as it is written, so that two ids that become one are seen to be one
    held = {name: _hashed(value) for name, value in sorted(row.items())}
    text = json.dumps(held, sort_keys=True, ensure_ascii=False, default=str)
    return f"row-{hashlib.sha1(text.encode('utf-8', 'surrogatepass'), usedforsecurity=False).hexdigest()[:_DIGITS]}"


def _hashed(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha1(value, usedforsecurity=False).hexdigest()
    return {name: _hashed(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def _first(row: Row, columns: Iterable[str]) -> tuple[str, Any]:
    """The first column of several in which a row has something."""
    for name in columns:
        value = row.get(name)
        if value is not None and value != "" and value != [] and cell_text(value):
            return name, value
    return "", None


def _choices(row: Row, benchmark: Benchmark) -> list[str]:
    if listed := choice_texts(cell_items(_first(row, benchmark.choices)[1])):
        return listed
    return choice_texts(row.get(name) for name in benchmark.choice_columns)


def _choices_name(row: Row, benchmark: Benchmark) -> str:
    listed, value = _first(row, benchmark.choices)
    return listed if cell_list(value) else f"{benchmark.choice_columns[0]}.."


def _extra(row: Row, benchmark: Benchmark) -> dict[str, Any]:
    """What no field is read from: categories, difficulty, sources, whatever a benchmark has."""
    read = {
        *benchmark.ids, *benchmark.question, *benchmark.context, *benchmark.choices, *benchmark.choice_columns,
        *benchmark.answer, benchmark.answers, *benchmark.image, *benchmark.more_images,
    }  # fmt: skip
    return {
        name: _plain(value)
        for name, value in row.items()
        if name not in read and value is not None and not _holds_bytes(value) and cell_text(value)
    }


def _holds_bytes(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_bytes, value.values()))
    return isinstance(value, bytes) or (isinstance(value, list) and any(map(_holds_bytes, value)))


def _plain(value: Any) -> Any:
    """A value that JSON knows: others as text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool | list | dict) else cell_text(value)
