"""Packing for tests: cheap settings, made-up rows, and inspecting an output."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from conftest import environment, vwd_process, write_rows

SMALL = ("--size", "160x120", "--font-size", "16", "--frames", "60")
# With the slowest encoder, so that a signal can arrive in the middle of a shard.
MEDIUM = ("--size", "320x180", "--font-size", "16", "--encoder", "opencv")
SLOW = ("--encoder", "opencv")
MEDIUM_ROWS = 36
# How messages of the library name an argument, such as `shard_size`; the command line shows it as an option.
LIBRARY_ARGUMENT = re.compile(r"`[a-z][a-z0-9_]*`")


def lamp_rows(count: int) -> list[dict[str, object]]:
    """Rows in the format of GSM8K, each short enough for any video size."""
    return [
        {
            "question": f"A crate holds {n + 2} lamps. How many are in {n + 3} crates?",
            "answer": f"There are {n + 2}*{n + 3} = <<{n + 2}*{n + 3}={(n + 2) * (n + 3)}>>{(n + 2) * (n + 3)} lamps."
            f"\n#### {(n + 2) * (n + 3)}",
        }
        for n in range(count)
    ]


def write_lamps(folder: Path, count: int) -> Path:
    return write_rows(folder / "rows.jsonl", lamp_rows(count))


def gsm8k(*more: object, size: tuple[str, ...] = SMALL, workers: int = 1) -> tuple[object, ...]:
    """The arguments that pack `rows.jsonl` of the current folder, or other `--rows`, six rows a shard."""
    rows = () if "--rows" in more else ("--rows", "rows.jsonl")
    return ("pack", "gsm8k", *rows, "--shard-size", 6, *size, "--num-workers", workers, *more)


def start(cwd: Path, *args: object, **env: str) -> subprocess.Popen[str]:
    """Starts `vwd …` in its own process group, and does not wait for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "vwd", *map(str, args)],
        cwd=cwd, env=environment(**env), start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def vwd(cwd: Path, *args: object, **env: str) -> str:
    """Runs `vwd …`, which must succeed. Returns its stdout."""
    done = vwd_process(args, cwd, environment(**env))
    assert done.returncode == 0, done.stderr
    return done.stdout


def send(process: subprocess.Popen[str], signum: signal.Signals, whole_group: bool) -> None:
    """Sends a signal to a process and its workers, or to the process alone."""
    if whole_group:
        os.killpg(process.pid, signum)
    else:
        process.send_signal(signum)


def wait_until(process: subprocess.Popen[Any], folder: Path, pattern: str) -> Path | None:
    """Waits for a file that matches; None if the process ends first."""
    while process.poll() is None:
        if found := first_match(folder, pattern):
            return found
        time.sleep(0.005)
    return None


def first_match(folder: Path, pattern: str) -> Path | None:
    """A file that matches, if there is one; folders may be removed during the search."""
    with suppress(FileNotFoundError):
        return next(folder.glob(pattern), None)
    return None


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The worker processes that a run has started."""
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
        return [child for child, line in lines.items() if b"resource_tracker" not in line]
    except OSError:
        return []


def tar_hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every tar in a folder, by name."""
    return {tar.name: hashlib.sha256(tar.read_bytes()).hexdigest() for tar in sorted(folder.glob("*.tar"))}


def entry_file(folder: Path, number: int) -> Path:
    return folder / "ledger" / f"{folder.name}-{number:06d}.json"


def read_entry(folder: Path, number: int) -> dict[str, Any]:
    return dict(json.loads(entry_file(folder, number).read_bytes()))


def seal(folder: Path, number: int) -> None:
    """Updates the ledger entry to the tar's present size and hash; removes the sidecars, which describe the old tar."""
    tar = (folder / f"{folder.name}-{number:06d}.tar").read_bytes()
    entry = {**read_entry(folder, number), "bytes": len(tar), "sha256": hashlib.sha256(tar).hexdigest()}
    entry_file(folder, number).write_text(json.dumps(entry), "utf-8")
    for name in ("SHA256SUMS", "sizes.json", "shardindex.json", "README.md"):
        (folder / name).unlink(missing_ok=True)


def temp_files(folder: Path) -> list[Path]:
    """Files that a writer has not finished."""
    return [path for path in folder.rglob(".tmp/*") if path.is_file()]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The modification time and content of every file below a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def copy_pack(original: Path, to: Path) -> Path:
    """Copies the rows and shards of a packed fixture, so that a test may change them. Returns the dataset's folder."""
    # Another test may be looking at the fixture, and have temporary files there.
    shutil.copytree(original, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".tmp"))
    return to / "shards" / "gsm8k"


def assert_two_lines(done: subprocess.CompletedProcess[str], code: int = 1) -> None:
    """Asserts a failure that the user can act on: what went wrong, what to do next, and no traceback."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("Error: ")
    assert not lines[0].startswith("Error: unexpected"), done.stderr
    assert "Traceback" not in done.stderr
    assert not LIBRARY_ARGUMENT.search(done.stderr), "an argument that is not shown as an option"


def forget_contract(folder: Path) -> None:
    """Leaves out of every entry which contract it is of, as older ones do: a test may then change `pack.json`."""
    for path in (folder / "ledger").glob("*.json"):
        entry = json.loads(path.read_bytes())
        entry.pop("contract", None)
        path.write_text(json.dumps(entry), "utf-8")
