"""A language has labels, units and sentence ends of its own, or is refused."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Run, write_rows

from vwd.corpora.prompts import inference_prompt, rendering_prompt
from vwd.corpora.registry import own_corpus
from vwd.corpora.sample import Sample
from vwd.errors import UsageError
from vwd.text.units import cut_units


def test_korean_has_labels_of_its_own() -> None:
    assert inference_prompt("모두 몇 개입니까?", "ko", "question") == "질문: 모두 몇 개입니까?"
    assert rendering_prompt("몇 개?", "셋.", "ko", "question") == "질문: 몇 개? 답: 셋."
    assert rendering_prompt("옛날에.", "끝.", "ko", "story") == "이야기: 옛날에. 이어서: 끝."


def test_korean_sentences_have_lines_and_words_are_units() -> None:
    corpus = own_corpus("mine", "q", "a", "ko")
    row = {"q": "민수는 사과가 3.5 kg 있습니다. 몇 g입니까?", "a": "1 kg은 1,000 g입니다. 답은 3,500 g입니다."}
    sample = corpus.sample(row, 0, corpus.schemas[0])
    assert isinstance(sample, Sample)
    assert sample.prompt.split("\n") == ["민수는 사과가 3.5 kg 있습니다.", "몇 g입니까?"]
    assert [unit.text for unit in cut_units(sample.answer, "ko", "word")][:4] == ["1", "kg은", "1,000", "g입니다."]


@pytest.mark.parametrize("language", ["ja", "fr", "", "EN", "chinese"])
def test_another_language_is_refused_and_the_page_that_lists_them_named(language: Any) -> None:
    with pytest.raises(UsageError) as refused:
        own_corpus("mine", "q", "a", language)
    assert f"`language` '{language}'" in refused.value.what
    assert "docs/languages.md" in refused.value.hint


def test_the_command_refuses_it_in_two_lines(run: Run, tmp_path: Any) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"q": "a", "a": "b"}])
    done = run(
        "pack", "mine", "--rows", rows, "--prompt-column", "q", "--answer-column", "a", "--language", "ja", check=False
    )
    assert done.returncode != 0
    assert "--language 'ja'" in done.stderr.replace("`", "")
    assert len(done.stderr.strip().split("\n")) == 2
