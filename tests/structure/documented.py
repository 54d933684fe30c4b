"""The commands of README.md and docs/*.md, and which of them a test does not run as they stand, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))

# Pages whose commands another test runs, each by itself, as they exclude each other in one folder.
RUN_ELSEWHERE = {"docs/rows.md": "tests/structure/test_rows_page.py"}

# What a command begins with, and why it is not run.
LEFT_OUT = {
    "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[test]'": "network: pip; and the suite itself",
    "tools/bench/device.sh": "GPU",
    "torchrun --nproc_per_node 1 train.py": "foreign trainer: finetrainers",
    "accelerate launch train.py": "foreign trainer: CogVideoX",
    "torchrun --nproc_per_node 1 train_video.py": "foreign trainer: SAT",
    "python src/musubi_tuner": "foreign trainer: musubi-tuner",
    "deepspeed": "foreign trainer: diffusion-pipe",
    "accelerate launch examples/wanvideo": "foreign trainer: DiffSynth",
    "python scripts/process_dataset.py": "foreign trainer: LTX",
    "torchrun --nproc_per_node 8 scripts/diffusion": "foreign trainer: Open-Sora",
    "torchrun opensora/train": "foreign trainer: Open-Sora-Plan",
    "accelerate launch scripts/wan2.1": "foreign trainer: VideoX-Fun",
    "python -m scripts.get_t5_embeddings": "foreign trainer: Cosmos",
    "torchrun --nproc_per_node 1 fastvideo/": "foreign trainer: FastVideo",
    "python tools/train/train.py shards/train": "takes half an hour",
    "python tools/train/table.py": "needs that training",
}

# What is written in place of a part of a command, and why. All else is run as it stands.
REPLACED = {
    "python3 -m venv .venv && . .venv/bin/activate && pip install . && ": ("", "network: pip"),
    "/scratch/": ("scratch/", "a folder of the reader's machine"),
    "tools/bench/packing.py": ("tools/bench/packing.py --baseline-samples 2 --rounds 1", "takes minutes"),
    "--num-samples 25 --disturbed-samples 10": ("--num-samples 1 --disturbed-samples 1", "takes minutes"),
    "tools/bench/convert_parquet.py": ("tools/bench/convert_parquet.py --rows 60 --baseline-rows 20", "takes minutes"),
}

# A loop is one command, of several lines.
_BREAK = "\0"
_LOOP = re.compile(r"^for .*?^done$", re.DOTALL | re.MULTILINE)

# They go on until Ctrl-C.
ENDLESS = ("--serve", "--watch")


@dataclass(frozen=True)
class Block:
    """The commands of one block of a page, in their order.

    Attributes:
        line: where it begins.
    """

    page: str
    line: int
    commands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> list[Block]:
    """Every block of shell commands; of a console's block, what stands behind `$`."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for match in re.finditer(r"^```(sh|bash|shell|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            shell = match[2].replace("\\\n", " ")
            lines = _LOOP.sub(lambda loop: loop[0].replace("\n", _BREAK), shell).splitlines()
            if match[1] == "console":
                lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            commands = tuple(
                line.replace(_BREAK, "\n") for line in lines if line.strip() and not line.lstrip().startswith("#")
            )
            found.append(Block(page, text.count("\n", 0, match.start()) + 1, commands))
    return found


def left_out(command: str) -> str | None:
    """What of `LEFT_OUT` it begins with."""
    return next((start for start in LEFT_OUT if command.startswith(start)), None)


def as_run(command: str) -> str:
    """A command with what is replaced."""
    for old, (new, _) in REPLACED.items():
        command = command.replace(old, new)
    return command
