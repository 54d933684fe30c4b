"""Pages, long tokens, and prompts and answers that do not fit."""

from __future__ import annotations

import pytest
from text.boards import FONTS, answer_of, board_of, lines_of, prompt_of, sample_of

from vwd.corpora.sample import Language, Skip, SkipCode
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Box, Storyboard


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Language:
    return "zh" if request.param == "zh" else "en"


def words(count: int) -> str:
    return " ".join(f"w{n}" for n in range(count))


def lines(count: int) -> str:
    return "\n".join(f"Line {n}." for n in range(count))


def skip_of(prompt: str, answer: str, spec: StoryboardSpec | None = None) -> Skip:
    skip = lay_out(sample_of(prompt, answer), spec or StoryboardSpec(), FONTS)
    assert isinstance(skip, Skip)
    return skip


def test_the_first_frame_shows_the_prompt_and_each_next_one_adds_a_word() -> None:
    board = board_of("How many?", "There are two.")
    assert [(word.text, word.frame) for word in board.words] == [
        ("How", 0), ("many?", 0), ("There", 1), ("are", 2), ("two.", 3)
    ]  # fmt: skip
    assert (board.prompt_frames, board.page_starts) == (1, (0,))


def test_a_page_has_eleven_lines_of_thirty_six_columns() -> None:
    page = PageSpec()
    assert (page.lines, page.line_width // FONTS.advances("x", 28, "en")[0]) == (11, 36)
    assert lines_of(board_of("x" * 36, "y"))[0] == "x" * 36
    assert lines_of(board_of("x" * 37, "y"))[:2] == ["x" * 36, "x"]


def test_a_separator_is_drawn_between_prompt_and_answer() -> None:
    board = board_of("How many?", "Two.")
    prompt, answer = board.words[0].box, board.words[-1].box
    assert prompt.y + prompt.height <= board.separator.y
    assert board.separator.y + board.separator.height <= answer.y
    assert board.separator.width == 612


def test_a_prompt_that_leaves_no_line_has_no_separator_and_the_answer_starts_a_page() -> None:
    board = board_of(lines(11), "Two.")
    assert board.separator == Box(0, 0, 0, 0)
    assert (board.page_starts, board.words[-1].page, board.words[-1].box.y) == ((0, 1), 1, 4)


def test_the_word_after_a_full_page_is_at_the_top_of_the_next_page() -> None:
    board = board_of("How many?", lines(30))
    first_words = [group[0] for group in answer_of(board) if group[0].frame in board.page_starts]
    assert len(first_words) == board.pages - 1 > 0
    assert {(word.box.x, word.box.y) for word in first_words} == {(15, 4)}


@pytest.mark.parametrize("token", ["31415" * 12, "https://example.org/" + "a/b-c=" * 60], ids=["number", "URL"])
def test_a_long_token_is_wrapped_and_shown_completely_in_one_frame(language: Language, token: str) -> None:
    board = board_of("Which one?", f"It is {token} or so.", language)
    long = next(group for group in answer_of(board) if len(group) > 1)
    assert "".join(word.text for word in long) == token
    assert {word.frame for word in long} == {3}
    assert len({(word.page, word.box.y) for word in long}) == len(long) == -(-len(token) // 36)


def test_a_url_longer_than_a_page_is_shown_completely(language: Language) -> None:
    url = "https://example.org/" + "a/b-c?" * 80
    assert len(url) == 500
    board = board_of("Which one?", f"It is {url} or so.", language)
    assert "".join(word.text for word in board.words) == f"Whichone?Itis{url}orso."


def test_a_token_longer_than_a_page_takes_a_frame_for_each_of_its_pages() -> None:
    board = board_of("Which one?", "z" * 1000)
    shown = ["".join(word.text for word in group) for group in answer_of(board)]
    assert [len(text) for text in shown] == [396, 396, 208]
    assert len({group[0].page for group in answer_of(board)}) == 3


def test_an_answer_can_have_as_many_units_as_frames_are_left() -> None:
    board = board_of("How many?", words(192))
    assert [group[0].frame for group in answer_of(board)] == list(range(1, 193))


def test_an_answer_with_one_unit_more_is_skipped_and_not_cut() -> None:
    skip = skip_of("How many?", words(193))
    assert (skip.code, skip.detail) == (SkipCode.ANSWER_TOO_LONG, "193 units for 192 frames")


def test_a_prompt_of_three_pages_takes_three_frames_from_the_tail() -> None:
    board = board_of(lines(25), words(190))
    assert (board.prompt_frames, board.page_starts[:3]) == (3, (0, 1, 2))
    assert [sum(w.page == page and w.text == "Line" for w in prompt_of(board)) for page in range(3)] == [11, 11, 3]
    assert answer_of(board)[0][0].frame == 3
    assert answer_of(board)[-1][0].frame == 192
    assert board.separator_page == 2
    assert skip_of(lines(25), words(191)).detail == "191 units for 190 frames"


def test_a_prompt_with_as_many_pages_as_frames_is_skipped() -> None:
    spec = StoryboardSpec(frames=3)
    assert board_of(lines(22), "Two.", spec=spec).prompt_frames == 2
    assert skip_of(lines(23), "Two.", spec).code is SkipCode.PROMPT_TOO_LONG


def test_a_prompt_longer_than_a_page_can_be_skipped() -> None:
    spec = StoryboardSpec(prompt_overflow="skip")
    assert board_of(lines(11), "Two.", spec=spec).prompt_frames == 1
    assert skip_of(lines(12), "Two.", spec).code is SkipCode.PROMPT_TOO_LONG


@pytest.mark.parametrize("count", [5, 11, 12, 14, 16, 18])
def test_a_prompt_can_be_shrunk_until_it_fits_in_the_first_frame(count: int) -> None:
    board = board_of(lines(count), words(50), spec=StoryboardSpec(prompt_overflow="shrink"))
    assert {word.page for word in prompt_of(board)} == {0}
    assert board.prompt_frames == 1
    assert 16 <= board.font_size <= 28
    if board.font_size < 28:
        larger = PageSpec(font_size=board.font_size + 1)
        assert skip_of(lines(count), "Two.", StoryboardSpec(larger, prompt_overflow="skip"))


def test_a_prompt_too_long_for_the_smallest_font_is_skipped() -> None:
    skip = skip_of(lines(19), "Two.", StoryboardSpec(prompt_overflow="shrink"))
    assert skip.code is SkipCode.PROMPT_TOO_LONG


def test_a_prompt_that_fits_is_not_shrunk() -> None:
    usual, shrink = StoryboardSpec(), StoryboardSpec(prompt_overflow="shrink")
    assert board_of(lines(11), words(40), spec=shrink) == board_of(lines(11), words(40), spec=usual)


def test_a_longer_answer_leaves_the_first_frames_unchanged() -> None:
    short, long = board_of(lines(9), words(60)), board_of(lines(9), words(150))
    assert isinstance(long, Storyboard)
    assert long.words[: len(short.words)] == short.words
