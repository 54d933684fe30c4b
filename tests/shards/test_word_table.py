"""Words that C reads from a storyboard's JSON are those that Python reads, which reads all that is unusual."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text.boards import DRAWABLE, LANGUAGES, PACED_SPECS, SPECS, sample_of

from vwd.shards import word_table
from vwd.shards.members import sample_members
from vwd.shards.storyboard_decoder import storyboard_decoder
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec

FONTS = Fonts()
needs_c = pytest.mark.skipif(
    word_table.native_split() is word_table.without_c, reason="vwd.shards._words was not built: run 'make kernel'"
)


def written(prompt: str, answer: str, language: Any = "en", spec: Any = None) -> bytes | None:
    """The storyboard.json of a sample, as vwd writes it; None where it is skipped."""
    sample = sample_of(prompt, answer, language)
    board = lay_out(sample, spec or VideoSpec().storyboard_spec(), FONTS)
    if not isinstance(board, Storyboard):
        return None
    found: bytes = sample_members(sample, board, VideoSpec(), b"")["storyboard.json"]
    return found


def by_python(data: bytes) -> Any:
    """What decoding the whole JSON gives: fields, texts and numbers, or "refused"."""
    try:
        fields = storyboard_decoder(drawn=True).decode(data)
        texts, numbers = word_table.word_table(fields.words)
    except (ValueError, RecursionError, OverflowError):
        return "refused"
    fields.words = []
    return fields, list(texts), numbers.tolist()


def decoded(data: bytes) -> Any:
    """What `decode_drawn` gives, likewise."""
    try:
        fields, (texts, numbers) = word_table.decode_drawn(data)
    except (ValueError, RecursionError, OverflowError):
        return "refused"
    assert numbers.shape == (len(texts), 6)
    assert numbers.dtype == np.int64
    fields.words = []
    return fields, list(texts), numbers.tolist()


GOOD = written('How many "lamps" are\nthere? 灯 \\ é', "Twelve lamps. In all.") or b""


@needs_c
@settings(deadline=None, max_examples=60)
@given(DRAWABLE, DRAWABLE, LANGUAGES, SPECS | PACED_SPECS)
def test_c_reads_every_storyboard_that_is_packed(prompt: str, answer: str, language: Any, spec: Any) -> None:
    data = written(prompt, answer, language, spec)
    if data is not None:
        assert word_table.native_split()(data) is not None
        assert decoded(data) == by_python(data) != "refused"


PIECES = st.sampled_from(
    [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b"1e3", b" ", b"\xff", b"\x00", b"\\u0041", b'\\"',
     b'"words":[]', b',"words":[]', b'{"text":"a","frame":1,"page":0,"box":[1,2,3,4]}', b'"w\\u006frds":[]', b"9" * 20]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_json_is_judged_as_python_judges_it(draw: st.DataObject) -> None:
    data = bytearray(GOOD)
    for _ in range(draw.draw(st.integers(1, 3))):
        start = draw.draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw.draw(st.sampled_from([0, 0, 1, 1, 2, 9, 60])))
        data[start:stop] = draw.draw(PIECES | st.binary(max_size=3))
    assert decoded(bytes(data)) == by_python(bytes(data))


def with_word(text: bytes = b'"a"', numbers: bytes = b'"frame":0,"page":0,"box":[1,2,3,4]') -> bytes:
    """The storyboard with a single word, in which some text stands for its fields."""
    head, _, rest = GOOD.partition(b'"words":[')
    return head + b'"words":[{"text":' + text + b"," + numbers + b"}]" + rest.partition(b"}]")[2]


@needs_c
@pytest.mark.parametrize("text", [b'"a"', b'""', '"é灯"'.encode(), b'"\\"\\\\\\/\\b\\f\\n\\r\\t"'])
def test_c_reads_texts_with_plain_escapes(text: bytes) -> None:
    assert word_table.native_split()(with_word(text)) is not None
    assert decoded(with_word(text))[1] == [json.loads(text)]


@pytest.mark.parametrize(
    "data",
    [
        *map(with_word, (b'"\\u0041"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\x"', b'"a', b'"\x01"', b'"\xff"', b"7")),
        *[
            with_word(numbers=numbers)
            for numbers in (
                b'"frame":-1,"page":0,"box":[1,2,3,4]', b'"frame":01,"page":0,"box":[1,2,3,4]',
                b'"frame":1.5,"page":0,"box":[1,2,3,4]', b'"frame":9223372036854775808,"page":0,"box":[1,2,3,4]',
                b'"frame":1,"page":0,"box":[1,2,3]', b'"frame":1,"page":0', b'"page":0,"frame":1,"box":[1,2,3,4]',
                b'"frame":1,"page":0,"box":[1,2,3,4],"start":0',
                b'"frame":1,"page":0,"box":[1,2,3,4],"start":"a","end":7',
                b'"frame":1,"page":0,"box":[1,2,3,4],"more":{"words":[]}',
            )
        ],
        GOOD.replace(b'"words":', b'"words": '),
        GOOD.replace(b'"words":', b'"w\\u006frds":'),
        GOOD[:-1] + b',"words":[]}',
        GOOD[:-1] + b',"w\\u006frds":[]}',
        GOOD[:-1] + b',"more":{"words":[]}}',
        b'{"more":{"words":[]},' + GOOD[1:],
        b'{"words":7}',
        b'{"words":[]',
        b"[" * 100_000,
        b'{"words":[' * 3,
        b"",
    ],
)  # fmt: skip
def test_unusual_json_is_read_by_python(data: bytes) -> None:
    assert decoded(data) == by_python(data)


def test_without_c_the_table_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = decoded(GOOD)
    monkeypatch.setattr(word_table, "native_split", lambda: word_table.without_c)
    assert decoded(GOOD) == expected == by_python(GOOD)


@pytest.mark.parametrize("long", [10**18 - 1, 10**18, 2**63 - 1])
def test_long_numbers_are_read_whole(long: int) -> None:
    data = with_word(numbers=b'"frame":%d,"page":0,"box":[1,2,3,4]' % long)
    assert decoded(data)[2] == [[long, 0, 1, 2, 3, 4]]
