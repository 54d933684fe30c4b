"""When words appear: one a frame, spread over the frames, or several a frame where they would not fit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from text.boards import FONTS, answer_of, board_of, prompt_of, sample_of

from vwd.corpora.sample import Skip, SkipCode
from vwd.errors import UsageError
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Box, Storyboard

LONG_PROMPT = " ".join(f"word{number}" for number in range(150))
STORY = " ".join(f"w{number}" for number in range(1000))


def frames_of(board: Storyboard) -> list[int]:
    return [group[0].frame for group in answer_of(board)]


def test_a_word_a_frame_is_the_default() -> None:
    assert frames_of(board_of("How many?", "Two and three are five.")) == [1, 2, 3, 4, 5]


def test_spread_words_share_the_frames_that_are_left() -> None:
    board = board_of("How many?", "Two and three are five.", spec=StoryboardSpec(frames=101, pace="spread"))
    assert frames_of(board) == [1, 21, 41, 61, 81]


def test_an_answer_with_more_words_than_frames_is_skipped_unless_it_is_to_fit() -> None:
    for pace in ("word", "spread"):
        skip = lay_out(sample_of("Once.", STORY), StoryboardSpec(pace=pace), FONTS)
        assert isinstance(skip, Skip)
        assert (skip.code, skip.detail) == (SkipCode.ANSWER_TOO_LONG, "1000 units for 192 frames")


def test_a_long_answer_fits_with_several_words_a_frame_and_no_page_is_passed_over() -> None:
    board = board_of("Once.", STORY, spec=StoryboardSpec(pace="fit"))
    shown = [word.text for group in answer_of(board) for word in group]
    assert shown == STORY.split()
    assert frames_of(board)[-1] >= 190
    assert max(len(group) for group in answer_of(board)) <= 7
    assert all(before < after for before, after in pairwise(board.page_starts))
    assert {word.page for word in board.words} == set(range(board.pages))


def test_a_short_answer_that_is_to_fit_has_a_word_a_frame() -> None:
    fitted, default = (board_of("How many?", "It is five.", spec=StoryboardSpec(pace=pace)) for pace in ("fit", "word"))
    assert fitted == default


def test_an_answer_with_more_pages_than_frames_is_skipped() -> None:
    skip = lay_out(sample_of("Once.", STORY), StoryboardSpec(frames=4, pace="fit"), FONTS)
    assert isinstance(skip, Skip)
    assert skip.code is SkipCode.ANSWER_TOO_LONG
    assert skip.detail.endswith("pages for 3 frames")


def test_each_page_of_the_prompt_is_held() -> None:
    board = board_of(LONG_PROMPT, "Yes it is.", spec=StoryboardSpec(prompt_hold=20))
    pages = prompt_of(board)[-1].page + 1
    assert pages > 1
    assert board.prompt_frames == 20 * pages
    assert board.page_starts[:pages] == tuple(range(0, 20 * pages, 20))
    assert frames_of(board) == [20 * pages, 20 * pages + 1, 20 * pages + 2]


def test_a_prompt_whose_held_pages_leave_no_frame_is_skipped() -> None:
    skip = lay_out(sample_of(LONG_PROMPT, "Yes."), StoryboardSpec(prompt_hold=150), FONTS)
    assert isinstance(skip, Skip)
    assert skip.code is SkipCode.PROMPT_TOO_LONG


@pytest.mark.parametrize("hold", [0, -1, 193, 10**9])
def test_a_hold_that_leaves_no_frame_is_refused(hold: int) -> None:
    with pytest.raises(UsageError, match=f"shown for {hold} of 193 frames") as refused:
        StoryboardSpec(prompt_hold=hold)
    assert "`prompt_hold` from 1 to 192" in refused.value.hint


def test_a_page_that_starts_with_the_answer_opens_with_the_separator_if_it_always_shall() -> None:
    prompt = "\n".join(["A line."] * StoryboardSpec().page.lines)
    without = board_of(prompt, "Yes.")
    assert without.separator == Box(0, 0, 0, 0)
    board = board_of(prompt, "Yes.", spec=StoryboardSpec(separator="always"))
    word = board.words[-1]
    assert board.separator_page == word.page == 1
    assert board.separator.width == StoryboardSpec().page.line_width
    assert StoryboardSpec().page.margin_top < board.separator.y < word.box.y


def test_a_separator_below_the_prompt_stays_there() -> None:
    always = board_of("How many?", "Five.", spec=StoryboardSpec(separator="always"))
    assert always == board_of("How many?", "Five.")
    assert always.separator_page == 0
