"""What is damaged, how, and what is then done with it. A target's damage writes below the current folder alone."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from answers import Step, library
from base import DATASET
from boxes import claim_frames, mp4_of
from mutate import bytes_of, damage_tree, json_of
from steps import load_state, option_steps, output_steps, pack_steps, settings_steps, slurm_steps
from tars import adopt, headers_of, refit, tar_of
from texts import KINDS, STATES, hostile_text, rows_file

_SIDECARS = (
    "summary.json", "shardindex.json", "sizes.json", "SHA256SUMS", "README.md", "gsm8k-000001.idx",
    "gsm8k-000001.tar.idx", "gsm8k-000001.meta.jsonl", ".nv-meta/.info.json", ".nv-meta/index.sqlite",
    ".nv-meta/split.yaml",
)  # fmt: skip
# In range, and more than any memory holds.
_EXTREME: tuple[dict[str, Any], ...] = (
    {"width": 8190, "height": 8190, "frames": 65_535}, {"width": 8190, "height": 8190}, {"frames": 65_535},
    {"frames": 65_535, "pages": 65_535, "page_starts": list(range(65_535))}, {"font_size": 256},
)  # fmt: skip
# Where an output has files and folders, or might have some.
_NAMES = (
    "pack.json", "ledger/gsm8k-000001.json", "gsm8k-000001.tar", "summary.json", "README.md", "shardindex.json", ".tmp",
    "ledger/gsm8k-99999999999999999999.json", "gsm8k-²²²²²².tar", "ledger/\udcff.json", "slurm/0001.json",
    "slurm/0001.pack.7.json", "ledger", "slurm", ".nv-meta", "../gsm8k2", "../../rows.jsonl", "../../export",
)  # fmt: skip
_OPTIONS = (
    "--fps", "--size", "--frames", "--font-size", "--shards", "--shard-size", "--start-idx", "--num-samples", "--task",
    "--num-tasks", "--rows", "--out", "--shuffle-seed", "--max-row-bytes", "--quality", "--prompt-column", "--base-dir",
)  # fmt: skip
_VALUES = (
    "1e999999999", "1/0", "²", "-1", "0", "1e-400", "9" * 400, "nan", "0x10", "8190x8190", "99999x2", "0-9999999999",
    "1-2-3", ",", "", "\udcff", "https://x/y", "memory://a/b", "s3:/b", "\x1b[2J", "/dev/zero", "1_000",
    "../outside/canary",
)  # fmt: skip
_VARIABLES = ("SLURM_CPUS_PER_TASK", "SLURM_ARRAY_TASK_ID", "VWD_BASE_DIR")


@dataclass(frozen=True)
class Target:
    """Something that is read, its damage, and the steps that follow."""

    damage: Callable[[random.Random], None]
    steps: Callable[[random.Random], Sequence[Step]]


def _file(name: str | Path, how: Callable[[bytes, random.Random], bytes]) -> Callable[[random.Random], None]:
    def damage(rng: random.Random) -> None:
        Path(name).write_bytes(how(Path(name).read_bytes(), rng))

    return damage


# Damage of an output's members.


def _tar(how: Callable[[bytes, random.Random], bytes], rng: random.Random) -> None:
    """A damaged tar: beside its entry, beside an entry that agrees, or without any ledger."""
    _file(DATASET / "gsm8k-000001.tar", how)(rng)
    if (choice := rng.random()) < 0.4:
        adopt(DATASET, 1)
    elif choice < 0.7:
        shutil.rmtree(DATASET / "ledger")
        if rng.random() < 0.5:
            (DATASET / "pack.json").unlink()


def _members(ending: str, how: Callable[[bytes, random.Random], bytes], rng: random.Random) -> None:
    """Damaged members of one kind, in a tar whose entry agrees with it."""
    refit(DATASET, 1, lambda name, data: how(data, rng) if name.endswith(ending) else data)


def _storyboard(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.6:
        return json_of(data, rng)
    board = {**json.loads(data), **rng.choice(_EXTREME)}
    for word in board["words"] if rng.random() < 0.3 else ():
        word["box"] = rng.choice(([0, 0, board["width"], board["height"]], [0, 0, 0, 0], [board["width"], 0, 0, 1]))
    if rng.random() < 0.2:
        board["words"] = board["words"] * 500
    return json.dumps(board).encode()


def _video_and_storyboard(rng: random.Random) -> None:
    """Videos, and storyboards and a contract that confirm what their headers claim."""
    # What contract and storyboards agree on is what was asked for, and a batch of it takes its memory: not too many.
    frames = rng.choice((4_000, 65_536, 40_000_000, 61, 59))
    contract = DATASET / "pack.json"
    if rng.random() < 0.5:
        values = json.loads(contract.read_bytes())
        values["video"].update(rng.choice(({"frames": frames}, {"width": 8190, "height": 8190, "frames": frames})))
        contract.write_text(json.dumps(values))

    def change(name: str, data: bytes) -> bytes:
        if name.endswith(".mp4"):
            return claim_frames(data, frames)
        return json.dumps({**json.loads(data), "frames": frames}).encode() if "storyboard" in name else data

    refit(DATASET, 1, change)


def _files(rng: random.Random) -> None:
    """Links, pipes, folders and strange names where files of an output are."""
    Path("lying").touch()
    path = DATASET / rng.choice(_NAMES)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    # A link in a path that the user names is followed, as it is how data is moved to larger disks.
    kind = rng.choice((0, 1, 3, 4, 5) if path.name == "export" else range(6))
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        path.mkdir()
    elif kind == 2:
        path.symlink_to(Path("../outside").resolve() / rng.choice(("canary", ".", "absent")))
    elif kind == 3:
        path.symlink_to(path.name)
    elif kind == 4:
        path.symlink_to(rng.choice(("/dev/zero", "/dev/null", "/proc/self/mem")))
    else:
        path.write_bytes(rng.choice((b"", b"{}", b"[]", bytes(10_000))))


def _rows(rng: random.Random) -> None:
    kind = rng.choice(KINDS)
    Path(f"rows.{kind}").write_bytes(rows_file(kind, rng))
    Path("kind").write_text(kind)


def _text(rng: random.Random) -> None:
    rows = [{"question": hostile_text(rng), "answer": hostile_text(rng)} for _ in range(rng.choice((1, 4)))]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("kind").write_text("jsonl")


def _queue(rng: random.Random) -> None:
    for name in ("squeue", "sacct", "scontrol"):
        if rng.random() < 0.6:
            path = Path("../answers", name)
            data = path.read_bytes() * rng.choice((1, 1, 1000))
            odd = (
                "²",
                "\x1b[2J",
                "9" * 5000,
                "-1",
                "|" * 9,
                "vwd:1:pack:0:",
                "\0",
                "101_[0-9%3]",
                "\n",
                "CANCELLED by 0",
            )
            fields = data.decode().split("|")
            fields[rng.randrange(len(fields))] = rng.choice(odd)
            path.write_bytes("|".join(fields).encode() if rng.random() < 0.6 else bytes_of(data, rng))


def _state(rng: random.Random) -> None:
    state = {"epoch": 0, "samples": 3, "order": "x" * 16, "own": rng.random() < 0.5}
    for _ in range(rng.choice((1, 2))):
        damage_tree(state, rng)
    Path("../state.json").write_text(json.dumps(rng.choice((state, state, state, rng.choice(STATES)))))


def _options(rng: random.Random) -> None:
    chosen = [word for _ in range(rng.choice((1, 2))) for word in (rng.choice(_OPTIONS), rng.choice(_VALUES))]
    variables = {name: rng.choice(_VALUES) for name in _VARIABLES if rng.random() < 0.2}
    Path("../options.json").write_text(json.dumps([chosen, variables]))


TARGETS: dict[str, Target] = {
    "entry": Target(_file(DATASET / "ledger/gsm8k-000001.json", json_of), output_steps),
    "contract": Target(_file(DATASET / "pack.json", json_of), output_steps),
    "tar": Target(partial(_tar, tar_of), output_steps),
    "header": Target(partial(_tar, headers_of), output_steps),
    "storyboard": Target(partial(_members, ".storyboard.json", _storyboard), output_steps),
    "prompt": Target(partial(_members, "ce.json", json_of), output_steps),
    "mp4": Target(partial(_members, ".mp4", mp4_of), output_steps),
    "claim": Target(_video_and_storyboard, output_steps),
    "sidecar": Target(lambda rng: _file(DATASET / rng.choice(_SIDECARS), bytes_of)(rng), output_steps),
    "files": Target(_files, lambda rng: [*output_steps(rng), *slurm_steps(rng)]),
    "rows": Target(_rows, pack_steps),
    "text": Target(_text, pack_steps),
    "submission": Target(_file(DATASET / "slurm/0001.json", json_of), slurm_steps),
    "note": Target(_file(DATASET / "slurm/0001.pack.0.json", json_of), slurm_steps),
    "queue": Target(_queue, slurm_steps),
    "settings": Target(_file("vwd.toml", bytes_of), settings_steps),
    "state": Target(_state, lambda rng: [library("load_state_dict", load_state)] if find_spec("torch") else []),
    "options": Target(_options, option_steps),
}
