"""Any text is either laid out, every unit once, in order and within the margins, or skipped with a code."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from text.boards import (
    FONTS,
    LANGUAGES,
    LONG_TEXTS,
    PACED_SPECS,
    ROOMY_SPECS,
    SPECS,
    TEXTS,
    assert_boxes,
    assert_frames,
    assert_pages,
    prompt_of,
    sample_of,
)

from vwd.corpora.registry import own_corpus
from vwd.corpora.sample import Language, Sample, Skip, SkipCode
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Storyboard

LAYOUT_CODES = {SkipCode.MISSING_GLYPH, SkipCode.PROMPT_TOO_LONG, SkipCode.ANSWER_TOO_LONG}


def sample_or_skip(prompt: str, answer: str, language: Language) -> Sample | Skip:
    """The sample of a row with these texts: normalised, one sentence a line."""
    corpus = own_corpus("example", "p", "a", language)
    return corpus.sample({"p": prompt, "a": answer}, 0, corpus.schemas[0])


def assert_sound(board: Storyboard, sample: Sample, spec: StoryboardSpec) -> None:
    assert (board.width, board.height) == (spec.page.width, spec.page.height)
    assert_frames(board, sample, spec)
    assert_boxes(board, spec)
    assert_pages(board, spec)


@settings(max_examples=500)
@given(TEXTS, TEXTS, LANGUAGES, SPECS)
@example("Q", "ab,,,,ab,,,,ab,,,,", "en", StoryboardSpec(PageSpec(140, 72)))
@example("好", "好好，，，好好，，，好好，，，", "en", StoryboardSpec(PageSpec(140, 72)))
@example("好", "好" * 500, "en", StoryboardSpec(PageSpec(140, 72), 193, "spill"))
def test_a_row_is_laid_out_soundly_or_skipped_with_a_code(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_or_skip(prompt, answer, language)
    if isinstance(sample, Skip):
        assert sample.code is SkipCode.EMPTY_TEXT
        return
    board = lay_out(sample, spec, FONTS)
    if isinstance(board, Skip):
        assert board.code in LAYOUT_CODES
        assert board.detail
        return
    assert_sound(board, sample, spec)


@settings(max_examples=400)
@given(TEXTS, TEXTS, LANGUAGES, PACED_SPECS)
@example("好", "好" * 500, "zh", StoryboardSpec(PageSpec(140, 72), 193, pace="fit"))
@example("a", "aaaaaaa", "en", StoryboardSpec(PageSpec(140, 72), 4, separator="always"))
@example("Q", "a b c d e", "en", StoryboardSpec(PageSpec(140, 72), 5, pace="fit", prompt_hold=2, separator="always"))
@example("Q", "a a " + 72 * "b" + " a a", "en", StoryboardSpec(PageSpec(140, 72), 10, pace="fit"))
def test_every_pace_shows_every_unit_and_every_page(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_or_skip(prompt, answer, language)
    board = sample if isinstance(sample, Skip) else lay_out(sample, spec, FONTS)
    if isinstance(sample, Sample) and isinstance(board, Storyboard):
        assert_sound(board, sample, spec)
        taken = board.words[len(prompt_of(board))].box  # the answer's first word, on whose page there may be no room
        lines = len([word for word in board.words if word.frame == board.prompt_frames])
        assert board.separator.width or spec.separator == "auto" or (lines > 1 and taken.y == spec.page.margin_top)


@settings(max_examples=400)
@given(LONG_TEXTS, LONG_TEXTS, LANGUAGES, ROOMY_SPECS)
def test_a_long_row_is_laid_out_soundly_on_any_page(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_or_skip(prompt, answer, language)
    assert isinstance(sample, Sample)
    board = lay_out(sample, spec, FONTS)
    if isinstance(board, Storyboard):
        assert_sound(board, sample, spec)
    else:
        # What looks like text in a wrong encoding is repaired, perhaps to letters that no font here has.
        repaired = FONTS.undrawable(sample.prompt + sample.answer)
        codes = (SkipCode.PROMPT_TOO_LONG, SkipCode.ANSWER_TOO_LONG)
        assert board.code in ((SkipCode.MISSING_GLYPH,) if repaired else codes)


@settings(max_examples=400)
@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())), LANGUAGES, SPECS)
@example("", "", "en", StoryboardSpec())
@example(" \n  \n", "\t\x7f", "zh", StoryboardSpec())
@example("\ud800", "a", "zh", StoryboardSpec())
def test_layout_never_fails_whatever_the_text(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    assert isinstance(lay_out(sample_of(prompt, answer, language), spec, FONTS), (Storyboard, Skip))


@settings(max_examples=100)
@given(TEXTS, TEXTS, LANGUAGES, SPECS)
def test_the_same_text_has_the_same_storyboard(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_or_skip(prompt, answer, language)
    if isinstance(sample, Sample):
        assert lay_out(sample, spec, FONTS) == lay_out(sample, spec, type(FONTS)())


@settings(max_examples=150)
@given(TEXTS, TEXTS, LANGUAGES, SPECS, st.integers(1, 100))
def test_more_frames_add_only_a_longer_tail(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec, more: int
) -> None:
    sample = sample_or_skip(prompt, answer, language)
    if isinstance(sample, Skip):
        return
    longer = StoryboardSpec(spec.page, spec.frames + more, spec.prompt_overflow, spec.zh_units)
    board, again = lay_out(sample, spec, FONTS), lay_out(sample, longer, FONTS)
    if isinstance(board, Storyboard):
        assert isinstance(again, Storyboard)
        assert again.words == board.words
        assert again.page_starts == board.page_starts
