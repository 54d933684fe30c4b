"""Pages that are larger or smaller within their picture, or lie between its pixels, are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from reading_back.pages import ENGLISH, TEXTS, Frames, board_of, moved_by, read, sized, tokens, zoomed

from vwd.corpora.sample import Language
from vwd.grade.tokens import expected_tokens
from vwd.readback import UNREADABLE
from vwd.text.spec import StoryboardSpec
from vwd.video.frames import grey_frames

LANGUAGES: tuple[Language, ...] = ("en", "zh")
# Its first page has no separator.
LONG = " ".join([ENGLISH[0]] * 8), " ".join([ENGLISH[1]] * 4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [0.75, 0.9, 0.98, 0.995, 1.005, 1.02])
def test_a_page_that_is_larger_or_smaller_within_the_picture_is_read(scale: float, language: Language) -> None:
    board = board_of(*TEXTS[language], language)
    frames = np.stack(list(grey_frames(board)))
    for centred in (True, False):
        have, want = tokens(read(zoomed(scale, centred=centred)(frames), board), board)
        assert have == want


@pytest.mark.parametrize(
    "disturb", [zoomed(0.8), zoomed(0.97), zoomed(0.99), zoomed(1.01), sized(642, 362), sized(636, 358)],
    ids=["80%", "97%", "99%", "101%", "642x362", "636x358"],
)  # fmt: skip
def test_a_full_page_without_a_separator_is_read_at_any_size(disturb: Callable[[Frames], Frames]) -> None:
    board = board_of(*LONG, spec=StoryboardSpec())
    first = np.array(grey_frames(board)[board.page_starts[1] - 1])
    want = [token.text for token in expected_tokens(board) if token.page == 0]
    assert board.separator_page != 0
    have = [word.text for word in read(disturb(first[None]), board).words]
    assert len(have) == len(want)
    assert sum(one == other for one, other in zip(have, want, strict=True)) >= 0.98 * len(want)
    for one, other in zip("".join(have), "".join(want), strict=True):
        assert one in (other, UNREADABLE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shape", [(0.95, 1.0), (1.0, 0.95), (0.9, 0.95)], ids=str)
def test_a_page_that_is_narrower_or_lower_within_the_picture_is_read(
    shape: tuple[float, float], language: Language
) -> None:
    board = board_of(*TEXTS[language], language)
    have, want = tokens(read(zoomed(*shape)(np.stack(list(grey_frames(board)))), board), board)
    assert have == want


@pytest.mark.parametrize("shape", [(0.9, 0.9), (0.95, 1.0), (1.0, 0.95)], ids=str)
def test_the_page_with_the_separator_tells_how_those_before_it_lie(shape: tuple[float, float]) -> None:
    board = board_of(*LONG, spec=StoryboardSpec())
    frames = grey_frames(board)
    lasts = np.stack([frames[start - 1] for start in (*board.page_starts[1:], board.frames)])
    reading = read(zoomed(*shape)(lasts), board)
    assert reading.page_starts == tuple(range(len(lasts)))
    assert [word.text for word in reading.words] == [token.text for token in expected_tokens(board)]


@pytest.mark.parametrize("by", [(0.5, 0.0), (5.5, -3.5), (0.25, 0.75)], ids=str)
def test_lines_that_lie_between_pixels_are_read_without_letters_of_rare_scripts(by: tuple[float, float]) -> None:
    # Half a pixel further right, - is as sharp as ever, but g looks like ց.
    board = board_of(
        "Ann and Tom ran along a road and hum a tune on and on.", "He can hum on and run along.\n- big bag"
    )
    have, want = tokens(read(moved_by(*by)(grey_frames(board)[-1:]), board), board)
    assert [token.text for token in have] == [token.text for token in want]
