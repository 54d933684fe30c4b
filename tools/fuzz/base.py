"""What is damaged: rows, an output with every sidecar, its submission to Slurm, and programs in place of Slurm's."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from answers import Step, command

SMALL = ("--size", "160x120", "--font-size", "16", "--frames", "60", "--shard-size", "3", "--num-workers", "1")
PACK = ("pack", "gsm8k", "--rows", "rows.jsonl", "--sat-meta", *SMALL)
DATASET = Path("shards/gsm8k")
_SETTINGS = {"PARTITION": "main", "CPUS_PER_NODE": "1", "TIME_LIMIT": "10", "SAMPLES_PER_NODE": "3"}
_PROGRAMS = {
    "sbatch": "echo 101",
    "squeue": "cat ../answers/squeue",
    "sacct": "cat ../answers/sacct",
    "scontrol": '[ "$2" = config ] && echo "MaxArraySize            = 1001" || cat ../answers/scontrol',
    "sacctmgr": "exit 1",
    "scancel": "true",
}


def make_base(folder: Path) -> None:
    """A round's folder before the damage: `work` (the current folder of the commands), `outside`, `bin`, `answers`.

    It is the same wherever and whenever it is made: nothing in it is a time, a process or a machine.
    """
    for name in ("work", "outside", "bin", "answers", "tmp"):
        (folder / name).mkdir()
    (folder / "outside" / "canary").write_text("not to be touched\n")
    for name, body in _PROGRAMS.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    enter(folder)
    rows = [
        {"question": f"How many are {n} and {n}?", "answer": f"{n} + {n} = {2 * n}.\n#### {2 * n}"} for n in range(9)
    ]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    Path("vwd.toml").write_text('[slurm]\ntime_limit = "01:00:00"\npartition = "main"\n')
    _run(command("slurm", "submit", *PACK[1:]))
    _run(command(*PACK))
    for path in DATASET.glob("ledger/*.json"):
        entry = json.loads(path.read_text())
        fixed = {"seconds": 1.0, "finished": 1.7e9, "writer": {"host": "n1", "process": "1"}}
        path.write_text(json.dumps({**entry, **fixed}, indent=1))
    for path in DATASET.glob("slurm/????.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": 1.7e9}, indent=1))
    _run(command(*PACK))  # the summary and sidecars of these entries
    _run(command("index", "--all"))
    _run(command("verify", "--num-workers", "1"))
    _run(command("export-jsonl", "--base-dir", "predicted"))


def enter(folder: Path) -> None:
    """Makes a round's folder this process's own: current folder, temporary files, Slurm's programs and settings."""
    os.chdir(folder / "work")
    comment = f"vwd:1:pack:0:{folder}/work/{DATASET}"
    (folder / "answers" / "squeue").write_text(f"101|1|RUNNING|None|n1|vwd-gsm8k-0001|{comment}\n")
    (folder / "answers" / "sacct").write_text("101_0|FAILED|1:0|n1\n101_2|COMPLETED|0:0|n2\n")
    (folder / "answers" / "scontrol").write_text(
        "JobId=101 ArrayJobId=101 ArrayTaskId=0 JobState=FAILED ExitCode=1:0\n"
    )
    for name in [name for name in os.environ if name.startswith(("SLURM_", "VWD_"))]:
        del os.environ[name]
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    os.environ.update(_SETTINGS, TMPDIR=str(folder / "tmp"), HOME=str(folder / "tmp"), PATH=path, HF_HUB_OFFLINE="1")
    sys.dont_write_bytecode = True


def _run(step: Step) -> None:
    answer = step.call()
    if answer.code:
        raise RuntimeError(f"{step.name}: {answer.err}{answer.error!r}")
