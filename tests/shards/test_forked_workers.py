"""Workers are forked from a process without other threads, and started afresh from one with any."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment
from shards.packing import gsm8k, lamp_rows, start, tar_hashes, workers_of, write_lamps

from vwd.storage.processes import has_ended, process_tag

HOW_STARTED = """
import os, sys, threading
from pathlib import Path
from vwd.shards.pool import run_pool

def handle(item, on_row):
    return Path("/proc/self/cmdline").read_bytes().decode()

def open_handler():
    return handle

if __name__ == "__main__":
    done = threading.Event()
    if sys.argv[1] == "threads":
        threading.Thread(target=done.wait, daemon=True).start()
    lines = [outcome.result for outcome in run_pool(open_handler, range(4), 2)]
    done.set()
    print(sum("spawn_main" in line for line in lines), len(lines))
"""


@pytest.mark.parametrize(("threads", "spawned"), [("threads", "4 4"), ("none", "0 4")])
def test_a_process_is_forked_unless_it_has_threads(tmp_path: Path, threads: str, spawned: str) -> None:
    (tmp_path / "pool.py").write_text(HOW_STARTED)
    done = subprocess.run(
        [sys.executable, "pool.py", threads], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(OPENBLAS_NUM_THREADS="1"), timeout=HANG_SECONDS,
    )  # fmt: skip
    assert done.stdout.strip() == spawned, done.stderr


MEANWHILE = """
import os, time
from pathlib import Path
from vwd.shards.pool import run_pool

def handle(item, on_row):
    while not Path("go").exists():
        time.sleep(0.01)
    return item

def open_handler():
    return handle

if __name__ == "__main__":
    print([outcome.result for outcome in run_pool(open_handler, [1, 2], 2, meanwhile=Path("go").touch)])
"""


def test_the_caller_can_do_something_while_the_workers_are_at_their_first_items(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(MEANWHILE)
    done = subprocess.run(
        [sys.executable, "pool.py"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(), timeout=HANG_SECONDS,
    )  # fmt: skip
    assert sorted(json.loads(done.stdout)) == [1, 2], done.stderr


@pytest.mark.parametrize("packed", [True, False])
def test_workers_that_inherit_an_open_file_of_rows_read_each_row_once(run: Run, tmp_path: Path, packed: bool) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in lamp_rows(600)).encode()
    rows = tmp_path / ("rows.jsonl.gz" if packed else "rows.jsonl")
    rows.write_bytes(gzip.compress(lines) if packed else lines)
    for workers in (1, 3):
        run(*gsm8k("--rows", rows, "--shard-size", 60, "--out", workers, workers=workers))
    assert len(tar_hashes(tmp_path / "1" / "gsm8k")) == 10
    assert tar_hashes(tmp_path / "1" / "gsm8k") == tar_hashes(tmp_path / "3" / "gsm8k")


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    write_lamps(tmp_path, 6000)
    process = start(tmp_path, *gsm8k("--shard-size", 3000, workers=2))
    while len(workers := workers_of(process)) < 2:
        assert process.poll() is None
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=HANG_SECONDS)
    node = process_tag().partition(".")[0]
    deadline = time.monotonic() + HANG_SECONDS
    while not all(has_ended(f"{node}.{worker}") for worker in workers):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.02)
