"""Macroblocks that processes share: the same bytes, none made twice, and no trouble when the table is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from mpeg4.kernels import needs_native

from vwd.video.mpeg4.kernels import native_module
from vwd.video.mpeg4.native_composer import _tables

pytestmark = needs_native

# Forks processes that encode the built-in rows at the same time, each from another row on; prints what they made.
FORKS = """
import hashlib, os, sys
from mpeg4.samples import SPEC, BUILTIN, first_boards
from vwd.video.mpeg4.encoder import Mpeg4Encoder, share_cache

share_cache(cache_bytes=int(sys.argv[1]))
boards = list(first_boards(BUILTIN / "gsm8k.jsonl", 12))
running, go = [], os.pipe()
for first in range(int(sys.argv[2])):
    read, write = os.pipe()
    if not os.fork():
        os.close(go[1])
        os.read(go[0], 1)
        encoder, made = Mpeg4Encoder(cache_bytes=int(sys.argv[1])), {}
        for number in [*range(first, len(boards)), *range(first)]:
            made[number] = hashlib.sha256(encoder.encode(boards[number], SPEC)).hexdigest()
        lookups, hits = encoder.cache_counts["macroblocks"]
        os.write(write, f"{lookups - hits} {[made[n] for n in range(len(boards))]}".encode())
        os._exit(0)
    os.close(write)
    running.append(read)
    if len(sys.argv) > 3:  # one after another
        os.write(go[1], b"x")
        os.wait()
os.close(go[1])
for read in running:
    print(os.fdopen(read).read())
"""


def forked(tmp_path: Path, cache_bytes: int, processes: int, *one_by_one: str) -> list[tuple[int, str]]:
    """How many macroblocks each process made, and the hashes of its videos."""
    (tmp_path / "forks.py").write_text(FORKS)
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "forks.py", str(cache_bytes), str(processes), *one_by_one], cwd=tmp_path, check=True,
        env=environment(PYTHONPATH=f"{tests}:{Path(tests).parent}", VWD_KERNEL="native"), capture_output=True,
        text=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    return [(int(line.partition(" ")[0]), line.partition(" ")[2]) for line in done.stdout.splitlines()]


def test_processes_that_fill_one_table_at_the_same_time_make_the_same_videos(tmp_path: Path) -> None:
    alone = forked(tmp_path, 128_000_000, 1)
    for cache_bytes in (128_000_000, 600_000, 30_000, 1000):
        made = forked(tmp_path, cache_bytes, 4)
        assert {videos for _, videos in made} == {alone[0][1]}


def test_what_one_process_has_made_no_other_makes_again(tmp_path: Path) -> None:
    first, *others = forked(tmp_path, 128_000_000, 3, "one by one")
    assert first[0] > 1000
    assert [made for made, _ in others] == [0, 0]


def test_a_full_table_leaves_the_rest_to_each_process(tmp_path: Path) -> None:
    first, second = forked(tmp_path, 600_000, 2, "one by one")
    assert 0 < second[0] < first[0]


@pytest.mark.parametrize("size", [-1, 0, 1, 8191])
def test_a_table_that_is_too_small_is_refused(size: int) -> None:
    module = native_module()
    assert module
    with pytest.raises(MemoryError):
        module.SharedTiles(size)


@pytest.mark.parametrize("shared", [7, "table", object(), b"\0" * 8192])
def test_nothing_else_is_taken_for_a_table(shared: object) -> None:
    module = native_module()
    assert module
    with pytest.raises(TypeError):
        module.Kernel(_tables(), 3, 3, 1_000_000, shared)


def test_a_table_lives_as_long_as_a_kernel_that_uses_it() -> None:
    module = native_module()
    assert module
    page = ((3, 5, 20, 20, bytes(range(200)) * 2),)
    expected = module.Kernel(_tables(), 3, 3, 1_000_000).picture(True, (2, 2), b"\1", page)
    kernel = module.Kernel(_tables(), 3, 3, 1_000_000, module.SharedTiles(8192))
    assert all(kernel.picture(True, (2, 2), b"\1", page) == expected for _ in range(3))
