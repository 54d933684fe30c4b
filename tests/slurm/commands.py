"""Small programs in place of Slurm's: a test decides what they answer, and sees what they were asked."""

from __future__ import annotations

import os
from pathlib import Path

# The settings without which nothing can be submitted.
SETTINGS = {"PARTITION": "main", "CPUS_PER_NODE": "1", "TIME_LIMIT": "10"}


class Commands:
    """A folder of programs, first in PATH. Each appends its arguments to `<name>.log`, one line per call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}:{os.environ['PATH']}", **SETTINGS}

    def add(self, name: str, body: str) -> None:
        """Adds a program of this name; `body` is bash."""
        path = self.folder / name
        path.write_text(f'#!/bin/bash\nprintf "%q " "$@" >>{self.folder}/{name}.log; echo >>{self.folder}/{name}.log\n'
                        f"{body}\n")  # fmt: skip
        path.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        log = self.folder / f"{name}.log"
        return log.read_text().splitlines() if log.is_file() else []


def queueing(commands: Commands) -> None:
    """A Slurm that queues everything and runs nothing; its job ids start at 101."""
    commands.add("sbatch", f'n=$(wc -l <{commands.folder}/sbatch.log); echo "$((100 + n));lab"')
    commands.add("squeue", "true")
    commands.add("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    commands.add("scontrol", '[ "$2" = config ] && echo "MaxArraySize            = 1001" || exit 1')
    commands.add("scancel", "true")
