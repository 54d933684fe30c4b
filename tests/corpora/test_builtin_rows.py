"""The rows in the package: enough for each corpus, in its own columns, correct, and all of them can be drawn."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from vwd.corpora.registry import CORPORA, find_corpus, own_corpus
from vwd.corpora.sample import Row, Sample
from vwd.corpora.sources.open import open_rows
from vwd.errors import UsageError
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts

MOJIBAKE = ("â€", "Ã", "†")


def builtin(name: str) -> list[Row]:
    rows = open_rows(find_corpus(name), "builtin")
    return list(rows.read(0, rows.count or 0))


def builtin_samples(name: str) -> list[Sample]:
    corpus, rows = find_corpus(name), builtin(name)
    results = [corpus.sample(row, index, corpus.schema_for(rows[0])) for index, row in enumerate(rows)]
    assert all(isinstance(sample, Sample) for sample in results), results
    return [sample for sample in results if isinstance(sample, Sample)]


@pytest.mark.parametrize("name", CORPORA)
def test_each_corpus_has_at_least_twenty_rows_and_no_duplicates(name: str) -> None:
    rows = builtin(name)
    assert len(rows) >= 20
    assert len({str(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", CORPORA)
def test_every_builtin_row_is_laid_out(name: str) -> None:
    fonts, spec = Fonts(), StoryboardSpec()
    boards = [lay_out(sample, spec, fonts) for sample in builtin_samples(name)]
    assert [board for board in boards if not isinstance(board, Storyboard)] == []


@pytest.mark.parametrize("name", CORPORA)
def test_no_builtin_sample_shows_markup_for_machines(name: str) -> None:
    shown = "\n".join(sample.prompt + "\n" + sample.answer for sample in builtin_samples(name))
    assert not [mark for mark in ("<<", ">>", "####", "\\boxed", *MOJIBAKE) if mark in shown]


def test_some_builtin_prompts_are_longer_than_a_page() -> None:
    fonts, spec = Fonts(), StoryboardSpec()
    boards = [lay_out(sample, spec, fonts) for name in CORPORA for sample in builtin_samples(name)]
    assert any(isinstance(board, Storyboard) and board.prompt_frames > 1 for board in boards)


def test_two_builtin_stories_have_mojibake_and_both_are_repaired() -> None:
    damaged = [i for i, row in enumerate(builtin("tinystories")) if any(mark in row["text"] for mark in MOJIBAKE)]
    assert len(damaged) == 2
    samples = builtin_samples("tinystories")
    for index in damaged:
        text = samples[index].prompt + samples[index].answer
        assert text.count("“") == text.count("”")
        assert "“" in text or "’" in text


@pytest.mark.parametrize("name", ["gsm8k", "gsm8k_chinese"])
def test_every_annotation_of_the_builtin_rows_is_correct(name: str) -> None:
    annotations = [a for row in builtin(name) for a in re.findall(r"<<([^<>]*)>>", row.get("answer", ""))]
    assert len(annotations) >= 20
    for annotation in annotations:
        expression, _, result = annotation.partition("=")
        assert re.fullmatch(r"[-+*/().\d]+", expression), annotation
        exact = re.sub(r"\d+(\.\d+)?|\.\d+", lambda n: f"Fraction('{n.group()}')", expression)
        assert eval(exact, {"Fraction": Fraction}) == Fraction(result), annotation


def test_the_result_after_each_annotation_is_the_annotated_result() -> None:
    for row in builtin("gsm8k"):
        for annotated, result in re.findall(r"=([^<>=]*)>>(-?[\d.,]*)", row["answer"]):
            assert result.replace(",", "").rstrip(".") == annotated


def test_the_marked_result_of_each_builtin_gsm8k_row_is_its_last_number() -> None:
    for sample in builtin_samples("gsm8k"):
        steps = sample.answer.rsplit("\n", 1)[0].replace(",", "")
        assert sample.final_answer.replace(",", "") in re.findall(r"-?\d+(?:\.\d+)?", steps)


def test_a_corpus_of_the_user_s_own_rows_has_no_builtin_rows() -> None:
    with pytest.raises(UsageError, match="no built-in rows") as caught:
        open_rows(own_corpus("mine", "a", "b", "en"), "builtin")
    assert caught.value.hint == "Give a file as `rows`."
