"""Code keeps its indentation: in the text, in prompts, and on the page; text without any is as it was."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from conftest import Run, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from shards.packing import SMALL
from text.boards import FONTS, LANGUAGES, PAGES, assert_boxes, board_of

from vwd.corpora.normalise import normalise, renormalise
from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sample import Language, Sample
from vwd.corpora.sentences import break_sentences
from vwd.limits import LARGEST_INDENT
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.text.units import Unit, cut_units

CODE = "def largest(xs):\n    best = xs[0]\n    for x in xs:\n        best = max(best, x)\n    return best"
COLUMN = FONTS.advances(" ", 28, "en")[0]
LEFT = 15


def indents_of(board: Storyboard) -> list[int]:
    """The columns before the first word of each line of the answer."""
    first: dict[tuple[int, int], int] = {}
    for word in board.words:
        if word.frame >= board.prompt_frames:
            first.setdefault((word.page, word.box.y), word.box.x)
    return [(x - LEFT) // COLUMN for x in first.values()]


def test_code_is_normalised_as_it_is() -> None:
    assert normalise(CODE) == CODE
    assert renormalise(CODE) == CODE
    assert break_sentences(CODE, "en") == CODE
    assert break_sentences(CODE, "zh") == CODE


@pytest.mark.parametrize("language", ["en", "zh"])
def test_code_is_drawn_with_its_indentation(language: Language) -> None:
    board = board_of("Write it.", CODE, language)
    assert indents_of(board) == [0, 4, 4, 8, 4]
    assert [word.text for word in board.words if word.frame][:5] == ["def", "largest(xs):", "best", "=", "xs[0]"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_unit_after_an_indentation_keeps_it(language: Language) -> None:
    assert cut_units("if x:\n    return y", language, "word") == [
        Unit("if", ""), Unit("x:", " "), Unit("return", "\n    "), Unit("y", " "),
    ]  # fmt: skip
    assert cut_units("    return y", language, "word")[0] == Unit("return", "    ")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\n    b", "a\n    b"),
        ("a\n\tb\n\t\tc", "a\n    b\n        c"),
        ("a\n  \tb", "a\n    b"),
        ("a\n\u00a0\u00a0\u00a0\u00a0b", "a\n    b"),
        ("a\r\n  b", "a\n  b"),
        ("a\n\u200b    b", "a\n    b"),
        ("a\n\n    \n    b", "a\n    b"),
        ("if a:\n b\n  c", "if a:\n b\n  c"),
        ("    a\n    b", "    a\n    b"),
        ("\n\n    a", "    a"),
        ("a\n    x  =  1", "a\n    x = 1"),
        ("a\n" + " " * 99 + "b", "a\n" + " " * LARGEST_INDENT + "b"),
    ],
)
def test_leading_spaces_are_part_of_a_line(written: str, kept: str) -> None:
    assert normalise(written) == kept
    assert normalise(kept) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" a", "a"),
        ("\u00a0a", "a"),
        ("\ufeff a\n b", "a\nb"),
        ("a\n b", "a\nb"),  # one space before a line that has no others is a slip
        (" a\n    b", "a\n    b"),
        ("a\n\u3000\u3000小羊喝水", "a\n小羊喝水"),  # Chinese begins paragraphs with two
        ("    ", ""),
        ("a    \n", "a"),
    ],
)
def test_spaces_that_indent_nothing_are_dropped(written: str, kept: str) -> None:
    assert normalise(written) == kept


def test_sentences_of_an_indented_line_stand_below_each_other() -> None:
    text = "a:\n    # Add one. Then stop.\n    b"
    assert break_sentences(text, "en") == "a:\n    # Add one.\n    Then stop.\n    b"
    assert break_sentences("a：\n  先加。再减。", "zh") == "a：\n  先加。\n  再减。"


def test_a_result_has_no_spaces_around_it() -> None:
    corpus = find_corpus("gsm8k_chinese")
    row = {"question_zh": "几个？", "answer_zh": "    先加。\n    再减。", "answer_only": "   8"}
    sample = corpus.sample(row, 0, corpus.schema_for(row))
    assert isinstance(sample, Sample)
    assert (sample.answer, sample.final_answer) == ("    先加。\n    再减。\n答案是：8。", "8")


def test_an_answer_that_starts_indented_is_drawn_so() -> None:
    assert indents_of(board_of("Q", "    return x\nend")) == [4, 0]


def test_a_deep_indentation_leaves_half_of_the_line_and_a_long_word_takes_what_it_needs() -> None:
    assert indents_of(board_of("Q", "a\n" + " " * 40 + "b")) == [0, 18]
    assert indents_of(board_of("Q", "a\n        " + "b" * 36 + "\n        " + "c" * 30)) == [0, 0, 6]
    assert indents_of(board_of("Q", "a\n        " + "b" * 40)) == [0, 0, 0]


def test_a_line_that_is_too_long_goes_on_at_the_margin() -> None:
    assert indents_of(board_of("Q", "a\n    " + "word " * 8 + "end")) == [0, 4, 0]


LINES = st.tuples(st.integers(0, 50), st.sampled_from(["x = 1", "return", "小羊喝水。", "w" * 50, "Mr. A said. B."]))
INDENTED = st.lists(LINES, min_size=1, max_size=8).map(lambda lines: "\n".join(" " * n + text for n, text in lines))


@settings(max_examples=150)
@given(INDENTED, INDENTED, LANGUAGES, st.sampled_from(PAGES))
def test_any_indented_text_is_laid_out_within_the_page(
    prompt: str, answer: str, language: Language, page: PageSpec
) -> None:
    corpus = own_corpus("made", "p", "a", language)
    sample = corpus.sample({"p": prompt, "a": answer}, 0, corpus.schemas[0])
    assert isinstance(sample, Sample)
    spec = StoryboardSpec(page, 600)
    board = lay_out(sample, spec, FONTS)
    assert isinstance(board, Storyboard)
    assert_boxes(board, spec)
    units = cut_units(sample.answer, language, "word")
    assert "".join(unit.lead + unit.text for unit in units) == sample.answer


@given(st.text(st.sampled_from("ab \n\t\u3000\u00a0é小。.")))
def test_only_indentation_differs_from_text_without_it(text: str) -> None:
    flat = "\n".join(line.strip("\t\u3000\u00a0 ") for line in text.split("\n"))
    assert [line.lstrip(" ") for line in normalise(text).split("\n")] == normalise(flat).split("\n")


def test_prompts_and_storyboards_of_a_shard_keep_the_indentation(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [{"q": "Write it:\n    def f(x):", "a": "    y = 2\n    return y"}])
    own = ("--prompt-column", "q", "--answer-column", "a", "--language", "en")
    run("pack", "code", "--rows", "rows.jsonl", *own, *SMALL, "--num-workers", 1)
    with tarfile.open(tmp_path / "shards" / "code" / "code-000000.tar") as tar:
        parts = {m.name.split(".", 1)[1]: tar.extractfile(m) for m in tar}
        read = {name: json.loads(file.read()) for name, file in parts.items() if file and name.endswith("json")}
    assert read["inference.json"]["prompt"] == "Question: Write it:\n    def f(x):"
    assert read["rendering.json"]["prompt"].endswith(" Answer:     y = 2\n    return y")
    assert read["storyboard.json"]["answer"] == "    y = 2\n    return y"
