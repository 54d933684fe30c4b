"""The script library's two kinds of scripts: `vwd pack`, then `vwd export-jsonl` of one task."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

# As `vwd pack` has it: a slice may begin anywhere, a shard only at a multiple.
SHARD_SIZE = 1000
DATASETS = (
    "gsm8k", "openmath2_gsm8k", "belle_school_math", "gsm8k_chinese", "tinystories", "tinystories_chinese",
)  # fmt: skip


def main(task: str) -> None:
    """The command line of `inference` or `rendering`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tools.videoworddata.{task}",
        description=f"Videos of a corpus in BASE_DIR/DATASET/video, and the JSONL of the {task} task. Further options "
        "go to 'vwd pack', such as --rows.",
    )
    parser.add_argument("dataset", choices=DATASETS)
    parser.add_argument("--num_samples", "--num-samples", type=int)
    parser.add_argument("--start_idx", "--start-idx", type=int, default=0)
    parser.add_argument("--num_workers", "--num-workers", type=int)
    parser.add_argument("--base_dir", "--base-dir", type=Path, default=Path("data"))
    options, further = parser.parse_known_args()
    for command in commands(task, options, further):
        run_vwd(command)


def commands(task: str, options: argparse.Namespace, further: list[str]) -> list[list[str]]:
    """The words of the two commands. Shards that hold the first and last row are packed from their beginning."""
    shards = options.base_dir / "shards"
    first = options.start_idx // SHARD_SIZE * SHARD_SIZE
    pack = ["pack", options.dataset, "--out", str(shards), "--base-dir", str(options.base_dir)]
    pack += ["--start-idx", str(first)]
    export = ["export-jsonl", str(shards / options.dataset), "--base-dir", str(options.base_dir), "--task", task]
    export += ["--start-idx", str(options.start_idx)]
    if options.num_samples is not None:
        pack += ["--num-samples", str(options.start_idx + options.num_samples - first)]
        export += ["--num-samples", str(options.num_samples)]
    if options.num_workers is not None:
        pack += ["--num-workers", str(options.num_workers)]
    return [[*pack, *further], export]


def run_vwd(words: list[str]) -> None:
    """Says which `vwd` command does it, and runs that; ends this program where it fails."""
    print(f"+ vwd {shlex.join(words)}", file=sys.stderr, flush=True)
    if code := subprocess.run([sys.executable, "-m", "vwd", *words], check=False).returncode:
        raise SystemExit(code)
