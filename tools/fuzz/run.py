"""Damages outputs and rows at random and runs the commands on them: two lines, bounded memory, nothing written outside.

python tools/fuzz/run.py --seconds 60
python tools/fuzz/run.py --targets entry,tar --rounds 200 --seed 7
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from mutate import bytes_of, json_of, tar_of

from vwd.cli.main import cli

SMALL = ("--size", "160x120", "--font-size", "16", "--frames", "60", "--num-workers", "1")
MOST_MEMORY = 1_000_000_000
# What may be damaged, below the dataset's folder, and how.
TARGETS: dict[str, tuple[str, Callable[[bytes, random.Random], bytes]]] = {
    "entry": ("ledger/gsm8k-000001.json", json_of),
    "contract": ("pack.json", json_of),
    "tar": ("gsm8k-000001.tar", tar_of),
    "sidecar": ("shardindex.json", bytes_of),
    "rows": ("../../rows.jsonl", bytes_of),
}
VERBS = (("status",), ("verify", "--num-workers", "1"), ("index",), ("export-jsonl",), ("export-parquet",))


def make_base(folder: Path) -> None:
    """Rows and a small output of three shards."""
    rows = [
        {"question": f"How many are {n} and {n}?", "answer": f"{n} + {n} = {2 * n}.\n#### {2 * n}"} for n in range(9)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = run(folder, "pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", "3", *SMALL)
    assert done.exit_code == 0, done.output


def run(folder: Path, *arguments: str) -> Result:
    """A command in a folder, in this process."""
    with CliRunnerIn(folder) as runner:
        return runner.invoke(cli, list(arguments))


def fuzz_once(base: Path, folder: Path, target: str, rng: random.Random) -> list[str]:
    """What was wrong with the commands' answers to one damaged output."""
    shutil.copytree(base, folder)
    name, damage = TARGETS[target]
    path = folder / "shards" / "gsm8k" / name
    path.write_bytes(damage(path.read_bytes(), rng))
    pack = ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", "3", *SMALL)
    problems = []
    for arguments in (pack,) if target == "rows" else VERBS:
        done = run(folder, *arguments)
        errors = done.stderr
        if done.exit_code not in (0, 1, 2) or "Traceback" in errors or "Error: unexpected" in errors:
            problems.append(
                f"{arguments[0]}: exit code {done.exit_code}: {errors.strip()[:300]} {done.exception!r:.200}"
            )
    known = {"rows.jsonl", "shards", "export"}
    problems += [f"wrote {path.name}" for path in folder.iterdir() if path.name not in known]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak > MOST_MEMORY:
        problems.append(f"took {peak / 1e6:.0f} MB")
    return problems


class CliRunnerIn:
    """A runner in another current folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._before = folder, Path.cwd()

    def __enter__(self) -> CliRunner:
        os.chdir(self._folder)
        return CliRunner()

    def __exit__(self, *_: object) -> None:
        os.chdir(self._before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.0, help="default: as many as the rounds take")
    parser.add_argument("--rounds", type=int, default=50, help="without --seconds (default: 50)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", default=",".join(TARGETS), help=f"of {', '.join(TARGETS)}")
    options = parser.parse_args()
    targets = options.targets.split(",")
    began, failed, number = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        base.mkdir()
        make_base(base)
        while time.monotonic() - began < options.seconds if options.seconds else number < options.rounds:
            target = targets[number % len(targets)]
            rng = random.Random(f"{options.seed}.{number}")
            problems = fuzz_once(base, Path(folder) / "damaged", target, rng)
            shutil.rmtree(Path(folder) / "damaged")
            for problem in problems:
                print(f"seed {options.seed}, round {number}, {target}: {problem}")
            failed += bool(problems)
            number += 1
    print(f"{number} rounds over {', '.join(targets)}: {failed} with problems")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
