"""A storyboard is written as JSON and read back the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from boards import FONTS, LANGUAGES, SPECS, TEXTS, board_of, sample_of
from hypothesis import given, settings

from vwd.corpora.sample import Language
from vwd.shards.members import sample_members
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.spec import VideoSpec


def test_a_storyboard_comes_back_from_its_own_json() -> None:
    board = board_of("多少？", "一共 3 个“苹果”。", "zh")
    assert Storyboard.from_json(json.loads(json.dumps(board.to_json()))) == board


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS, LANGUAGES, SPECS)
def test_a_storyboard_comes_back_from_the_json_of_its_sample(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_of(prompt, answer, language)
    board = lay_out(sample, spec, FONTS)
    if isinstance(board, Storyboard):
        members = sample_members(sample, board, VideoSpec(), b"")
        assert Storyboard.from_json(json.loads(members["storyboard.json"])) == board


def test_the_json_of_a_storyboard_has_the_same_fields_and_types_in_every_sample() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(value[0])] if isinstance(value, list) else type(value)

    spilling = board_of("\n".join(["Line."] * 40), "Two words.")
    shapes = [shape(board.to_json()) for board in (spilling, board_of("a", "b"), board_of("问", "答案。", "zh"))]
    assert shapes[0] == shapes[1] == shapes[2]


@pytest.mark.parametrize("field", ["frames", "font_size", "page_starts", "separator", "words"])
def test_json_that_lacks_a_field_is_refused(field: str) -> None:
    data = {**board_of("a", "b").to_json(), "language": "en"}
    del data[field]
    with pytest.raises(KeyError, match=field):
        Storyboard.from_json(data)
