"""A batch that is read at once is, to the byte, what its samples read one by one are; what is refused there is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream.streaming import NO_TORCH
from text.boards import DRAWABLE, LANGUAGES, PACED_SPECS, SPECS, board_of, sample_of

from vwd.errors import ShardError
from vwd.limits import LARGEST_FONT_SIZE, LARGEST_SIDE, MOST_FPS, MOST_FRAMES
from vwd.shards.members import sample_members
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.form import TensorFormat
from vwd.stream.frame_selection import Frames
from vwd.stream.lines import lines_of
from vwd.stream.page_table import build
from vwd.stream.quick import Members, make_samples
from vwd.stream.sample import make_sample
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec

pytest.importorskip("torch", reason=NO_TORCH)

FONTS = Fonts()
FORM = TensorFormat(Frames.parse("reveals"), "device", mask="answer")
TASK = "inference"
VIDEO = VideoSpec()
Change = Callable[[dict[str, Any]], object]


def members_of(board: Storyboard, prompt: str = "How many lamps?", answer: str = "Twelve lamps. In all.") -> Any:
    return sample_members(sample_of(prompt, answer), board, VIDEO, b"")


def changed(members: Any, ending: str, change: Change) -> Any:
    """Members, one of which is another JSON, as compact as before."""
    values = json.loads(members[ending])
    change(values)
    return {**members, ending: json.dumps(values, separators=(",", ":")).encode()}


def one_by_one(members: Any) -> Any:
    return make_sample(members, TASK, FORM, BatchBuffer(1), VIDEO)


def at_once(*several: Any) -> Any:
    return make_samples([Members(one, TASK, VIDEO) for one in several], FORM)


def fields_of(sample: Any) -> dict[str, Any]:
    return {name: value for name, value in sample.items() if name != "pages"}


GOOD = members_of(board_of("How many lamps?", "Twelve lamps. In all."))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(DRAWABLE, DRAWABLE, LANGUAGES, SPECS | PACED_SPECS), min_size=1, max_size=4),
    st.sampled_from(["all", 5, 1, "first:2", "stride:7", "reveals", "reveals:4"]),
)
def test_a_batch_read_at_once_is_its_samples_read_one_by_one(texts: list[Any], selection: Any) -> None:
    form = TensorFormat(Frames.parse(selection), "device", mask="answer")
    batch = []
    for prompt, answer, language, spec in texts:
        sample = sample_of(prompt, answer, language)
        board = lay_out(sample, spec, FONTS)
        if isinstance(board, Storyboard):
            try:
                lines_of(board, form.frames.select(board))
            except ShardError:
                continue
            batch.append(Members(sample_members(sample, board, VIDEO, b""), TASK, None))
    if not batch:
        return
    quick = make_samples(batch, form)
    assert quick is not None
    samples, lines = quick
    alone: list[Any] = [make_sample(one.data, TASK, form, BatchBuffer(1)) for one in batch]
    memory, tables = build([lines], True)
    expected, of_parts = build([one["pages"] for one in alone], True)
    assert tables == of_parts
    assert np.array_equal(memory, expected)
    for found, one in zip(samples, alone, strict=True):
        assert list(found) == list(one)
        assert fields_of(found) == fields_of(one)


def test_a_storyboard_of_an_earlier_format_is_read_at_once() -> None:
    def earlier(values: dict[str, Any]) -> None:
        del values["separator_page"], values["final_words"]
        for word in values["words"]:
            del word["start"], word["end"]

    old = changed(GOOD, "storyboard.json", earlier)
    found = at_once(old, GOOD)
    assert found is not None
    assert fields_of(found[0][0]) == fields_of(one_by_one(old))


def test_a_storyboard_of_another_form_is_read_at_once() -> None:
    spaced = {**GOOD, "storyboard.json": json.dumps(json.loads(GOOD["storyboard.json"]), indent=1).encode()}
    found = at_once(spaced, GOOD)
    assert found is not None
    assert fields_of(found[0][0]) == fields_of(one_by_one(GOOD))


BIG = 2**62
TEXT_FIELDS = ("dataset", "kind", "question", "answer", "final_answer", "language")
WRONG: dict[str, list[Any]] = {
    "index": [-1, 2**63, "1"], "fps": [0, MOST_FPS + 1, "a"], "frames": [0, MOST_FRAMES + 1, 192, 2.5],
    "width": [1, LARGEST_SIDE + 1, 642], "height": [1, LARGEST_SIDE + 1], "font_size": [0, LARGEST_FONT_SIZE + 1, -BIG],
    "pages": [0, 2, BIG], "prompt_frames": [0, 194], "page_starts": [[], [1], [0, 0], [0, 5], [0, BIG], ["0"], [2**64]],
    "separator": [[0, 0, 641, 2], [-1, 0, 5, 5], [1, 2, 3], [BIG, 0, BIG, 1], [0, 400, 5, 5]],
    "separator_page": [-1, 1, BIG, "0"], "final_words": [[0], [2, 1], [0, 99], [-1, 0], "ab"],
    **{name: [7, None] for name in TEXT_FIELDS},
}  # fmt: skip
WRONG_WORD: dict[str, list[Any]] = {
    "text": ["", "x", 7, "a" * 1_000_000], "frame": [-1, 193, BIG, 2**64, "0"], "page": [-1, 1, BIG, None],
    "box": [[0, 0, 641, 32], [0, 0, 1, 1], [-1, 6, 34, 32], [1, 2, 3], [BIG, BIG, BIG, BIG], [15, 300, 68, 32]],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_field_that_is_refused_alone_is_refused_in_a_batch(name: str, value: Any) -> None:
    refuse(changed(GOOD, "storyboard.json", lambda values: values.update({name: value})))
    refuse(changed(GOOD, "storyboard.json", lambda values: values.pop(name)))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG_WORD.items() for value in values])
def test_a_word_that_is_refused_alone_is_refused_in_a_batch(name: str, value: Any) -> None:
    refuse(changed(GOOD, "storyboard.json", lambda values: values["words"][2].update({name: value})))
    refuse(changed(GOOD, "storyboard.json", lambda values: values["words"][2].pop(name)))


@pytest.mark.parametrize("order", [[1, 0], [0, 2, 1]])
def test_words_in_another_order_are_refused_in_a_batch(order: list[int]) -> None:
    def shuffled(values: dict[str, Any]) -> None:
        values["words"][: len(order)] = [values["words"][at] for at in order]

    refuse(changed(GOOD, "storyboard.json", shuffled))


@pytest.mark.parametrize("prompt", [7, None, ["a"], "\ud800", "\ud800a"])
def test_a_prompt_that_is_refused_alone_is_refused_in_a_batch(prompt: Any) -> None:
    refuse(changed(GOOD, f"{TASK}.json", lambda values: values.update(prompt=prompt)))


@pytest.mark.parametrize("ending", [f"{TASK}.json", "storyboard.json"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_refused_in_a_batch(ending: str, data: bytes) -> None:
    refuse({**GOOD, ending: data})


def refuse(members: Any) -> None:
    """Asserts that members are refused, alone and beside good ones, and that the good ones alone are not."""
    with pytest.raises(ShardError):
        one_by_one(members)
    assert at_once(GOOD, members) is None
    assert at_once(members, GOOD) is None
    assert at_once(GOOD, GOOD) is not None
