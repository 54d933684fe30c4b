"""Of a picture without its edges, every character that is read is the one that stood there; cut ones are not read."""

from __future__ import annotations

import numpy as np
import pytest
from reading_back.pages import TEXTS, board_of, read

from vwd.corpora.sample import Language
from vwd.readback import UNREADABLE, Reading
from vwd.readback.ink import Grey
from vwd.text.storyboard import Box
from vwd.video.frames import grey_frames

LINES: dict[Language, tuple[str, str]] = {
    "en": TEXTS["en"],
    "zh": (
        "小红有12个苹果，每个3.5元，小明有川、林、明三种树各一棵。她一共要付多少元钱？",
        "她要付12×3.5=42元。（注意：−7÷2不用算，因为一、二、三与工、王、八都不是数量。）\n答案是：42。",
    ),
}


def characters(reading: Reading, left: int = 0, top: int = 0) -> list[tuple[str, Box]]:
    """Each character and where it stands in the whole picture."""
    return [
        (char, Box(box.x + left, box.y + top, box.width, box.height))
        for word in reading.words
        for char, box in zip(word.text, word.boxes, strict=True)
    ]


def near(one: Box, other: Box) -> bool:
    return abs(one.x - other.x) <= 2 and abs(one.y - other.y) <= 2


def check(picture: Grey, language: Language, left: int, top: int, right: int, bottom: int) -> None:
    """Crops a picture by so many pixels at each side, and compares what is read with what stands in all of it."""
    board = board_of(*LINES[language], language)
    whole = characters(read(picture[None], board))
    height, width = picture.shape
    part = np.ascontiguousarray(picture[top : height - bottom, left : width - right])
    found = characters(read(part[None], board), left, top)
    wrong = [
        (char, box)
        for char, box in found
        if char != UNREADABLE and not any(char == c and near(box, b) for c, b in whole)
    ]
    assert wrong == []
    inside = [
        (char, box)
        for char, box in whole
        if box.x >= left + 34 and box.y >= top and box.x + box.width <= width - right - 34
        and box.y + box.height <= height - bottom
    ]  # fmt: skip
    missing = [(char, box) for char, box in inside if not any(char == c and near(box, b) for c, b in found)]
    assert len(missing) <= 0.02 * len(inside)


@pytest.mark.parametrize(
    ("language", "left", "top", "right", "bottom"),
    [
        ("zh", 26, 0, 0, 0),
        ("zh", 0, 0, 35, 0),
        ("zh", 0, 24, 0, 0),
        ("en", 24, 0, 0, 0),
        ("en", 32, 0, 24, 0),
        ("en", 0, 24, 0, 150),
    ],
)
def test_no_character_is_misread_where_the_edge_cuts_some(
    language: Language, left: int, top: int, right: int, bottom: int
) -> None:
    check(grey_frames(board_of(*LINES[language], language))[-1], language, left, top, right, bottom)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_character_is_misread_however_much_is_cut(language: Language) -> None:
    picture = grey_frames(board_of(*LINES[language], language))[-1]
    for cut in range(1, 62, 8):
        check(picture, language, cut, 0, 0, 0)
        check(picture, language, 0, 0, cut, 0)
        check(picture, language, 0, cut, 0, 0)
        check(picture, language, cut, 0, cut // 2, cut)
