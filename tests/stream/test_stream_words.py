"""Words have the same numbers in the atlas whether Python reads them or C, whatever storyboards stand side by side."""

from __future__ import annotations

from typing import Any

import pytest
from text.boards import board_of, sample_of

from vwd.shards import vocabulary, word_table
from vwd.shards.members import sample_members
from vwd.shards.word_table import decode_drawn
from vwd.stream.atlas import Atlas
from vwd.stream.columns import columns_of
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.video.spec import VideoSpec

pytestmark = pytest.mark.skipif(
    vocabulary.current_vocabulary() is None, reason="vwd.shards._words was not built: run 'make kernel'"
)

SMALL = StoryboardSpec(PageSpec(font_size=20))


def stored(prompt: str, answer: str, language: Any = "en", spec: StoryboardSpec | None = None) -> bytes:
    sample, board = sample_of(prompt, answer, language), board_of(prompt, answer, language, spec)
    found: bytes = sample_members(sample, board, VideoSpec(), b"")["storyboard.json"]
    return found


MIXED = [
    stored("How many?", "One, two, two."),
    stored("How many?", "One, two, two.", spec=SMALL),
    stored("多少？", "两只，两只。", "zh"),
    stored("How many?", "Two, one."),
]


def numbered(atlas: Atlas) -> list[int]:
    boards, tables = zip(*map(decode_drawn, MIXED), strict=True)
    numbers: list[int] = columns_of(boards, tables, atlas).number.tolist()
    return numbers


def test_words_of_several_looks_have_numbers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    by_c = numbered(atlas := Atlas())
    assert numbered(atlas) == by_c
    monkeypatch.setattr(word_table, "current_vocabulary", lambda: None)
    assert numbered(Atlas()) == numbered(atlas) == by_c


def test_words_of_two_vocabularies_may_be_in_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = numbered(atlas := Atlas())
    first = decode_drawn(MIXED[0])
    monkeypatch.setattr(vocabulary, "_current", [])
    boards, tables = zip(first, *map(decode_drawn, MIXED[1:]), strict=True)
    assert tables[0].texts.vocabulary is not tables[1].texts.vocabulary
    assert columns_of(boards, tables, atlas).number.tolist() == expected
    atlas.forget_words()
    assert columns_of(boards, tables, atlas).number.tolist() == expected
