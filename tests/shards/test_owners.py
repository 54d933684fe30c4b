"""Items that belong together go to one worker, as long as it lives; the others are not kept waiting."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment

POOL = """
import json, os, signal, sys
from vwd.shards.pool import Done, run_pool

def owner(item):
    return item[0] or None

def handle(item, on_row):
    if item[1] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()

def open_handler():
    return handle

def follow(outcome):
    # Each item makes the next of its kind possible, whoever has handled it.
    kind, number = outcome.item
    return [("a", number + 1)] if isinstance(number, int) and number < int(sys.argv[2]) else []

if __name__ == "__main__":
    items = json.loads(sys.argv[1])
    outcomes = list(run_pool(open_handler, [tuple(item) for item in items], 3, follow=follow, owner=owner))
    print(json.dumps([[*outcome.item, outcome.result if isinstance(outcome, Done) else None] for outcome in outcomes]))
"""


def handled(tmp_path: Path, items: list[list[object]], follow: int = 0) -> list[list[object]]:
    """Each item with the process that has handled it; None for one that failed."""
    (tmp_path / "pool.py").write_text(POOL)
    done = subprocess.run(
        [sys.executable, "pool.py", json.dumps(items), str(follow)], cwd=tmp_path, capture_output=True, text=True,
        check=False, env=environment(OPENBLAS_NUM_THREADS="1"), timeout=HANG_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[list[object]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("first", [[["a", 0]], [["a", 0], ["b", "x"], ["b", "y"], ["", "z"]]])
def test_what_belongs_together_is_handled_by_one_process(tmp_path: Path, first: list[list[object]]) -> None:
    found = handled(tmp_path, first, follow=5)
    assert len(found) == len(first) + 5
    for kind in ("a", "b"):
        assert len({process for one, _, process in found if one == kind}) == (kind in {one for one, _ in first})


def test_when_its_worker_has_died_another_one_takes_what_is_left(tmp_path: Path) -> None:
    found = handled(tmp_path, [["a", "x"], ["a", "die"], ["a", "y"], ["", "z"]])
    processes = {number: process for _, number, process in found}
    assert len(found) == 4
    assert processes["die"] is None
    assert None not in (processes["x"], processes["y"], processes["z"])
    assert processes["x"] != processes["y"]
