"""Where text is due, a number is the text that the row writes it as; a Chinese result alone is an answer."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from conftest import Run
from shards.packing import SMALL, read_entry

from vwd.corpora.prompts import rendering_prompt
from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sample import Sample, Skip, SkipCode
from vwd.corpora.sources.open import open_file

MINE = own_corpus("mine", "a", "b", "en")
LITERALS = ["27.0", "27", "-3", "1e3", "1E+3", "0.10", "-0.0", "1.50e-7", "123456789012345678901234567890", "9" * 5000]


def sample_of(row: dict[str, Any], corpus_name: str = "gsm8k_chinese") -> Sample | Skip:
    corpus = find_corpus(corpus_name)
    return corpus.sample(row, 0, corpus.schema_for(row))


@pytest.mark.parametrize("literal", LITERALS)
def test_a_number_of_json_is_the_text_that_the_line_has(tmp_path: Path, literal: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"a": "How many?", "b": {literal}}}\n', "utf-8")
    [row] = open_file(path).read(0, 1)
    sample = MINE.sample(row, 0, MINE.schemas[0])
    assert isinstance(sample, Sample)
    assert sample.answer == literal


@pytest.mark.parametrize("literal", ["true", "false", "null", "[1]", '{"c": 1}', "NaN", "Infinity", "-Infinity"])
def test_what_is_neither_text_nor_number_in_json_is_a_bad_row(tmp_path: Path, literal: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"a": "How many?", "b": {literal}}}\n', "utf-8")
    [row] = open_file(path).read(0, 1)
    skip = MINE.sample(row, 0, MINE.schemas[0])
    assert isinstance(skip, Skip)
    assert skip.code is SkipCode.BAD_ROW
    assert skip.detail.startswith("column 'b' holds ")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pyarrow.int64(), 2**62 + 1, "4611686018427387905"),
        (pyarrow.uint8(), 7, "7"),
        (pyarrow.float64(), 27.0, "27.0"),
        (pyarrow.float64(), 0.1, "0.1"),
        (pyarrow.float64(), 1e22, "1e+22"),
        (pyarrow.float32(), 0.1, "0.1"),
        (pyarrow.float32(), 27.0, "27.0"),
        (pyarrow.decimal128(10, 2), Decimal("27.00"), "27.00"),
    ],
    ids=str,
)
def test_a_number_of_parquet_is_its_digits(tmp_path: Path, kind: Any, value: object, text: str) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": ["How many?"], "b": pyarrow.array([value], kind)}), path)
    [row] = open_file(path).read(0, 1)
    sample = MINE.sample(row, 0, MINE.schemas[0])
    assert isinstance(sample, Sample)
    assert sample.answer == text


@pytest.mark.parametrize("value", [None, True, float("nan"), float("inf"), [1]])
def test_what_is_neither_text_nor_number_in_parquet_is_a_bad_row(tmp_path: Path, value: object) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": ["How many?"], "b": [value]}), path)
    [row] = open_file(path).read(0, 1)
    skip = MINE.sample(row, 0, MINE.schemas[0])
    assert isinstance(skip, Skip)
    assert skip.code is SkipCode.BAD_ROW


def test_numbers_are_read_in_every_column_of_every_schema() -> None:
    sample = sample_of({"question": 12, "answer": 3.5}, "gsm8k")
    assert isinstance(sample, Sample)
    assert (sample.prompt, sample.answer) == ("12", "3.5")
    sample = sample_of({"problem": "a", "generated_solution": "b", "expected_answer": 42}, "openmath2_gsm8k")
    assert isinstance(sample, Sample)
    assert sample.final_answer == "42"
    sample = sample_of({"instruction": "几个？", "input": 5, "output": 6}, "belle_school_math")
    assert isinstance(sample, Sample)
    assert (sample.prompt, sample.answer) == ("几个？\n5", "6")


@pytest.mark.parametrize("steps", [None, "", "   ", "答案是：18。", "#### 18", "答案为18"])
@pytest.mark.parametrize("final", ["18", " 18 ", 18])
def test_a_chinese_result_without_steps_is_an_answer_that_says_so_once(steps: str | None, final: object) -> None:
    sample = sample_of({"question_zh": "一共有几只？", "answer_zh": steps, "answer_only": final})
    assert isinstance(sample, Sample)
    assert (sample.answer, sample.final_answer) == ("答案：18。", "18")
    assert rendering_prompt(sample.prompt, sample.answer, "zh", "question") == "问题：一共有几只？答案：18。"


def test_the_bare_result_of_the_other_schema_is_an_answer_too() -> None:
    sample = sample_of({"question_zh-cn": "一共有几只？", "answer_only": 27.0})
    assert isinstance(sample, Sample)
    assert (sample.answer, sample.final_answer) == ("答案：27.0。", "27.0")


def test_steps_are_closed_and_labelled_as_before() -> None:
    sample = sample_of({"question_zh": "一共有几只？", "answer_zh": "先算 2×9=18。", "answer_only": 18})
    assert isinstance(sample, Sample)
    assert sample.answer == "先算 2×9=18。\n答案是：18。"
    assert (
        rendering_prompt(sample.prompt, sample.answer, "zh", "question")
        == "问题：一共有几只？答案：先算 2×9=18。\n答案是：18。"
    )


@pytest.mark.parametrize("answer", ["答案：5。", "答案:5", "答案是：5。", "答案为5。"])
def test_no_answer_is_labelled_twice(answer: str) -> None:
    assert rendering_prompt("几个？", answer, "zh", "question") == f"问题：几个？{answer}"
    assert rendering_prompt("几个？", "答案很明显。", "zh", "question") == "问题：几个？答案：答案很明显。"
    assert rendering_prompt("从前。", answer, "zh", "story") == f"故事：从前。续写：{answer}"


def test_rows_with_results_alone_are_packed(run: Run, tmp_path: Path) -> None:
    rows = [{"question_zh": f"{n} 加 1 是几？", "answer_zh": None, "answer_only": n + 1.0} for n in range(3)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run("pack", "gsm8k_chinese", "--rows", "rows.jsonl", *SMALL, "--num-workers", 1)
    folder = tmp_path / "shards" / "gsm8k_chinese"
    assert read_entry(folder, 0)["samples"] == 3
    assert "问题：2 加 1 是几？答案：3.0。".encode() in (folder / "gsm8k_chinese-000000.tar").read_bytes()
