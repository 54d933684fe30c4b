"""A throw-away Slurm cluster, and what runs on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, environment, vwd_process
from shards.packing import first_match, tar_hashes

SCRIPT = Path(__file__).with_name("start-slurm.sh")
NODES = 4
MAX_ARRAY_SIZE = 8
# Four tasks of two shards. The slow encoder, so that a fault can occur in the middle of a shard.
ROWS, SHARD_SIZE, ROWS_A_TASK = 24, 3, 6
VIDEO = ("--shard-size", SHARD_SIZE, "--size", "320x180", "--font-size", 16, "--encoder", "opencv")
LONGEST_WAIT = 150.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster; `folder` has its configuration and logs."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a client: where the cluster is, and settings that fit it."""
        return {
            "SLURM_CONF": str(self.folder / "etc" / "slurm.conf"),
            "PATH": f"{self.folder / 'root' / 'usr' / 'bin'}:{os.environ['PATH']}",
            "PARTITION": "main", "NUM_NODES": str(NODES), "CPUS_PER_NODE": "1", "TIME_LIMIT": "5",
            "SAMPLES_PER_NODE": str(ROWS_A_TASK),
        }  # fmt: skip

    def call(self, *line: object) -> str:
        """Runs one of Slurm's commands, which must succeed. Returns its stdout."""
        done = subprocess.run(
            list(map(str, line)), env=environment(**self.variables), capture_output=True, text=True,
            timeout=HANG_SECONDS,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def control(self, *words: str) -> None:
        """Starts, crashes, boots or restarts parts of the cluster."""
        subprocess.run([str(SCRIPT), *words, str(self.folder)], check=True, capture_output=True, timeout=HANG_SECONDS)

    def state(self) -> str:
        """The controller's nodes and jobs and the end of its log, to explain a failure."""
        log = (self.folder / "log" / "slurmctld.log").read_text("utf-8", "replace").splitlines()[-40:]
        nodes = self.call("sinfo", "-h", "-N", "-o", "%N %T %E")
        return "\n".join([nodes, self.call("squeue", "-r", "-o", "%i %j %T %r %N %S"), *log])

    def undrain(self) -> None:
        """Puts nodes back into service that the controller took out, so that a test does not affect the next one."""
        for node in {*self.call("sinfo", "-h", "-N", "-t", "drain,down", "-o", "%N").split()}:
            self.call("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def queue(self) -> list[str]:
        """The tasks that are queued or running, as Slurm names them."""
        return self.call("squeue", "-h", "-r", "-o", "%i").split()


@dataclass(frozen=True)
class Output:
    """An output on a cluster, in a folder of its own."""

    cluster: Cluster
    folder: Path
    frozen: list[int] = field(default_factory=list)

    @property
    def packed(self) -> Path:
        return self.folder / "shards" / "gsm8k"

    def vwd(self, *args: object, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs `vwd …` in the folder as on a login node."""
        done = vwd_process(args, self.folder, environment(**{**self.cluster.variables, **env}), timeout=900)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    def submit(self, *more: object, **env: str) -> dict[str, str]:
        """Submits the rows. Returns the ids of the jobs by role, those of a later array as `pack 8`."""
        done = self.vwd("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", *VIDEO, *more, "--json", check=True, **env)
        (submitted,) = json.loads(done.stdout)
        return {f"{job['role']} {job['offset']}".removesuffix(" 0"): job["job"] for job in submitted["jobs"]}

    def status(self, **env: str) -> dict[str, Any]:
        (status,) = json.loads(self.vwd("slurm", "status", "--json", check=True, **env).stdout)
        return dict(status)

    def wait(self, jobs: dict[str, str], seconds: float = LONGEST_WAIT) -> None:
        """Waits until none of these jobs is queued or running."""
        left = set(jobs.values())
        wait_for(
            lambda: not left & {task.partition("_")[0] for task in self.cluster.queue()},
            f"jobs {', '.join(left)} to end", seconds, self.cluster.state,
        )  # fmt: skip

    def hashes(self) -> dict[str, str]:
        return tar_hashes(self.packed)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes()) for path in sorted(self.packed.glob("ledger/*.json"))]

    def freeze_task(self, task: int) -> int:
        """Freezes the workers of a task in the middle of a shard. Returns the id of the task's own process."""
        return self.freeze_tasks(task)[task]

    def freeze_tasks(self, *tasks: int) -> dict[int, int]:
        """`freeze_task` of several: each as soon as it is seen, so that none ends meanwhile."""
        found: dict[int, int] = {}

        def all_frozen() -> bool:
            for task in tasks:
                if task not in found and (process := self._in_a_shard(task)):
                    found[task] = process
                    for worker in workers_of(process):
                        os.kill(worker, signal.SIGSTOP)
                        self.frozen.append(worker)
            return len(found) == len(tasks)

        wait_for(all_frozen, f"tasks {tasks} to be in the middle of a shard", on_timeout=self.cluster.state)
        return found

    def end_frozen(self) -> None:
        """Kills frozen workers whose task was killed: they would never end."""
        for worker in self.frozen:
            with suppress(OSError):
                if b"vwd" in Path(f"/proc/{worker}/cmdline").read_bytes():
                    os.kill(worker, signal.SIGKILL)

    def _in_a_shard(self, task: int) -> int | None:
        process = next((p for p in self.processes() if f"--task {task} " in p[1]), None)
        shards = range(task * ROWS_A_TASK // SHARD_SIZE, (task + 1) * ROWS_A_TASK // SHARD_SIZE)
        started = any(first_match(self.packed / ".tmp", f"gsm8k-{shard:06d}.tar.*") for shard in shards)
        return process[0] if process and started and workers_of(process[0]) else None

    def processes(self) -> list[tuple[int, str]]:
        """The `vwd pack` processes that write to this output, with their command lines."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if " vwd pack " in line and f"--out {self.packed.parent} " in line:
                    found.append((int(folder.name), line))
        return found


def workers_of(process: int) -> list[int]:
    """The worker processes of a `vwd pack`."""
    found = []
    with suppress(OSError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            with suppress(OSError):
                if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
    return found


def wait_for(
    condition: Callable[[], Any], what: str, seconds: float = LONGEST_WAIT, on_timeout: Callable[[], str] = str
) -> Any:
    """Waits for the first true value of a condition. The failure at a timeout includes what `on_timeout` returns."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {seconds:.0f} s for {what}\n{on_timeout()}")
