"""What a video of text says is read back: each word, its page and its first frame, also from disturbed pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading_back.pages import (
    ENGLISH,
    TEXTS,
    Frames,
    blurred,
    board_of,
    coarse,
    cropped,
    letterboxed,
    moved,
    moved_by,
    noisy,
    pale,
    read,
    sized,
    tokens,
    uneven,
)

from vwd.corpora.sample import Language
from vwd.readback import UNREADABLE, read_frames, read_picture
from vwd.readback.alphabet import common
from vwd.readback.bars import inside_bars
from vwd.readback.files import video_frames
from vwd.readback.templates import Typeface, templates
from vwd.readback.twins import as_read
from vwd.text.metrics import FONT_SIZE
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Box
from vwd.video.encoders import ENCODERS, get_encoder
from vwd.video.frames import grey_frames
from vwd.video.spec import VideoSpec

LANGUAGES: tuple[Language, ...] = ("en", "zh")
DISTURBANCES: dict[str, Callable[[Frames], Frames]] = {
    "half size": sized(320, 180),
    "another aspect": sized(480, 480),
    "double size": sized(1280, 720),
    "noise": noisy,
    "blur": blurred,
    "moved": moved,
    "pale": pale,
    "uneven strokes": uneven,
    "letterboxed": letterboxed,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_word_is_read_at_its_frame_of_every_encoder(encoder: str, language: Language) -> None:
    board = board_of(*TEXTS[language], language)
    video = get_encoder(encoder).encode(board, VideoSpec(frames=board.frames))
    found, expected = tokens(read(np.stack(list(video_frames(video))), board), board)
    assert found == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "disturbance", [pytest.param(name, marks=[pytest.mark.slow] * (name == "noise")) for name in DISTURBANCES]
)
def test_disturbed_videos_are_read_all_the_same(disturbance: str, language: Language) -> None:
    board = board_of(*TEXTS[language], language)
    found, expected = tokens(read(DISTURBANCES[disturbance](grey_frames(board)), board), board)
    assert found == expected


def test_the_language_is_found_out() -> None:
    for language in LANGUAGES:
        board = board_of(*TEXTS[language], language)
        reading = read_picture(grey_frames(board)[-1])
        assert "42" in reading.text
        assert reading.unreadable == 0


def test_pages_are_told_apart_by_their_frames() -> None:
    board = board_of(
        "Name the numbers.", " ".join(f"number-{n:04}" for n in range(100)), spec=StoryboardSpec(frames=110)
    )
    assert board.pages > 2
    reading = read(grey_frames(board), board)
    assert reading.page_starts == board.page_starts
    found, expected = tokens(reading, board)
    assert found == expected


@pytest.mark.parametrize("down", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_a_stroke_of_one_row_of_pixels_appears_at_its_frame_wherever_it_is(size: tuple[int, int], down: int) -> None:
    board = board_of("Which blank is the second?", "One is _ and then _ comes")
    frames = np.roll(sized(*size)(grey_frames(board)), down, axis=1)
    found, expected = tokens(read(frames, board), board)
    assert found == expected


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (1280, 720)])
def test_small_marks_below_tails_and_beside_other_characters_appear_at_their_own_frames(size: tuple[int, int]) -> None:
    for board in (
        board_of("Dots and dashes?", "ggggg " * 12 + "- . - . - . yyyyy " + "ggggg " * 4 + "- . - . -"),
        board_of("多少？", "国国国国国。国国.国国，国国3.5国国·国国-国国.国国：国国国。国.国.国-国-国", "zh"),
    ):
        found, expected = tokens(read(sized(*size)(grey_frames(board)), board), board)
        assert found == expected


@pytest.mark.parametrize(("width", "height", "font_size"), [(320, 240, 16), (320, 240, 20), (640, 360, 28)])
def test_pages_full_of_small_text_are_told_apart(width: int, height: int, font_size: int) -> None:
    random = np.random.default_rng(0)
    words = random.choice("she had seven red apples and four more in the box than he sold them for".split(), 250)
    board = board_of(" ".join(words), "Yes.", spec=StoryboardSpec(frames=60, page=PageSpec(width, height, font_size)))
    assert len(board.page_starts) > 2
    found, expected = tokens(read(grey_frames(board), board), board)
    assert found == expected


def test_a_smaller_font_is_read_where_it_is_expected() -> None:
    spec = VideoSpec(320, 240, 30).storyboard_spec(font_size=16)
    board = board_of(*ENGLISH, spec=spec)
    found, expected = tokens(read(grey_frames(board), board), board)
    assert found == expected


def test_a_word_has_its_box_and_a_confidence_for_each_character() -> None:
    board = board_of(*ENGLISH)
    word = read(grey_frames(board), board).words[1]
    assert (word.text, word.box) == (board.words[1].text, board.words[1].box)
    assert len(word.confidence) == len(word.boxes) == len(word.text)
    assert min(word.confidence) > 0.99


def test_a_page_without_some_of_its_margins_is_read() -> None:
    board = board_of(*ENGLISH)
    found, expected = tokens(read(cropped(grey_frames(board)), board), board)
    assert found == expected


def test_places_of_words_are_those_in_the_picture_with_its_bars() -> None:
    board = board_of(*ENGLISH)
    plain, barred = read(grey_frames(board), board), read(letterboxed(grey_frames(board)), board)
    assert [word.text for word in barred.words] == [word.text for word in plain.words]
    for one, other in zip(plain.words, barred.words, strict=True):
        for inner, outer in zip((one.box, *one.boxes), (other.box, *other.boxes), strict=True):
            assert outer == Box(inner.x + 20, inner.y + 60, inner.width, inner.height)


@pytest.mark.parametrize("shade", [0, 20, 255])
def test_a_picture_of_one_shade_has_no_bars(shade: int) -> None:
    assert inside_bars(np.full((36, 64), shade, np.uint8)) == (0, 0, 64, 36)


def test_on_paper_nothing_is_written() -> None:
    reading = read_picture(np.full((360, 640), 250, np.uint8))
    assert (reading.state, reading.words) == ("blank", ())


@pytest.mark.parametrize("width", [1, 2, 17, 640])
@pytest.mark.parametrize("height", [1, 2, 3, 33])
def test_pictures_of_any_size_are_read_as_nothing(height: int, width: int) -> None:
    paper = np.full((height, width), 255, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (height, width)).astype(np.uint8)
    row, column = paper.copy(), paper.copy()
    row[height // 2], column[:, width // 2] = 0, 0
    for picture in (paper, noise, row, column):
        assert not read_picture(picture, "en").words


@pytest.mark.parametrize("kind", ["white noise", "ramp", pytest.param("discs", marks=pytest.mark.slow)])
def test_pictures_without_text_are_read_as_nothing(kind: str) -> None:
    y, x = np.mgrid[:360, :640]
    pictures = {
        "white noise": np.random.default_rng(0).integers(0, 256, (360, 640)),
        "ramp": x * 255 // 640,
        "discs": 255 * (((x % 90) - 45) ** 2 + ((y % 90) - 45) ** 2 > 900),
    }
    reading = read_picture(pictures[kind].astype(np.uint8))
    assert reading.words == ()
    assert reading.state != "read"


@pytest.mark.slow
def test_what_hides_a_character_makes_it_unreadable_not_another_one() -> None:
    board = board_of(*ENGLISH)
    picture = grey_frames(board)[-1]
    box = board.words[0].box
    picture[box.y + 4 : box.y + 28, box.x : box.x + 17] = np.random.default_rng(0).integers(0, 256, (24, 17))
    word = read(picture[None], board).words[0].text
    assert word[0] == UNREADABLE
    assert word[1:] == board.words[0].text[1:]


def test_characters_of_the_same_picture_are_read_as_the_first_of_them() -> None:
    assert as_read("А", "en") == "A"
    board = board_of("А is a letter.", "Yes—it looks like another one – so do dashes.")
    found, expected = tokens(read(grey_frames(board), board), board)
    assert found == expected
    assert found[0][0] == "A"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_common_character_is_expected_as_the_one_that_is_looked_for(language: Language) -> None:
    looked_for = {char for group in templates(Typeface(FONT_SIZE, language)).values() for char in group.chars}
    assert {as_read(char, language) for char in common(language)} == looked_for


@pytest.mark.parametrize("by", [(0, 0), (3, 5)], ids=str)
def test_a_page_of_nothing_but_tails_is_not_read_as_capitals_that_stand_lower(by: tuple[int, int]) -> None:
    board = board_of("gyp pyg?", "gyp gy pygg yyp gyp pyg")
    found, expected = tokens(read(moved_by(*by)(grey_frames(board)), board), board)
    assert found == expected


@pytest.mark.parametrize("mark", [".", ",", "'", "-", '"', ":"])
def test_a_line_of_one_small_mark_is_read_where_the_other_lines_tell_how_high_it_stands(mark: str) -> None:
    board = board_of("What is it?", f"First line\n{mark}\nLast line")
    found, expected = tokens(read(grey_frames(board), board), board)
    assert found == expected


def test_a_mark_alone_on_a_page_is_not_read() -> None:
    board = board_of("'", "Yes.")
    found = read(grey_frames(board)[:1], board)
    assert {word.text for word in found.words} <= {UNREADABLE}


def test_frames_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="give uint8"):
        read_picture(np.zeros((4, 4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="in one video"):
        read_frames([np.zeros((40, 40), np.uint8), np.zeros((40, 44), np.uint8)])


@settings(max_examples=20)
@example("00000000000000000000000000000000000&_g")
@example("`")
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=120))
def test_any_latin_text_is_read_back(text: str) -> None:
    board = board_of("Read this.", text)
    found, expected = tokens(read(grey_frames(board)[-1:], board), board)
    have = [token.text for token in found]
    want = [token.text for token in expected if token.page == board.pages - 1]
    # Where a line has nothing but a mark, it may not be told how high it stands: it is unreadable then, or passed over.
    assert [text for text in have if UNREADABLE not in text] == [text for text in want if text in have]
    assert {text for text in want if any(char.isalnum() for char in text)} <= set(have)


SUMS = (
    "22-6, 75-55, 450,000-2000=$448,000, $1750+$3500, 26-4, 15-12=3; is one-third of 120-page texts non-useful?",
    "30-4×5 = 10; 120÷6 = 20; 7-9 = -2; 8+8 = 16; 3-page, 10-8, 8:30, 1.5%.\nSo the answer is: -24.",
)


@pytest.mark.parametrize(("crf", "before"), [(30, ""), (34, ""), (34, "xxxx "), (34, "xxxxx ")])
def test_signs_and_digits_are_not_traded_for_others_in_coarse_videos(crf: int, before: str) -> None:
    board = board_of(before + SUMS[0], SUMS[1], spec=StoryboardSpec(frames=60))
    have, want = tokens(read(coarse((320, 180), crf)(grey_frames(board)), board), board)
    pairs = zip("".join(token.text for token in have), "".join(token.text for token in want), strict=True)
    assert [(a, b) for a, b in pairs if a not in (b, UNREADABLE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_that_are_very_blurred_are_read(language: Language) -> None:
    text = "80/100 = 80%; $200 + 30 = $230; 990 - 9.00 = 981.00"
    board = board_of("How many are 80 of 100?", text, language)
    (picture,) = blurred(grey_frames(board)[-1:], 1.6)
    words = read(picture[None], board).words
    assert "".join(word.text for word in words).endswith(text.replace(" ", ""))


def test_ink_in_the_left_margin_alone_is_no_line() -> None:
    board = board_of(*ENGLISH)
    picture = grey_frames(board)[-1].copy()
    picture[-36:-16, 2:9] = 0
    found = read(picture[None], board)
    assert [word.text for word in found.words if UNREADABLE not in word.text] == [
        word.text for word in read(grey_frames(board)[-1:], board).words
    ]
