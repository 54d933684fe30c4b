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
from vwd.shards.vocabulary import KnownTexts, current_vocabulary
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec

FONTS = Fonts()
needs_c = pytest.mark.skipif(current_vocabulary() is None, reason="vwd.shards._words was not built: run 'make kernel'")


def split(data: bytes) -> Any:
    """What C reads of a storyboard's JSON."""
    vocabulary = current_vocabulary()
    assert vocabulary is not None
    return vocabulary.split(data)


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
        assert split(data) is not None
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
    assert split(with_word(text)) is not None
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
    monkeypatch.setattr(word_table, "current_vocabulary", lambda: None)
    assert decoded(GOOD) == expected == by_python(GOOD)


@pytest.mark.parametrize("long", [10**18 - 1, 10**18, 2**63 - 1])
def test_long_numbers_are_read_whole(long: int) -> None:
    data = with_word(numbers=b'"frame":%d,"page":0,"box":[1,2,3,4]' % long)
    assert decoded(data)[2] == [[long, 0, 1, 2, 3, 4]]


def with_words(texts: list[str]) -> bytes:
    """The storyboard with words of these texts."""
    head, _, rest = GOOD.partition(b'"words":[')
    words = [
        f'{{"text":{json.dumps(text, ensure_ascii=False)},"frame":0,"page":0,"box":[1,2,3,4]}}'.encode()
        for text in texts
    ]
    return head + b'"words":[' + b",".join(words) + b"]" + rest[rest.index(b'}],"') + 2 :]


@needs_c
def test_a_word_has_the_same_number_wherever_it_comes_again() -> None:
    _fields, (texts, _) = word_table.decode_drawn(with_words(["so", "", "灯", "so", "so the", ""]))
    _, (others, _) = word_table.decode_drawn(with_words(["灯", "so"]))
    assert isinstance(texts, KnownTexts)
    assert isinstance(others, KnownTexts)
    so, nothing, lamp, again, _, nothing_again = texts.numbers.tolist()
    assert (so, nothing) == (again, nothing_again)
    assert others.numbers.tolist() == [lamp, so]
    assert list(texts) == ["so", "", "灯", "so", "so the", ""]


@needs_c
def test_a_vocabulary_with_many_words_is_followed_by_another_and_keeps_its_own() -> None:
    first = current_vocabulary()
    _, (texts, _) = word_table.decode_drawn(with_words([f"word{n}" for n in range(40_000)]))
    assert current_vocabulary() is not first
    _, (others, _) = word_table.decode_drawn(with_words(["word39999", "word0"]))
    assert list(others) == ["word39999", "word0"]
    assert list(texts)[::39_999] == ["word0", "word39999"]


@needs_c
@pytest.mark.parametrize("texts", [[f"{n:05d}" for n in range(1 << 16)] + ["x"], ["a" * (1 << 24), "b"]])
def test_more_words_than_a_vocabulary_takes_are_read_by_python(texts: list[str]) -> None:
    data = with_words(texts)
    assert split(data) is None
    assert decoded(data) == by_python(data) != "refused"
    assert list(word_table.decode_drawn(with_words(["a"]))[1].texts) == ["a"]


@needs_c
def test_a_number_that_no_word_has_is_an_error() -> None:
    vocabulary = current_vocabulary()
    assert vocabulary is not None
    with pytest.raises(IndexError):
        vocabulary.text(len(vocabulary))
