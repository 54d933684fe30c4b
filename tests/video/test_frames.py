"""Each frame is the previous one with its own words added; a page starts white; the tail does not change."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from video.screening import TEXTS, board_of, drawn

from vwd.corpora.sample import Language, Sample
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Box, Storyboard
from vwd.video.fonts import Fonts
from vwd.video.frames import FULL_RANGE, VIDEO_RANGE, Canvas, grey_frames, play

SMALL = StoryboardSpec(PageSpec(320, 120, font_size=20), frames=40)
WORDS = st.lists(
    st.sampled_from("a one two3 (four) “five” 小羊 苹果。 水，喝 , ½ \n \n".split(" ")), min_size=1, max_size=25
)


def own_boxes(board: Storyboard, frame: int) -> list[Box]:
    """What a frame adds: the boxes of its words, and the separator on the prompt's last page."""
    boxes = [word.box for word in board.words if word.frame == frame]
    return (
        [*boxes, board.separator]
        if frame == board.page_starts[board.separator_page] and board.separator.height
        else boxes
    )


def outside(picture: Canvas, boxes: list[Box]) -> Canvas:
    """A copy with the boxes whited out."""
    left: Canvas = picture.copy()
    for x, y, width, height in boxes:
        left[y : y + height, x : x + width] = 255
    return left


def assert_each_frame_adds_its_own(board: Storyboard, frames: Canvas) -> None:
    assert frames.shape == (board.frames, board.height, board.width)
    for frame in range(board.frames):
        boxes = own_boxes(board, frame)
        before = frames[frame - 1] if frame not in board.page_starts else np.full_like(frames[0], 255)
        assert np.array_equal(outside(frames[frame], boxes), outside(before, boxes))
        for x, y, width, height in boxes:
            assert (before[y : y + height, x : x + width] == 255).all()
            assert (frames[frame][y : y + height, x : x + width] < 128).any()
        if not boxes:
            assert np.array_equal(frames[frame], before)


@pytest.mark.parametrize("name", TEXTS)
def test_each_frame_differs_only_inside_the_boxes_of_its_own_words(name: str) -> None:
    assert_each_frame_adds_its_own(board_of(name), drawn(name))


@settings(max_examples=60)
@given(WORDS, WORDS, st.sampled_from(["en", "zh"]))
def test_the_same_holds_for_any_storyboard(prompt: list[str], answer: list[str], language: Language) -> None:
    sample = Sample(
        "example", 0, " ".join("Q".join(prompt).split()), " ".join("A".join(answer).split()), "", language, "story"
    )
    board = lay_out(sample, SMALL, Fonts()) if sample.prompt and sample.answer else None
    if isinstance(board, Storyboard):
        assert_each_frame_adds_its_own(board, grey_frames(board))


@pytest.mark.parametrize("name", TEXTS)
def test_the_first_frame_shows_only_the_prompt(name: str) -> None:
    board, first = board_of(name), drawn(name)[0]
    prompt = [word.box for word in board.words if word.frame == 0]
    assert (outside(first, [*prompt, board.separator]) == 255).all()
    assert all((first[y : y + h, x : x + w] < 128).any() for x, y, w, h in prompt)
    answer = [word.box for word in board.words if word.frame >= board.prompt_frames and word.page == 0]
    assert all((first[y : y + h, x : x + w] == 255).all() for x, y, w, h in answer)


@pytest.mark.parametrize("name", ["en", "zh", "spilling"])
def test_after_the_last_word_the_picture_does_not_change(name: str) -> None:
    last, frames = board_of(name).words[-1].frame, drawn(name)
    assert last < 192
    assert (frames[last:] == frames[last]).all()
    assert not np.array_equal(frames[last], frames[last - 1])


@pytest.mark.parametrize("name", ["en", "zh"])
def test_a_page_starts_white_except_for_its_first_word(name: str) -> None:
    board, frames = board_of(name), drawn(name)
    assert board.pages > 1
    for start in board.page_starts[1:]:
        assert (outside(frames[start], own_boxes(board, start)) == 255).all()
        assert not np.array_equal(frames[start], frames[start - 1])


@pytest.mark.parametrize("name", TEXTS)
def test_playing_reports_which_frames_differ_from_the_previous_one(name: str) -> None:
    board, frames = board_of(name), drawn(name)
    changed = list(play(board, np.empty((board.height, board.width), np.uint8)))
    assert changed[0]
    assert changed[1:] == [not np.array_equal(a, b) for a, b in pairwise(frames)]


@pytest.mark.parametrize("name", TEXTS)
def test_colour_frames_equal_the_grey_ones_whatever_the_canvas_contained(name: str) -> None:
    board, frames = board_of(name), drawn(name)
    canvas = np.full((board.height, board.width, 3), 77, np.uint8)
    for number, _ in enumerate(play(board, canvas)):
        assert (canvas == frames[number][:, :, None]).all()


def test_levels_turn_coverage_into_full_or_video_range() -> None:
    assert (FULL_RANGE[0], FULL_RANGE[255], VIDEO_RANGE[0], VIDEO_RANGE[255]) == (255, 0, 235, 16)
    board, frames = board_of("zh"), drawn("zh")
    canvas = np.empty((board.height, board.width), np.uint8)
    for number, _ in enumerate(play(board, canvas, VIDEO_RANGE)):
        assert np.array_equal(canvas, VIDEO_RANGE[255 - frames[number]])
