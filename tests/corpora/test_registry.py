"""Corpora are found by name and by the columns of their rows; an error lists the available ones."""

from __future__ import annotations

import pytest

from vwd.corpora.registry import CORPORA, find_corpus, own_corpus
from vwd.errors import RowsError, UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("gsm8", "gsm8k"), ("GSM8K", "gsm8k"), ("tinystory", "tinystories"), ("belle", "belle_school_math"),
     ("gsm8k-chinese", "gsm8k_chinese"), ("tinystories_chines", "tinystories_chinese"),
     ("openmath2", "openmath2_gsm8k")],
)  # fmt: skip
def test_an_unknown_corpus_is_refused_with_the_nearest_name(typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_corpus(typed)
    assert f"'{typed}'" in caught.value.what
    assert f"'{meant}'" in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_name_unlike_any_corpus_is_refused_with_all_names_and_how_to_use_own_rows() -> None:
    with pytest.raises(UsageError) as caught:
        find_corpus("zzzz")
    assert all(name in caught.value.what for name in CORPORA)
    assert "`prompt_column`" in caught.value.hint


def test_missing_columns_are_reported_with_the_required_and_the_existing_ones() -> None:
    with pytest.raises(RowsError) as caught:
        find_corpus("gsm8k").schema_for(["prompt", "reply"])
    assert all(f"'{column}'" in caught.value.what for column in ("question", "answer", "prompt", "reply"))
    assert "`prompt_column`" in caught.value.hint


def test_a_corpus_with_two_schemas_needs_the_columns_of_one_of_them() -> None:
    with pytest.raises(RowsError, match=r"'messages' or 'problem'.*none"):
        find_corpus("openmath2_gsm8k").schema_for([])


@pytest.mark.parametrize("name", ["", "My-Set", "a b", "../x", "a/b", "_a", "数学", "a.b"])
def test_a_name_that_is_not_suitable_for_keys_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a dataset name"):
        own_corpus(name, "p", "a", "en")


def test_own_rows_are_drawn_unchanged_except_for_white_space() -> None:
    corpus = own_corpus("my-set_2", "p", "a", "en")
    sample = corpus.sample({"p": "Is it  #### 3?", "a": "No: <<3>>."}, 0, corpus.schemas[0])
    assert (getattr(sample, "prompt", ""), getattr(sample, "answer", "")) == ("Is it #### 3?", "No: <<3>>.")
