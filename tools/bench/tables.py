"""Seconds and memory of `vwd meta filter`, `clean` and `merge` on tables of many rows, as CSV and as Parquet.

python tools/bench/tables.py [--rows 10000000] [--endings csv parquet] [--verbs filter clean merge] [--folder DIR]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ("path", "id", "relpath", "num_frames", "height", "width", "fps", "aes", "text")
OPTIONS = {"filter": ["--fmin", "30", "--aesmin", "5"], "clean": [], "merge": []}
# Of the two parts that are merged, the second begins with this many rows of the first.
_SHARED = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--endings", nargs="+", default=["csv", "parquet"], choices=["csv", "parquet"])
    parser.add_argument("--verbs", nargs="+", default=list(OPTIONS), choices=OPTIONS)
    parser.add_argument("--folder", type=Path, help="keeps the tables, and takes those that are there")
    parser.add_argument("--write", nargs=3, metavar=("FILE", "START", "STOP"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        path, start, stop = options.write
        return write(Path(path), int(start), int(stop))
    print("| operation | table | rows | written | seconds | CPU seconds | largest memory, MB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for ending in options.endings:
            for verb in options.verbs:
                measure(options.folder or Path(temporary), verb, ending, options.rows)
    return None


def measure(folder: Path, verb: str, ending: str, rows: int) -> None:
    """Prints a line for an operation."""
    half = rows // 2
    parts = [(0, half + _SHARED), (half, rows)] if verb == "merge" else [(0, rows)]
    tables = [table(folder, start, stop, ending) for start, stop in parts]
    with tempfile.TemporaryDirectory(dir=folder) as outputs:
        output = f"{outputs}/out.{ending}"
        words = ["-m", "vwd", "meta", verb, *map(str, tables), *OPTIONS[verb], "--output", output]
        seconds, processor, megabytes, told = run(words)
    written = told.partition(": ")[2].partition(" of ")[0]
    count = sum(stop - start for start, stop in parts)
    print(
        f"| {verb} | {ending} | {count:,} | {written} | {seconds:.0f} | {processor:.0f} | {megabytes:.0f} |", flush=True
    )


def table(folder: Path, start: int, stop: int, ending: str) -> Path:
    """A table of these rows, made unless it is there."""
    path = folder / f"rows-{start}-{stop}.{ending}"
    if not path.exists():
        run([__file__, "--write", str(path), str(start), str(stop)])
    return path


def run(words: list[str]) -> tuple[float, float, float, str]:
    """Runs a program of Python. Returns its seconds, those of CPU, its largest memory in MB, and what it printed."""
    started = time.perf_counter()
    # This process holds little: a child's largest memory is never less than that of its parent when it began.
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit code {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000, told


def write(path: Path, start: int, stop: int) -> None:
    """Writes rows as the steps before leave them: paths, measures, a score, a caption as a model writes it."""
    from vwd.meta.tables import write_table

    write_table(path, COLUMNS, made_rows(start, stop))


def made_rows(start: int, stop: int) -> Iterator[dict[str, str]]:
    """Rows that differ: every tenth is short, a third scores below 5, and some have quotes, line breaks or Chinese."""
    for number in range(start, stop):
        relative = f"{number // 1000:05d}/clip_{number:08d}_scene-{number % 7}.mp4"
        caption = (
            f'The video shows a red square, "{number}", on a table;\nit moves.' if number % 3
            else f"视频里有{number}个红色的方块，它们在桌子上移动。"
        )  # fmt: skip
        yield {
            "path": f"./clips/{relative}", "id": relative[:-4], "relpath": relative,
            "num_frames": str(20 if number % 10 == 0 else 30 + number % 200), "height": "360", "width": "640",
            "fps": "29.97002997002997", "aes": f"{4 + number % 3}.5", "text": caption,
        }  # fmt: skip


if __name__ == "__main__":
    main()
