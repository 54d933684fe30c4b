"""Trains on nodes of a Slurm cluster: submits train.py by submitit, one process a GPU.

    python tools/train/submit.py --nodes 4 --gpus-per-node 8 --partition main --config FILE OUT/sums checkpoint=DIR

What is not an option of this program is passed to train.py. Before a time limit and when it is preempted, a job
finishes its step, writes a checkpoint and is queued again; it resumes from its newest checkpoint. OUT and DIR must be
on a file system that all nodes see. Prints the job's id.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import omegaconf  # noqa: F401
    import submitit
except ImportError as error:
    sys.exit(f"Error: submitting needs a package that is not installed: {error.name}\npip install 'vwd[train,slurm]'")
from options import parse as parse_config

from vwd.errors import VwdError


@dataclass(frozen=True)
class TrainJob:
    """What each process of a job runs.

    Attributes:
        folder: of train.py.
        line: its arguments.
    """

    folder: str
    line: tuple[str, ...]

    def __call__(self) -> None:
        """Trains. Started again, it resumes.

        Raises:
            RuntimeError: training ended with an error; it is in the log.
        """
        requeue = signal.getsignal(signal.SIGUSR2)  # submitit's handler, in whose place train.py sets its own
        sys.path.insert(0, self.folder)
        set_ranks(os.environ)
        from train import main

        code = main([*self.line, "--resume", "auto"])
        if code == 128 + signal.SIGUSR2 and callable(requeue):
            requeue(signal.SIGUSR2, None)  # in rank 0 it does not return
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            while True:
                signal.pause()  # until rank 0 has queued the job again, which ends all of its processes
        if code:
            raise RuntimeError(f"train.py ended with {code}; its messages are above")

    def checkpoint(self) -> submitit.helpers.DelayedSubmission:
        """What submitit queues after a preemption or a time limit: the same, as the checkpoint knows what is left."""
        return submitit.helpers.DelayedSubmission(self)


def set_ranks(environment: MutableMapping[str, str]) -> None:
    """Sets the variables that torchrun would set, from those of the job."""
    job = submitit.JobEnvironment()
    first = job.hostnames[0]
    try:
        socket.getaddrinfo(first, None)
    except OSError:
        first = environment.get("SLURM_LAUNCH_NODE_IPADDR", first)  # Slurm knows nodes that no name server does
    number = int(job.raw_job_id) if job.raw_job_id.isdecimal() else 0
    environment.update(
        MASTER_ADDR=first, MASTER_PORT=str(20_000 + number % 10_000), RANK=str(job.global_rank),
        WORLD_SIZE=str(job.num_tasks), LOCAL_RANK=str(job.local_rank),
        LOCAL_WORLD_SIZE=str(job.num_tasks // job.num_nodes),
    )  # fmt: skip


def submit(options: argparse.Namespace, line: list[str]) -> Any:
    """Submits the job, once its settings are found to be valid. Returns it."""
    config = parse_config(__doc__, line)
    executor = submitit.AutoExecutor(folder=config.folder.absolute() / "jobs", cluster=options.cluster)
    executor.update_parameters(
        name=config.tag or "vwd-train", nodes=options.nodes, tasks_per_node=options.gpus_per_node or 1,
        cpus_per_task=options.cpus_per_task, timeout_min=options.timeout_min, slurm_signal_delay_s=options.signal_delay,
    )  # fmt: skip
    if options.gpus_per_node:
        executor.update_parameters(gpus_per_node=options.gpus_per_node)
    if options.partition:
        executor.update_parameters(slurm_partition=options.partition)
    return executor.submit(TrainJob(str(Path(__file__).resolve().parent), tuple(line)))


def parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="submit.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("--nodes", type=int, default=1, help="[default: 1]")
    add("--gpus-per-node", type=int, default=0, help="and processes per node  [default: none, and one process]")
    add("--cpus-per-task", type=int, default=1, help="CPUs per process  [default: 1]")
    add("--partition", help="[default: the cluster's]")
    add("--timeout-min", type=int, default=60, help="minutes after which the job is queued again  [default: 60]")
    add("--signal-delay", type=int, default=90, help="seconds before that for a last checkpoint  [default: 90]")
    add("--cluster", choices=("slurm", "local"), help="[default: slurm, if it is here]")
    return parser.parse_known_args()


def main() -> None:
    options, line = parse()
    try:
        job = submit(options, line)
    except VwdError as error:
        print(f"Error: {error.what}\n{error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(job.job_id, flush=True)
    if options.cluster == "local":
        job.results()


if __name__ == "__main__":
    main()
