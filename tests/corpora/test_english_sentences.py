"""Each English sentence has its own line; no abbreviation, decimal or list number ends a sentence."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vwd.corpora.normalise import normalise
from vwd.corpora.sentences import break_sentences, first_sentences

ONE_SENTENCE = [
    "Mr. Ott and Mrs. Ott met Dr. Lim at St. Anne's.",
    "It is 8 oz. of rice and 3 lbs. of flour.",
    "The shop opens at 5 p.m. and closes at 9 p.m. on Mondays.",
    "Jo moved to the U.S. embassy in Oslo.",
    "The rope is 3.75 m long and costs $0.50 a metre.",
    "1. Add the two numbers.",
    "12. Halve the sum.",
    "Step (a. Start here).",
    "J. R. Pell wrote it.",
    "Use fruit, e.g. Apples from Kent.",
    "They sell pens, ink, etc. in the shop.",
    "He said no. 5 was missing.",
    "“Stop!” said Ann.",
    '"Is it far?" he asked.',
    "Wait... what is it?",
    "She is 5 ft. 3 in. tall.",
    "The train goes to Penrith vs. Carlisle today.",
    "See www.example.org/a.b?c=d for more",
]
SEVERAL_SENTENCES = [
    ("Ann ran. Bo sat.", ["Ann ran.", "Bo sat."]),
    ("Really? Yes! Fine.", ["Really?", "Yes!", "Fine."]),
    ("It cost $4.50. She paid.", ["It cost $4.50.", "She paid."]),
    ("They left at 5 p.m. Then they slept.", ["They left at 5 p.m.", "Then they slept."]),
    ("Each box weighs 8 oz. How heavy are five?", ["Each box weighs 8 oz.", "How heavy are five?"]),
    ("Zed lives in the U.S. He likes it.", ["Zed lives in the U.S.", "He likes it."]),
    ("Mr. Ott has 3 cows. Dr. Lim has 4. Who has more?", ["Mr. Ott has 3 cows.", "Dr. Lim has 4.", "Who has more?"]),
    ('He said, "I am six." Then he ran.', ['He said, "I am six."', "Then he ran."]),
    ("“Look up!” Ann looked up.", ["“Look up!”", "Ann looked up."]),
    ("(She had two.) He had one.", ["(She had two.)", "He had one."]),
    ('Bo sat down. "Hello," he said.', ["Bo sat down.", '"Hello," he said.']),
    ("1. Add them. 2. Halve the sum.", ["1. Add them.", "2. Halve the sum."]),
    ("Do this: 1. Add. 2. Halve.", ["Do this: 1. Add.", "2. Halve."]),
    ("Wait... What was it?", ["Wait...", "What was it?"]),
    ("There are 24. The rest is gone.", ["There are 24.", "The rest is gone."]),
    ("He has $20. She has €5.", ["He has $20.", "She has €5."]),
]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_one_sentence_stays_on_one_line(text: str) -> None:
    assert break_sentences(text, "en") == text


@pytest.mark.parametrize(("text", "lines"), SEVERAL_SENTENCES)
def test_each_sentence_has_its_own_line(text: str, lines: list[str]) -> None:
    assert break_sentences(text, "en").split("\n") == lines


def test_existing_line_breaks_are_kept() -> None:
    assert break_sentences("one\ntwo. Three.\nfour", "en") == "one\ntwo.\nThree.\nfour"


def test_the_first_sentences_and_the_rest_have_one_sentence_per_line() -> None:
    opening, rest = first_sentences("A cow. A dog.\nA cat. A rat.", 2, "en")
    assert (opening, rest) == ("A cow.\nA dog.", "A cat.\nA rat.")


def test_a_text_shorter_than_its_opening_has_no_rest() -> None:
    assert first_sentences("A cow.", 2, "en") == ("A cow.", "")


MARKS = '. ... ! ? ?! " ” “ ’ ) ( [ , : 好 。 é'.split()
WORDS = "Mr. Dr. oz. p.m. U.S. etc. I J. no. 3.5 1. (a. $5. the The He said cat".split()
PIECES = st.sampled_from(MARKS) | st.sampled_from(WORDS)
ENGLISH = st.lists(PIECES | st.sampled_from([" ", " ", "", "\n"]), max_size=40).map("".join)


@settings(max_examples=400)
@given(st.text() | ENGLISH)
@example("a. \u3000")
@example("Mr. ")
@example(". . .")
def test_breaking_changes_only_white_space(text: str) -> None:
    text = normalise(text)
    broken = break_sentences(text, "en")
    assert "".join(broken.split()) == "".join(text.split())
    assert all(line and line == line.strip() for line in broken.split("\n")) or not text
    assert broken.count("\n") >= text.count("\n")


@settings(max_examples=200)
@given(st.text() | ENGLISH)
def test_broken_text_is_not_broken_again(text: str) -> None:
    broken = break_sentences(normalise(text), "en")
    assert break_sentences(broken, "en") == broken


@settings(max_examples=200)
@given(st.text() | ENGLISH, st.integers(0, 4))
def test_the_first_sentences_and_the_rest_add_up_to_the_text(text: str, count: int) -> None:
    text = normalise(text)
    opening, rest = first_sentences(text, count, "en")
    assert "".join((opening + rest).split()) == "".join(text.split())
