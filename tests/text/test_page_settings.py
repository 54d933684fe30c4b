"""Impossible pages and lengths are refused with a hint."""

from __future__ import annotations

import pytest

from vwd.corpora.sample import Language
from vwd.errors import UsageError
from vwd.text.metrics import baseline, line_height
from vwd.text.spec import PageSpec, StoryboardSpec


@pytest.mark.parametrize(("width", "height"), [(641, 360), (640, 361), (60, 360), (640, 40), (0, 0), (-640, 360)])
def test_a_frame_that_is_odd_or_too_small_is_refused(width: int, height: int) -> None:
    with pytest.raises(UsageError) as caught:
        PageSpec(width, height)
    assert f"{width}x{height}" in caught.value.what
    assert caught.value.hint


@pytest.mark.parametrize("size", [0, 15, 257])
def test_a_font_outside_of_what_is_legible_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match="16 to 256"):
        PageSpec(font_size=size)


@pytest.mark.parametrize("frames", [-1, 0, 1, 65_536])
def test_a_video_too_short_to_show_an_answer_or_too_long_is_refused(frames: int) -> None:
    with pytest.raises(UsageError, match="2 to 65535"):
        StoryboardSpec(frames=frames)


@pytest.mark.parametrize("size", range(16, 60))
def test_lines_grow_with_the_font_and_never_cut_it(size: int) -> None:
    page = PageSpec(1280, 720, size)
    # The parts above and below the baseline are rounded up separately, so that neither is cut.
    assert baseline(size) >= size * 26 / 28
    assert page.line_height - baseline(size) >= size * 6 / 28
    assert page.line_height <= -(-line_height(28) * size // 28) + 1
    assert page.lines * page.line_height <= 712


def test_english_baselines_stand_on_the_edges_of_a_codec_s_blocks_and_no_line_is_lost() -> None:
    page = PageSpec().for_language("en")
    assert page.lines == PageSpec().lines == 11
    assert page.margin_top + page.lines * page.line_height <= page.bottom <= page.height
    assert {(page.margin_top + line * page.line_height + baseline(28)) % 8 for line in range(page.lines)} == {0}


@pytest.mark.parametrize("page", [PageSpec(font_size=27), PageSpec(margin_top=8), PageSpec(1280, 720, 56)])
def test_other_pages_keep_their_margins(page: PageSpec) -> None:
    assert page.for_language("en") == page


@pytest.mark.parametrize("language", ["zh", "ko"])
def test_hanzi_and_hangul_stay_where_they_were(language: Language) -> None:
    assert PageSpec().for_language(language) == PageSpec()
