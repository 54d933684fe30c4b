"""Gives random tables to the C that sets lines and places glyphs: it must neither read nor write beyond them.

python tools/fuzz/native_lines.py [--seconds 60] [--seed 0] [--module FILE]

Whether its results are right is for the tests to say; this is for the sanitizers (`make asan`).
"""

from __future__ import annotations

import argparse
import random
import time
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.int64]

_STRANGE = [-1, 0, 1, 2, 3, 40, 10**6, 1 << 40, (1 << 63) - 1, -(1 << 63)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", type=Path, help="another build of vwd.stream._lines")
    options = parser.parse_args()
    module = _load(options.module)
    chance, rounds, done = random.Random(options.seed), 0, 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        rounds += 1
        tables = _storyboards(chance)
        done += module.set_lines(*tables, chance.random() < 0.5) is not None
        module.consistent(*tables[:3])
        with suppress(ValueError):
            module.place_glyphs(*_glyphs(chance))
            done += 1
        with suppress(ValueError):
            module.page_rows(*_lines(chance))
    print(f"{rounds:,} tables, {done:,} of them drawable")


def _load(path: Path | None) -> ModuleType:
    if path is None:
        from importlib import import_module

        return import_module("vwd.stream._lines")
    spec = spec_from_file_location("_lines", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _storyboards(chance: random.Random) -> tuple[npt.NDArray[np.generic], ...]:
    """The tables of a few storyboards of words side by side, of which some numbers are strange."""
    videos, pages, words, frames = chance.randint(1, 3), chance.randint(1, 2), chance.randint(0, 5), 9
    scalars = [[100, 50, frames, 1, 1, 0, 0, 40, 3, chance.randint(0, 1), pages, words]] * videos
    starts = [page * 4 for page in range(pages)] * videos
    rows = [[word, int(pages > 1 and word > 3), word * 9 % 27, word // 3 * 10 % 40, 5, 8] for word in range(words)]
    measures = [[0, 2, 5, 8, 2], [2, 1, 3, 1, 0]]
    first, times = [0] * videos, list(range(frames + 1))
    tables = [np.array(scalars), np.array(starts), np.array(rows * videos).reshape(-1, 6), np.zeros(words * videos)]
    tables += [np.ones(videos), np.array(measures), np.array(first), np.array(times)]
    whole = [_damaged(table.astype(np.int64), chance) for table in tables]
    return (*whole[:6], np.arange(3, dtype=np.int32), *whole[6:])


def _glyphs(chance: random.Random) -> tuple[npt.NDArray[np.generic] | int, ...]:
    pieces = np.array([[line, 3, 1, 2] for line in range(chance.randint(0, 4))], np.int64).reshape(-1, 4)
    glyphs = np.array([chance.randint(-1 if chance.random() < 0.1 else 0, 2) for _ in range(2 * len(pieces))], np.int32)
    widths = np.array([3, 4, 5], np.int64)
    return _damaged(pieces, chance), glyphs, _damaged(widths, chance), widths, chance.choice([640, 640, 0, -1, 1 << 40])


def _lines(chance: random.Random) -> tuple[npt.NDArray[np.generic], int, int]:
    lines = np.array([[0, 9 * line, 8] for line in range(chance.randint(0, 4))], np.int64).reshape(-1, 3)
    return _damaged(lines, chance), chance.choice([1, 1, 2, 0, -1]), chance.choice([36, 36, 35, 0, -1])


def _damaged(table: Table, chance: random.Random) -> Table:
    """A table with a strange number in it, or shorter; most are left as they are."""
    if table.size and chance.random() < 0.1:
        table.flat[chance.randrange(table.size)] = chance.choice(_STRANGE)
    return table[:-1] if chance.random() < 0.03 else table


if __name__ == "__main__":
    main()
