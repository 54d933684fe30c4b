"""Work grows with the text and not with its square: text as bad as it gets is a sample or a skip all the same.

Each of these texts took minutes, or hours, before. The parts that were made linear give what the plain patterns give.
"""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vwd.corpora.cleaning import bare_answer, split_chinese_final, split_final
from vwd.corpora.normalise import normalise
from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sample import Language, Sample, Skip
from vwd.corpora.sentences import break_sentences
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.text.units import cut_units
from vwd.video.fonts import Fonts

SIZE = 100_000
FONTS = Fonts()
SEEDS = [
    "Mr. ", "!?", '"', '." ', "!?…", ". ", "(. ", 'x. “', "A. ", "a.b. ", "。”", "！”她说", '"。', "， ", "（ ", "） ",
    "“ ", "\\boxed{", "\\boxed ", "<<", "<<1>> ", "####", " #### 1", "$", "$ ", "$a ", "\\(", "\\( ", "\\( a",
    "答案是 ", "\n答案是", "\u00a0", "\t", " \n", "a\n", "\n    x", "x", "7", "一", "小羊喝水", "a\u0301",
    "\u0316\u0301", "\u0f73", "â€œ", "Ã©", "â€", "\u200b ", "\ud800", "\u1100\u1161\u11a8",
    "`", "``` ", "$a= ", "$$", "\\text{", "{", "\\begin{a}", "\\end{a}", "[asy]", '!" Ann ', '?" Ben asks. ', "? ",
    "… ", "．", "5. ", "“", "Ann said ", ". \\]",
]  # fmt: skip
NASTY = [(seed * SIZE)[:SIZE] for seed in SEEDS]
NASTY += [
    "!?" * (SIZE // 4) + '"' * (SIZE // 2),
    "\\boxed{" * 20_000 + "}" * 20_000,
    "a" + "\u0301" * SIZE + "\u0316" * SIZE,
]


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_long_text_of_any_kind_is_a_sample_or_a_skip(text: str, language: Language) -> None:
    corpus = own_corpus("mine", "a", "b", language)
    for row in ({"a": text, "b": "Two."}, {"a": "How many?", "b": text}):
        sample = corpus.sample(row, 0, corpus.schemas[0])
        if isinstance(sample, Sample):
            assert isinstance(lay_out(sample, StoryboardSpec(), FONTS), Storyboard | Skip)


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:12]))
def test_long_text_is_cleaned_in_every_corpus(text: str) -> None:
    for name, row in (
        ("gsm8k", {"question": "How many?", "answer": text}),
        ("openmath2_gsm8k", {"problem": "a", "generated_solution": text, "expected_answer": "1"}),
        ("gsm8k_chinese", {"question_zh": "几个？", "answer_zh": text, "answer_only": "1"}),
        ("tinystories", {"text": text}),
        ("tinystories_chinese", {"story_zh": text}),
    ):
        corpus = find_corpus(name)
        assert isinstance(corpus.sample(row, 0, corpus.schema_for(row)), Sample | Skip)


def test_a_prompt_that_shrinks_is_placed_whole_only_at_the_last_size() -> None:
    corpus = own_corpus("mine", "a", "b", "en")
    sample = corpus.sample({"a": "word " * 20_000, "b": "Two."}, 0, corpus.schemas[0])
    assert isinstance(sample, Sample)
    skip = lay_out(sample, StoryboardSpec(prompt_overflow="shrink"), FONTS)
    assert isinstance(skip, Skip)
    assert skip.detail.endswith(" pages, 1 at most")


PIECES = [*"是为：: \n。.！7x#\u3000", "答案", "答案是", "####"]
SHORT = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)


@settings(max_examples=500)
@given(SHORT)
@example("答案是\n 8。")
@example("！ \n答案为")
def test_results_are_found_where_the_plain_patterns_find_them(text: str) -> None:
    chinese = re.search(r"(?:\n|^|(?<=[。！？]))\s*答案(?:[是为][：:]?|[：:])\s*([^。\n]*?)\s*[。.]?\s*$", text)
    assert split_chinese_final(text) == ((text[: chinese.start()], chinese[1]) if chinese else (text, ""))
    marked = re.search(r"^(.*)####(.*)$", text, re.DOTALL)
    steps, final = split_final(text)
    if marked is None:
        assert (steps, final) == (text, "")
    else:
        assert final == bare_answer(marked[2].strip().split("\n")[0])
        assert all(line.strip() in text for line in steps.split("\n"))


MARKS = st.text(st.sampled_from("a\u0301\u0316\u0345é\u0f71\u0f72\u0f73\u0344\u05b0"), min_size=1, max_size=60)


@given(MARKS)
def test_marks_are_ordered_as_unicode_orders_them(marks: str) -> None:
    text = (marks * 40 + "a.") * 20
    assert normalise(text) == unicodedata.normalize("NFC", text)


ENGLISH = ["Mr. ", "said. ", "He ", '" ', "(", "p.m. ", "3. ", "x! ", "she "]


@given(st.lists(st.sampled_from(ENGLISH), max_size=12).map("".join))
def test_a_break_does_not_depend_on_what_stands_far_before_it(text: str) -> None:
    near, far = "word and ", "word " * 200 + "and "
    assert break_sentences(far + text, "en").split("\n")[1:] == break_sentences(near + text, "en").split("\n")[1:]


def test_abbreviations_are_seen_behind_long_words_and_in_long_lines() -> None:
    assert break_sentences("x" * 5000 + ". Then " + "Mr. " * 3000 + "Pym ran. He fell.", "en").split("\n") == [
        "x" * 5000 + ".", "Then " + "Mr. " * 3000 + "Pym ran.", "He fell.",
    ]  # fmt: skip
    line = f"1. {'a' * 300}: 2. Add."
    assert break_sentences(line, "en") == line


@given(st.lists(st.sampled_from(["\\(", "\\)", "x", " ", "羊", "，", "$", "a+b"]), max_size=14).map("".join))
def test_formulas_are_whole_where_the_plain_pattern_finds_them(text: str) -> None:
    """One in brackets starts where a word would, and holds no Chinese."""
    text = normalise(text)
    units = [unit.text for unit in cut_units(text, "zh", "char")]
    for found in re.finditer(r"(?:^|(?<= ))\\\((?:(?!\\\))[^\u3400-\u9fff，。])*\\\)(?= |$)", text):
        inside_another = text[: found.start()].count("\\(") or text[: found.start()].count("$")
        assert inside_another or any(found[0] in unit for unit in units)
