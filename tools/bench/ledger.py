"""Times `vwd status`, `vwd slurm status`, `vwd slurm retry --dry-run` and `ShardDataset(OUT)` on a very large output.

    python tools/bench/ledger.py [--shards 100000]

The output is synthetic: ledger entries of realistic size (26 kB each), and sparse tars. It needs 3 GB of disk in the
folder for temporary files.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from vwd.shards.checksums import checksums_length
from vwd.shards.contract import Contract
from vwd.shards.paths import OutputPaths
from vwd.slurm.arrays import Window, Work
from vwd.slurm.jobs import JobRecord
from vwd.slurm.paths import log_folder, submission_file, submissions_folder
from vwd.slurm.settings import SlurmSettings
from vwd.slurm.submission import Submission
from vwd.storage.atomic import json_bytes
from vwd.video.spec import VideoSpec

SHARD_SIZE = 1000
SHARDS_PER_TASK = 100
_TAR_BYTES = 163_000_000
_OPEN = """import sys
from vwd.stream import ShardDataset
data = ShardDataset(sys.argv[1], frames=1, source="storyboard", channels=1)
data.set_epoch(1)
len(data)"""


def write_large(out: Path, shards: int, missing: range) -> OutputPaths:
    """Writes an output of `shards` shards of 1,000 samples, without the `missing` ones, submitted as one array."""
    paths = OutputPaths(out, "tinystories")
    for folder in (paths.ledger, submissions_folder(paths), log_folder(paths)):
        folder.mkdir(parents=True)
    rows, tasks = shards * SHARD_SIZE, shards // SHARDS_PER_TASK
    contract = Contract(rows, SHARD_SIZE, None, ("mp4",), VideoSpec(), paths.dataset)
    paths.contract.write_bytes(json_bytes(contract.to_json()))
    submission = Submission(
        "tinystories", Work(rows, SHARD_SIZE), tasks, (Window(0, tasks),), (), None, SlurmSettings(), "python3", "/",
        number=1,
    )  # fmt: skip
    submission_file(paths, 1).write_bytes(json_bytes(submission.to_json()))
    record = JobRecord("pack", "12", 0, tasks, submission.name)
    (submissions_folder(paths) / "0001.pack.0.json").write_bytes(json_bytes(asdict(record)))
    entry = _entry()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: _write(paths, n, entry), (n for n in range(shards) if n not in missing)))
    return paths


def _write(paths: OutputPaths, number: int, entry: str) -> None:
    stop = (number + 1) * SHARD_SIZE
    for place, value in (("@N", number), ("@A", stop - SHARD_SIZE), ("@B", stop), ("@L", stop - 1)):
        entry = entry.replace(place, str(value))
    paths.entry(number).write_text(entry, "utf-8")
    descriptor = os.open(paths.tar(number), os.O_CREAT | os.O_WRONLY)
    os.ftruncate(descriptor, _TAR_BYTES)
    os.pwrite(descriptor, b"\1", _TAR_BYTES - 1)  # a tail of zeros is what a power cut leaves
    os.close(descriptor)


def _entry() -> str:
    """A ledger entry's text, with places for its number and rows. Of its sizes only the first and last have rows of
    their own, as those of the others are not looked at here.
    """
    rows = ["@A", *(str(2_000_000 + n) for n in range(1, SHARD_SIZE - 1)), "@L"]
    sizes = " ".join(f"{row}:{160_000 + n},{60 + n},{700 + n},{5_000 + n}" for n, row in enumerate(rows))
    entry = {
        "number": "@N", "start": "@A", "stop": "@B", "whole": True, "samples": SHARD_SIZE, "skips": {},
        "bytes": _TAR_BYTES, "sha256": "0" * 64, "md5": "0" * 32, "prompt_tokens": 52_000, "answer_tokens": 140_000,
        "seconds": 6.5, "finished": 1_700_000_000.5, "sizes": sizes, "checksums": "A" * checksums_length(SHARD_SIZE, 1),
        "writer": {"host": "n1", "pid": "4711", "slurm_job_id": "12"}, "cache": {"words": [9000, 8000]},
    }  # fmt: skip
    text = json.dumps(entry, indent=1)
    for placeholder in ("@N", "@A", "@B"):
        text = text.replace(f'"{placeholder}"', placeholder)
    return f"{text}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out, commands = Path(folder) / "shards", Path(folder) / "bin"
        write_large(out, options.shards, range(500, 600))
        commands.mkdir()
        for name in ("squeue", "sacct", "scontrol"):  # a cluster with an empty queue
            (commands / name).write_text("#!/bin/sh\n")
            (commands / name).chmod(0o755)
        environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
        print(f"{options.shards:,} shards\n\n| command | wall s | CPU s |\n|---|---|---|")
        lines = {
            f"vwd {verb}": ["-m", "vwd", *verb.split(), str(out)]
            for verb in ("status", "slurm status", "slurm retry --dry-run")
        }
        if importlib.util.find_spec("torch"):
            lines["ShardDataset(OUT)"] = ["-c", _OPEN, str(out / "tinystories")]
        for name, line in lines.items():
            command = [sys.executable, *line]
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, env=environment, capture_output=True)
            wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"| {name} | {wall:.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
