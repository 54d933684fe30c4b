"""The encoder's caches are bounded in bytes, count look-ups and hits, and keep what is used."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpeg4.kernels import KERNELS, encoder_with
from mpeg4.samples import BUILTIN, SPEC, builtin, first_boards

from vwd.video.bitmaps import inks_by_frame
from vwd.video.mpeg4.macroblocks import Cache
from vwd.video.mpeg4.python_composer import PythonComposer
from vwd.video.mpeg4.stream import Stream


class Entry(NamedTuple):
    size: int


def cached_bytes(cache: Cache[Entry]) -> int:
    """The bytes of the entries of both generations."""
    kept = {id(entry): entry for generation in (cache._young, cache._old) for entry in generation.values()}
    return sum(entry.size for entry in kept.values())


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 200)), max_size=300))
def test_a_cache_never_exceeds_its_limit(requests: list[tuple[int, int]]) -> None:
    cache: Cache[Entry] = Cache(1000)
    for key, size in requests:
        (entry,) = cache.get([key])
        if entry is None:
            cache.put(key, Entry(size))
        assert cache.get([key]) != [None]
        assert cached_bytes(cache) <= 1000


def test_a_cache_counts_lookups_and_hits() -> None:
    cache: Cache[Entry] = Cache(1000)
    cache.put("a", Entry(10))
    assert cache.get(["a", "b", "a"]) == [Entry(10), None, Entry(10)]
    assert (cache.lookups, cache.hits) == (3, 2)


def test_used_entries_stay_and_unused_ones_are_dropped() -> None:
    cache: Cache[Entry] = Cache(1000)
    cache.put("used", Entry(10))
    cache.put("unused", Entry(10))
    for number in range(400):
        cache.put(number, Entry(10))
        assert cache.get(["used"]) == [Entry(10)]
    assert cache.get(["unused", 0, 399]) == [None, None, Entry(10)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_hits_of_an_encoder_increase_when_words_are_repeated(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_with(kernel, monkeypatch)
    board = builtin("gsm8k", 1)
    encoder.encode(board, SPEC)
    name = min(encoder.cache_counts)
    lookups, hits = encoder.cache_counts[name]
    assert 0 <= hits < lookups
    encoder.encode(board, SPEC)
    again = encoder.cache_counts[name]
    assert again[0] > lookups
    assert again[1] - hits == again[0] - lookups
    assert all(hits <= lookups for lookups, hits in encoder.cache_counts.values())


@pytest.mark.parametrize("refresh", [False, True])
def test_a_small_cache_stays_small_over_many_videos(refresh: bool) -> None:
    composer = PythonComposer(200_000, refresh)
    stream = Stream(SPEC, quantiser=3)
    for board in first_boards(BUILTIN / "tinystories.jsonl", 12):
        composer.pictures(board, inks_by_frame(board), stream)
    kept = sum(
        entry.size
        for cache in (composer._words, composer._inter, composer._intra)
        for generation in (cache._young, cache._old)
        for entry in generation.values()
    )
    assert 0 < kept <= 200_000
