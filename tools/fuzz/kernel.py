"""Gives the native kernel random pictures and broken arguments: same pictures as Python, and no memory error.

python tools/fuzz/kernel.py --seconds 60 [--module FILE]

'make asan' builds the kernel with the sanitizers of addresses and undefined behaviour, and runs this.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from vwd.text.storyboard import Box, Storyboard
from vwd.video.bitmaps import Ink
from vwd.video.mpeg4.native_composer import NativeComposer, share_macroblocks
from vwd.video.mpeg4.python_composer import PythonComposer
from vwd.video.mpeg4.stream import Stream
from vwd.video.spec import VideoSpec

NUMBERS = (-(2**40), -(2**31), -17, -1, 0, 1, 15, 16, 17, 33, 512, 513, 2**31 - 1, 2**31, 2**63)
SHARES = {"strokes": 0.5, "thin strokes": 0.05, "blank": 0.0}
CACHES = (0, 16_383, 16_384, 20_000, 100_000, 128_000_000)


def random_inks(rng: random.Random, spec: VideoSpec) -> dict[int, list[Ink]]:
    """On some frames pieces of ink of any kind, anywhere, which may overlap."""
    noise = np.random.default_rng(rng.getrandbits(32))
    inks: dict[int, list[Ink]] = {}
    for frame in range(spec.frames):
        for _ in range(rng.choice((0, 1, 1, 2))):
            x, y = rng.randrange(spec.width), rng.randrange(spec.height)
            box = Box(x, y, rng.randint(1, spec.width - x), rng.randint(1, spec.height - y))
            kind = rng.choice(("noise", *SHARES))
            coverage = noise.integers(0, 256, (box.height, box.width)).astype(np.uint8)
            if kind in SHARES:
                coverage = np.where(noise.random(coverage.shape) < SHARES[kind], 255, 0).astype(np.uint8)
            inks.setdefault(frame, []).append(Ink(box, coverage, ""))
    return inks


def compare(rng: random.Random) -> int:
    """One encoder's pictures by both kernels, in several sizes; gives how many there were."""
    quality, cache_bytes, count = rng.randint(1, 31), rng.choice(CACHES), 0
    if rng.random() < 0.5:  # with those of the same quality that come after it
        share_macroblocks(quality, min(quality, 4), cache_bytes)
    refresh = rng.random() < 0.5
    native, python = (
        NativeComposer(quality, min(quality, 4), cache_bytes, refresh),
        PythonComposer(cache_bytes, refresh),
    )
    for _ in range(rng.randint(1, 4)):
        spec = VideoSpec(rng.randint(1, 200), rng.randint(1, 200), 8)
        inks = random_inks(rng, spec)
        starts = tuple(frame for frame in inks if rng.random() < 0.3)
        board = Storyboard(spec.width, spec.height, 8, 28, "en", 1, starts, Box(0, 0, 0, 0), ())
        stream = Stream(spec, quality)
        if native.pictures(board, inks, stream) != python.pictures(board, inks, stream):
            raise AssertionError(f"the kernels differ at quality {quality}, {spec}")
        count += len(inks)
    return count


def break_arguments(rng: random.Random, kernel: Any) -> None:
    """A call with arguments that make no sense: an exception, or a picture."""
    ink: Any = (*(rng.choice(NUMBERS) for _ in range(4)), rng.randbytes(rng.choice((0, 1, 15, 16, 255, 256, 1024))))
    ink = rng.choice((ink, ink[: rng.randrange(5)], (0, 0, 16, 16, bytes(256)), None, rng.randbytes(3)))
    grid = (rng.choice(NUMBERS), rng.choice(NUMBERS)) if rng.random() < 0.3 else (rng.randint(1, 9), rng.randint(1, 9))
    if rng.random() < 0.1:
        kernel.clear()
    arguments = [rng.choice((0, 1, 2, 2, *NUMBERS)), grid, rng.randbytes(rng.randrange(90)), (ink,) * rng.randint(0, 3)]
    if rng.random() < 0.1:
        arguments[rng.randrange(4)] = None
    with suppress(ValueError, TypeError, SystemError, OverflowError, MemoryError):
        kernel.picture(*arguments)


def load(path: Path) -> None:
    """This build of the kernel, instead of the installed one."""
    name = "vwd.video.mpeg4._kernel"
    spec = spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", type=Path, help="a build of the kernel (default: the installed one)")
    options = parser.parse_args()
    if options.module:
        load(options.module)
    rng, pictures, calls, end = random.Random(options.seed), 0, 0, time.monotonic() + options.seconds
    kernel = NativeComposer(3, 3, 100_000, True)._kernel
    while time.monotonic() < end:
        pictures += compare(rng)
        for _ in range(200):
            break_arguments(rng, kernel)
            calls += 1
    print(f"{pictures:,} pictures the same as Python's, {calls:,} calls with random arguments, no memory error")


if __name__ == "__main__":
    main()
