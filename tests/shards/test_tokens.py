"""Token counts are those of cl100k_base, and need no network."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import HANG_SECONDS, environment, real_rows
from hypothesis import given
from hypothesis import strategies as st

from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import Sample
from vwd.shards.tokens import count_tokens

# Any attempt to reach a network, by whatever library, ends the process.
OFFLINE = """
import os, sys
sys.addaudithook(lambda event, _: os._exit(7) if event in ("socket.connect", "socket.getaddrinfo") else None)
from vwd.shards.tokens import count_tokens
print(count_tokens("hello world"))
"""


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0), ("hello world", 2), ("tiktoken is great!", 6), ("antidisestablishmentarianism", 6), ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
    ],
)  # fmt: skip
def test_texts_have_the_known_number_of_tokens(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_a_special_token_is_counted_as_the_text_it_is() -> None:
    assert count_tokens("<|endoftext|>") == 7


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_has_at_most_a_token_a_byte(text: str) -> None:
    assert bool(text) <= count_tokens(text) <= len(text.encode())


def test_counting_needs_no_network(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        env=environment(TIKTOKEN_CACHE_DIR=str(tmp_path)), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr


def test_the_training_rows_of_gsm8k_have_the_known_number_of_tokens() -> None:
    with real_rows("gsm8k_train.jsonl").open("rb") as lines:
        rows = [json.loads(line) for line in lines]
    corpus = find_corpus("gsm8k")
    samples = [corpus.sample(row, index, corpus.schemas[0]) for index, row in enumerate(rows)]
    prompts = sum(count_tokens(sample.prompt) for sample in samples if isinstance(sample, Sample))
    answers = sum(count_tokens(sample.answer) for sample in samples if isinstance(sample, Sample))
    # Counted with a different cleaning, which split sentences slightly differently.
    assert prompts == pytest.approx(424_466, rel=0.001)
    assert answers == pytest.approx(619_986, rel=0.001)
