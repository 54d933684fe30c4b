"""What users do with outputs, rows, submissions and settings; here, after these were damaged."""

from __future__ import annotations

import json
import os
import random
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from answers import Answer, Step, command, library, pack_and_verify
from base import DATASET, PACK, SMALL

_OUT, _EXPORT = f"work/{DATASET}", "work/export"
_PREDICTED = "predicted/gsm8k/video"
_LAYOUTS = ("videofolder", "cogvideox", "musubi", "diffsynth", "open-sora", "i2v", "videothinkbench")


def output_steps(rng: random.Random) -> list[Step]:
    """Verifying, and some of the other ways to read an output."""
    check = rng.choice((("--check",), ("--no-check",)))
    others = [
        command("status"),
        command("status", "--json"),
        command("index", "--all", writes=(_OUT,)),
        *(command(f"export-{kind}", *check, writes=(_EXPORT,)) for kind in ("jsonl", "parquet", "opensora", "sat")),
        command("export-jsonl", "--start-idx", "4", "--num-samples", "2", writes=(_EXPORT,)),
        command("export", "--for", rng.choice(_LAYOUTS), *check, "--base-dir", "export", writes=(_EXPORT,)),
        *rng.sample(_looking_steps(rng), 3),
        *_stream_steps(rng),
    ]
    return [command("verify", "--num-workers", "1"), *rng.sample(others, 5), *(_repair() if rng.random() < 0.3 else ())]


def _looking_steps(rng: random.Random) -> list[Step]:
    """What people look at an output with, and what compares it with other things."""
    key = rng.choice(("gsm8k_000003", "4", "gsm8k_000005"))
    grade = ("grade", _PREDICTED, "--against", str(DATASET), "--task", rng.choice(("inference", "rendering")))
    return [
        command("show", "shards", key),
        command("show", "shards", "--skips", "--json"),
        command("report", "--samples", "3", "--num-workers", "1", "--out", "page", writes=("work/page",)),
        command("preview", str(DATASET), "gsm8k_000004", "--boxes", "--to", "pictures", writes=("work/pictures",)),
        command("preview", str(DATASET), "gsm8k_000005", "--gif", "--to", "pictures", writes=("work/pictures",)),
        command("decontaminate", "--against", "rows.jsonl", "--out", "found/exclude.json", writes=("work/found",)),
        command(*grade, "--num-workers", "1", "--out", "graded/grades.json", writes=("work/graded",)),
    ]


def _repair() -> list[Step]:
    """Packing again with `--check`: where it succeeds, the output is as it should be."""
    codes: list[int] = []

    def packed(answer: Answer) -> str:
        codes.append(answer.code)
        return ""

    def clean(answer: Answer) -> str:
        # Where the ledger agrees with the damage, or somebody's file is in the way, packing again cannot mend it.
        lying = Path("lying").exists()
        return (
            f"pack --check succeeded, and verify says: {answer.out}{answer.err}"
            if codes == [0] and answer.code and not lying
            else ""
        )

    return [
        command(*PACK, "--check", writes=(_OUT,), then=packed),
        command("index", "--all", writes=(_OUT,)),
        command("verify", "--num-workers", "1", then=clean),
    ]


def _stream_steps(rng: random.Random) -> list[Step]:
    """Reading samples as numpy arrays, by both decoders, and as tensors, where torch is installed."""
    source = rng.choice(("video", "storyboard"))
    steps = [library(f"open_shards, {source}", partial(_open_shards, source, find_spec("av") is not None))]
    steps.append(library("open_shards, OpenCV", partial(_open_shards, "video", False)))
    if find_spec("torch") and find_spec("av"):
        options = {
            "source": source, "on_error": rng.choice(("skip", "replace", "raise")),
            "reading": rng.choice(("offset", "stream")),
            "mask": rng.choice((None, "text", "answer")), "frames": rng.choice(("all", 7, "reveals", "first:3")),
            "size": rng.choice((None, (32, 48))), "check": rng.random() < 0.3, "task": "both",
        }  # fmt: skip
        steps.append(library(f"ShardDataset(**{options})", partial(_dataset, options)))
    return steps


def _open_shards(source: Any, av: bool) -> None:
    from vwd.stream import open_shards, samples

    vars(samples)["find_spec"] = lambda name: av or None
    for _ in open_shards(DATASET, source=source):
        pass


def _dataset(options: dict[str, Any]) -> None:
    from vwd.stream import ShardDataset, ShardLoader

    for _ in ShardLoader(ShardDataset(DATASET, **options), batch_size=2):
        pass


def load_state() -> None:
    from vwd.stream import ShardDataset, ShardLoader

    loader = ShardLoader(ShardDataset(DATASET, frames=2, source="storyboard", size=(8, 8)), batch_size=2)
    state = json.loads(Path("../state.json").read_bytes())
    if isinstance(state, dict) and state.pop("own", False):
        state = {**loader.state_dict(), **{name: state[name] for name in ("epoch", "samples") if name in state}}
    loader.load_state_dict(state)
    left = 9 - loader.state_dict()["samples"]  # type: ignore[operator]
    seen = [int(position) for batch in loader for position in batch["position"]]
    if seen != list(range(9))[9 - left :]:
        raise AssertionError(f"the state {state!r} gives the positions {seen}")


def slurm_steps(rng: random.Random) -> list[Step]:
    return [
        command("slurm", "status"),
        command("slurm", "status", "--json"),
        command("slurm", "retry", "--dry-run"),
        command("slurm", "cancel"),
        command("slurm", "plan", *PACK[1:]),
        command("slurm", "finish", writes=(_OUT,)),
    ]


def settings_steps(rng: random.Random) -> list[Step]:
    return [command("slurm", "plan", *PACK[1:]), command("slurm", "submit", *PACK[1:], "--dry-run")]


def pack_steps(rng: random.Random) -> list[Step]:
    """Packing a file of rows to a new output; where that succeeds, the output is clean."""
    own = ("--prompt-column", "question", "--answer-column", "answer", "--language", rng.choice(("en", "zh")))
    name = rng.choice((("gsm8k",), ("tinystories",), ("mine", *own)))
    more = rng.choice(((), (), ("--max-row-bytes", "1000"), ("--shuffle-seed", "1"), ("--zh-units", "char")))
    rows = ("--rows", f"rows.{Path('kind').read_text()}", "--num-samples", "12")
    return pack_and_verify("pack", *name, *rows, *SMALL, *more, out="fresh")


def option_steps(rng: random.Random) -> list[Step]:
    options, variables = json.loads(Path("../options.json").read_bytes())
    os.environ.update({name: value for name, value in variables.items() if "\0" not in value})
    return [
        command(
            "pack",
            "gsm8k",
            "--rows",
            "rows.jsonl",
            *SMALL,
            "--out",
            "fresh",
            "--frames",
            "40",
            *options,
            writes=("work",),
        ),
        command("slurm", "plan", "gsm8k", "--rows", "rows.jsonl", *SMALL, *options),
    ]
