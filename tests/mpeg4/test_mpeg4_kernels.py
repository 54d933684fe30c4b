"""The native kernel makes the bytes that Python makes, whatever it is given, and stays within its memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import HANG_SECONDS, environment, real_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from mpeg4.kernels import encoder_with, needs_native
from mpeg4.random_boards import random_boards
from mpeg4.samples import BUILTIN, SPEC, builtin, first_boards

from vwd.text.storyboard import Box, Storyboard
from vwd.video.bitmaps import Ink
from vwd.video.mpeg4 import changes
from vwd.video.mpeg4.encoder import VERSION, VERSIONS, Mpeg4Encoder
from vwd.video.mpeg4.kernels import NATIVE, PYTHON, chosen_kernel
from vwd.video.mpeg4.native_composer import NativeComposer
from vwd.video.mpeg4.python_composer import PythonComposer
from vwd.video.mpeg4.stream import Stream
from vwd.video.spec import VideoSpec

pytestmark = needs_native

# Versions and qualities; those above 4 are made as before.
SETTINGS = [(VERSION, 1), (VERSION, 3), (VERSIONS[0], 1), (VERSIONS[0], 3), (VERSION, 8), (VERSION, 31)]
CACHES = (0, 20_000, 300_000, 128_000_000)
CORPORA = [(name, 500) for name in ("belle_school_math_500.jsonl", "tinystories_500.jsonl")]


def encoders(monkeypatch: pytest.MonkeyPatch, quality: int, version: str) -> list[Mpeg4Encoder]:
    return [encoder_with(kernel, monkeypatch, quality, version=version) for kernel in (NATIVE, PYTHON)]


@pytest.mark.parametrize(("version", "quality"), SETTINGS)
@pytest.mark.parametrize("corpus", ["gsm8k", "belle_school_math", "tinystories", "tinystories_chinese"])
def test_built_in_rows_get_the_same_bytes(
    corpus: str, version: str, quality: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    native, python = encoders(monkeypatch, quality, version)
    for board in first_boards(BUILTIN / f"{corpus}.jsonl", 4):
        assert native.encode(board, SPEC) == python.encode(board, SPEC)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "quality"), SETTINGS)
@pytest.mark.parametrize(("file", "count"), [*CORPORA, ("gsm8k_train.jsonl", 7473)])
def test_real_rows_get_the_same_bytes(
    file: str, count: int, version: str, quality: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    native, python = encoders(monkeypatch, quality, version)
    for board in first_boards(real_rows(file), count):
        assert native.encode(board, SPEC) == python.encode(board, SPEC)


def composed(composer: Any, board: Storyboard, inks: dict[int, list[Ink]], spec: VideoSpec, quality: int) -> Any:
    return composer.pictures(board, inks, Stream(spec, quality))


@settings(max_examples=60)
@given(random_boards(), st.integers(1, 31), st.sampled_from(CACHES), st.sampled_from(VERSIONS))
def test_random_texts_get_the_same_bytes(
    made: tuple[Storyboard, VideoSpec], quality: int, cache_bytes: int, version: str
) -> None:
    board, spec = made
    with pytest.MonkeyPatch.context() as monkeypatch:
        native, python = (
            encoder_with(kernel, monkeypatch, quality, cache_bytes, version).encode(board, spec)
            for kernel in (NATIVE, PYTHON)
        )
    assert native == python


@st.composite
def random_inks(draw: st.DrawFn) -> tuple[VideoSpec, dict[int, list[Ink]]]:
    """Pictures of any size, and on each frame pieces of ink of any kind, anywhere, which may overlap."""
    spec = VideoSpec(draw(st.integers(1, 140)), draw(st.integers(1, 140)), 8)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    inks: dict[int, list[Ink]] = {}
    for frame in sorted(draw(st.sets(st.integers(0, 7), min_size=1))):
        for _ in range(draw(st.integers(1, 3))):
            x, y = draw(st.integers(0, spec.width - 1)), draw(st.integers(0, spec.height - 1))
            box = Box(x, y, draw(st.integers(1, spec.width - x)), draw(st.integers(1, spec.height - y)))
            coverage = rng.integers(0, 256, (box.height, box.width)).astype(np.uint8)
            kind = draw(st.sampled_from(["noise", "strokes", "thin strokes", "blank"]))
            if kind != "noise":
                share = {"strokes": 0.5, "thin strokes": 0.05, "blank": 0}[kind]
                coverage = np.where(rng.random(coverage.shape) < share, 255, 0).astype(np.uint8)
            inks.setdefault(frame, []).append(Ink(box, coverage, ""))
    return spec, inks


@settings(max_examples=150)
@given(random_inks(), st.integers(1, 31), st.sampled_from(CACHES), st.booleans(), st.integers(1, 9), st.data())
def test_any_ink_gets_the_same_pictures(
    drawn: tuple[VideoSpec, dict[int, list[Ink]]],
    quality: int,
    cache_bytes: int,
    refresh: bool,
    together: int,
    data: st.DataObject,
) -> None:
    spec, inks = drawn
    starts = tuple(sorted(data.draw(st.sets(st.sampled_from(sorted(inks))))))
    board = replace(builtin("gsm8k", 1), width=spec.width, height=spec.height, page_starts=starts)
    native = NativeComposer(quality, min(quality, 4), cache_bytes, refresh)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(changes, "_TOGETHER", together)
        expected = composed(PythonComposer(cache_bytes, refresh), board, inks, spec, quality)
    for _ in range(2):
        assert composed(native, board, inks, spec, quality) == expected


BAD_INKS: Sequence[Any] = [
    (-1, 0, 4, 4, bytes(16)), (0, -1, 4, 4, bytes(16)), (29, 0, 4, 4, bytes(16)), (0, 29, 4, 4, bytes(16)),
    (0, 0, -4, -4, bytes(16)), (0, 0, 4, 4, bytes(15)), (0, 0, 2**31 - 1, 2**31 - 1, bytes(1)),
    (2**31 - 1, 0, 4, 4, bytes(16)), (0, 0, 4, 4), "ink", None, (0, 0, 4, 4, None), (2**40, 0, 4, 4, bytes(16)),
]  # fmt: skip


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("bad", BAD_INKS, ids=str)
def test_ink_outside_the_picture_is_refused_and_leaves_nothing_behind(bad: Any, kind: int) -> None:
    kernel = NativeComposer(3, 3, 1_000_000, True)._kernel
    good = (3, 5, 20, 20, bytes(range(200)) * 2)
    expected = kernel.picture(kind, (2, 2), b"\x01\x00\x01", (good,))
    with pytest.raises((ValueError, TypeError, SystemError, OverflowError)):
        kernel.picture(kind, (2, 2), b"\x01\x00\x01", (good, bad))
    assert kernel.picture(kind, (2, 2), b"\x01\x00\x01", (good,)) == expected


@pytest.mark.parametrize("grid", [(0, 0), (0, 2), (2, 0), (-1, 2), (513, 2), (2, 513), (2**31 - 1, 2**31 - 1)])
def test_pictures_that_cannot_be_are_refused(grid: tuple[int, int]) -> None:
    kernel = NativeComposer(3, 3, 1_000_000, True)._kernel
    with pytest.raises(ValueError, match="macroblocks"):
        kernel.picture(0, grid, b"", ())


@pytest.mark.parametrize("arguments", [(b"", 3, 3, 0), (None, 0, 3, 0), (None, 3, 32, 0), (None, 3, 3, -1)])
def test_tables_and_quantisers_are_checked(arguments: tuple[Any, ...]) -> None:
    from vwd.video.mpeg4.native_composer import _tables

    kernel = type(NativeComposer(3, 3, 0, True)._kernel)
    tables, *others = arguments
    with pytest.raises(ValueError, match="tables of"):
        kernel(_tables() if tables is None else tables, *others)


def tile(number: int) -> tuple[int, int, int, int, bytes]:
    """One macroblock of ink, another one for every number."""
    return 0, 0, 16, 16, number.to_bytes(8, "little") * 32


def test_macroblocks_in_use_stay_and_unused_ones_are_dropped() -> None:
    kernel = NativeComposer(3, 3, 1_000_000, True)._kernel
    for number in (0, 1):
        kernel.picture(0, (1, 1), b"", (tile(number),))
    for number in range(2, 10_000):
        kernel.picture(0, (1, 1), b"", (tile(number),))
        kernel.picture(0, (1, 1), b"", (tile(1),))
    assert kernel.counts() == (2 * 9_999 - 1, 9_998)
    kernel.picture(0, (1, 1), b"", (tile(0),))
    assert kernel.counts()[1] == 9_998


def test_the_cache_stays_within_its_bytes() -> None:
    program = (
        "import os; from mpeg4.test_mpeg4_kernels import NativeComposer, tile\n"
        "def memory(): return int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE')\n"
        "before = memory(); kernel = NativeComposer(1, 1, 20_000_000, True)._kernel\n"
        "for n in range(60_000): kernel.picture(n % 2, (1, 1), b'', (tile(n),))\n"
        "print(memory() - before, *kernel.counts())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(PYTHONPATH=str(BUILTIN.parents[2] / "tests")),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    grown, lookups, hits = map(int, done.stdout.split())
    assert lookups - hits > 59_000  # several times what fits
    assert 10_000_000 < grown < 21_000_000


def test_python_is_used_when_the_variable_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VWD_KERNEL", raising=False)
    assert chosen_kernel() == NATIVE
    monkeypatch.setenv("VWD_KERNEL", "python")
    assert chosen_kernel() == PYTHON
