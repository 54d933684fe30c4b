"""A row without text in a required column is skipped with a code and a reason; it does not stop the run."""

from __future__ import annotations

from typing import Any

import pytest

from vwd.corpora.registry import CORPORA, Corpus, find_corpus, own_corpus
from vwd.corpora.sample import Skip, SkipCode

GOOD: dict[str, dict[str, Any]] = {
    "gsm8k": {"question": "How many?", "answer": "Two.\n#### 2"},
    "openmath2_gsm8k": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    "belle_school_math": {"instruction": "几个？", "input": "", "output": "两个。"},
    "gsm8k_chinese": {"question_zh": "几个？", "answer_zh": "两个。", "answer_only": "2"},
    "tinystories": {"text": "A cow sat. A dog ran. A cat slept."},
    "tinystories_chinese": {"story_zh": "牛坐着。狗在跑。猫睡了。"},
}
NO_TEXT = {"null": None, "number": 12, "float": 1.5, "true": True, "list": ["a"], "object": {"a": "b"}}


def skip_of(corpus: Corpus, row: dict[str, Any], columns: dict[str, Any]) -> Skip:
    result = corpus.sample(row, 0, corpus.schema_for(columns))
    assert isinstance(result, Skip), result
    return result


@pytest.mark.parametrize("value", NO_TEXT.values(), ids=NO_TEXT.keys())
@pytest.mark.parametrize("name", CORPORA)
def test_a_column_without_text_is_a_bad_row_and_the_skip_names_the_column(name: str, value: object) -> None:
    corpus = find_corpus(name)
    for column in corpus.schema_for(GOOD[name]).columns:
        skip = skip_of(corpus, {**GOOD[name], column: value}, GOOD[name])
        assert skip.code is SkipCode.BAD_ROW
        assert column in skip.detail or "turn" in skip.detail


@pytest.mark.parametrize("name", CORPORA)
def test_a_row_without_a_required_column_is_a_bad_row(name: str) -> None:
    corpus = find_corpus(name)
    for column in corpus.schema_for(GOOD[name]).columns:
        row = {key: value for key, value in GOOD[name].items() if key != column}
        assert skip_of(corpus, row, GOOD[name]).code is SkipCode.BAD_ROW


@pytest.mark.parametrize(
    "turns",
    [
        [],
        ["a", "b"],
        [None],
        [{"role": "user", "content": "a"}],
        [{"role": "assistant", "content": "b"}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": None}],
        [{"role": "user"}, {"role": "assistant", "content": "b"}],
        [{"content": "a"}, {"content": "b"}],
        [{"role": ["user"], "content": "a"}],
    ],
)
def test_messages_without_text_in_both_turns_are_a_bad_row(turns: list[Any]) -> None:
    corpus = find_corpus("openmath2_gsm8k")
    assert skip_of(corpus, {"messages": turns}, GOOD["openmath2_gsm8k"]).code is SkipCode.BAD_ROW


def test_a_number_as_the_input_of_belle_is_a_bad_row() -> None:
    row = {**GOOD["belle_school_math"], "input": 5}
    assert skip_of(find_corpus("belle_school_math"), row, row).code is SkipCode.BAD_ROW


@pytest.mark.parametrize("blank", ["", "   ", "\n\t\n", "\u00a0\u200b\ufeff", "\u00ad"])
@pytest.mark.parametrize("column", ["a", "b"])
def test_text_without_visible_characters_is_empty_text(column: str, blank: str) -> None:
    corpus = own_corpus("mine", "a", "b", "en")
    row = {"a": "Text.", "b": "Text.", column: blank}
    skip = skip_of(corpus, row, row)
    assert skip.code is SkipCode.EMPTY_TEXT
    assert skip.detail == ("no prompt" if column == "a" else "no answer")


def test_a_story_of_only_two_sentences_has_no_answer() -> None:
    row = {"text": "A cow sat. A dog ran."}
    skip = skip_of(find_corpus("tinystories"), row, row)
    assert (skip.code, skip.detail) == (SkipCode.EMPTY_TEXT, "no answer")


def test_a_chinese_question_without_a_result_is_empty_text() -> None:
    row = {"question_zh-cn": "几个？", "answer_only": ""}
    assert skip_of(find_corpus("gsm8k_chinese"), row, row).code is SkipCode.EMPTY_TEXT
