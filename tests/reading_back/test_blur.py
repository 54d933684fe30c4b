"""How blurred a page is, is seen at once, without reading it."""

from __future__ import annotations

import cv2
import pytest
from reading_back.pages import TEXTS, board_of

from vwd.corpora.sample import Language
from vwd.readback.blur import BLURS, blur_of
from vwd.readback.ink import ink_of
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
