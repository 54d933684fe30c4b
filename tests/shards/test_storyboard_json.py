"""A storyboard is written as JSON and read back unchanged; a damaged one is refused, and its bad field named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from text.boards import FONTS, LANGUAGES, SPECS, TEXTS, board_of, sample_of

from vwd.corpora.sample import Language, Sample
from vwd.shards.json_types import type_problem
from vwd.shards.members import sample_members
from vwd.shards.sample_fields import EARLIER_FIELDS, FIELDS
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Box, Storyboard, Word
from vwd.video.spec import VideoSpec


def record_of(prompt: str, answer: str, language: Language = "en") -> StoryboardRecord:
    return StoryboardRecord("own", 3, "question", prompt, answer, "", 19.3, board_of(prompt, answer, language))


def test_a_record_is_read_back_from_its_own_json() -> None:
    record = record_of("多少？", "一共 3 个“苹果”。", "zh")
    assert StoryboardRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@settings(max_examples=100)
@given(TEXTS, TEXTS, LANGUAGES, SPECS)
def test_a_storyboard_is_read_back_from_the_member_of_its_sample(
    prompt: str, answer: str, language: Language, spec: StoryboardSpec
) -> None:
    sample = sample_of(prompt, answer, language)
    board = lay_out(sample, spec, FONTS)
    if isinstance(board, Storyboard):
        members = sample_members(sample, board, VideoSpec(), b"")
        record = StoryboardRecord.from_json(json.loads(members["storyboard.json"]))
        assert StoryboardRecord.parse(members["storyboard.json"]) == record
        assert record.storyboard == board
        assert (record.question, record.answer, record.index) == (sample.prompt, sample.answer, sample.index)


RATES = st.builds(Fraction, st.integers(1, 65_535), st.integers(1, 65_535)).filter(lambda rate: rate <= 1000)


@given(st.text(), RATES, st.integers(2, 100_000))
@example('\x00\x1b\x7f\u2028\ufeff"\\/\u007f\U0001f600', Fraction(1, 65_535), 100_000)
def test_members_are_json_as_the_standard_library_writes_it(text: str, fps: Fraction, frames: int) -> None:
    board = replace(board_of("a", "b", "en"), frames=frames, words=(Word(text, 0, 0, Box(1, 2, 3, 4)),))
    sample = Sample("own", 3, text, text, text, "en", "question")
    for ending, data in sample_members(sample, board, VideoSpec(frames=frames, fps=fps), b"").items():
        if ending != "mp4":
            assert data == json.dumps(json.loads(data), ensure_ascii=False, separators=(",", ":")).encode()


def test_every_record_has_exactly_the_fields_and_types_of_the_schema() -> None:
    spilling = record_of("\n".join(["Line."] * 40), "Two words.")
    for record in (spilling, record_of("a", "b"), record_of("问", "答案。", "zh")):
        assert type_problem(record.to_json(), FIELDS, exact=True) is None


@pytest.mark.parametrize("field", FIELDS)
def test_a_record_without_a_field_is_refused_and_the_field_named(field: str) -> None:
    data = record_of("a", "b").to_json()
    del data[field]
    with pytest.raises(ValueError, match=f"has no {field}$"):
        StoryboardRecord.from_json(data)


WRONG: dict[str, list[Any]] = {
    "index": ["7", None, 1.0, 2**64],
    "question": [7, None, "\ud800"],
    "fps": [0, "19.3", None, float("nan"), float("inf")],
    "frames": [0, -1, True, 2**40],
    "page_starts": [None, 3, ["0"]],
    "separator": [None, [1, 2], [1, 2, 3, "4"]],
    "words": [
        None,
        "three",
        [None],
        [{"text": "a"}],
        [{"text": 7, "frame": 0, "page": 0, "box": [0, 0, 1, 1]}],
        [{"text": "a", "frame": "0", "page": 0, "box": [0, 0, 1, 1]}],
        [{"text": "a", "frame": 0, "page": 0, "box": [0, 0, 1]}],
        [{"text": "a", "frame": 0, "page": 0, "box": [0, 0, 1, None]}],
    ],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
def test_a_record_with_an_invalid_field_is_refused_and_the_field_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"has an invalid {field}$"):
        StoryboardRecord.from_json({**record_of("a", "b").to_json(), field: value})


VALUES: list[Any] = [None, True, -1, 1.0, 10.0, 1.5, 2**64, -(2**63) - 1, "7", "\ud800", [], [1], [None], [1.0], {}]


def outcome(read: Callable[[], StoryboardRecord]) -> str:
    """What reading gives: the record, or the error's message."""
    try:
        return repr(read())
    except ValueError as error:
        return f"refused: {error}"


def assert_parsed_alike(values: dict[str, Any]) -> None:
    data = json.dumps(values).encode()
    assert outcome(lambda: StoryboardRecord.parse(data)) == outcome(lambda: StoryboardRecord.from_json(values))


@pytest.mark.parametrize("field", FIELDS)
def test_bytes_are_parsed_as_their_values_are_or_refused_alike(field: str) -> None:
    values = record_of("How many lamps?", "Two of them.").to_json()
    for value in VALUES:
        assert_parsed_alike({**values, field: value})
    del values[field]
    assert_parsed_alike(values)


@pytest.mark.parametrize("field", FIELDS["words"][0])
def test_the_words_in_bytes_are_parsed_as_their_values_are_or_refused_alike(field: str) -> None:
    values = record_of("How many lamps?", "Two of them.").to_json()
    first, second, *others = values["words"]
    for value in VALUES:
        assert_parsed_alike({**values, "words": [first, {**second, field: value}, *others]})
    del second[field]
    assert_parsed_alike(values)


def test_bytes_of_an_earlier_format_are_parsed() -> None:
    values = record_of("How many lamps?", "Two of them.").to_json()
    earlier = {name: values[name] for name in EARLIER_FIELDS}
    earlier["words"] = [{name: word[name] for name in EARLIER_FIELDS["words"][0]} for word in values["words"]]
    assert_parsed_alike(earlier)
    assert {word.start for word in StoryboardRecord.parse(json.dumps(earlier).encode()).storyboard.words} == {-1}
