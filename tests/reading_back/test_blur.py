"""How blurred a page is, is seen at once, without reading it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from reading_back.pages import TEXTS, board_of

from vwd.corpora.sample import Language
from vwd.readback import read_picture
from vwd.readback.blur import BLURS, blur_of
from vwd.readback.ink import ink_of
from vwd.readback.pages import Geometry, ReadPage, read_page
from vwd.readback.picture import Picture
from vwd.readback.templates import Typeface
from vwd.video.frames import grey_frames


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("blur", BLURS)
def test_the_blur_of_a_page_is_seen_in_its_ink(language: Language, blur: float) -> None:
    board = board_of(*TEXTS[language], language)
    page = grey_frames(board)[-1]
    ink = ink_of(cv2.GaussianBlur(page, (0, 0), blur) if blur else page)
    assert ink is not None
    assert blur_of(ink, Typeface(board.font_size, language)) == blur


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_of_bold_strokes_is_not_read_twice_in_the_same_way(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[tuple[Geometry, bool]] = []

    def spy(picture: Picture, geometry: Geometry, thorough: bool = True) -> ReadPage:
        ways.append((geometry, thorough))
        return read_page(picture, geometry, thorough)

    monkeypatch.setattr("vwd.readback.ways.read_page", spy)
    board = board_of(*TEXTS[language], language)
    bold = cv2.erode(grey_frames(board)[-1], np.ones((2, 2), np.uint8))
    assert read_picture(bold, language).state == "read"
    assert len(ways) > 2, "no other way than the first was tried"
    assert len(set(ways)) == len(ways)
