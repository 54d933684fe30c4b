"""Command lines of sbatch, and running them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from vwd.errors import NoAnswerError, SlurmError
from vwd.shards.paths import OutputPaths
from vwd.slurm.paths import log_folder, submission_file
from vwd.slurm.submission import Role, Submission

# A run of `vwd pack` ends within two seconds of SIGTERM; Slurm's clock has a resolution of a minute.
_WARNING_SECONDS = 120
_TIMEOUT_SECONDS = 120
# Variables of the submitting job that do not apply to the jobs that it submits.
_OWN_VARIABLES = (
    "SLURM_JOB", "SLURM_ARRAY", "SLURM_CPU", "SLURM_MEM", "SLURM_NTASKS", "SLURM_NPROCS", "SLURM_TASK", "SLURM_STEP",
    "SLURM_NODE", "SLURM_NNODES", "SLURM_RESTART", "SLURM_TRES", "SLURM_PROCID", "SLURM_LOCALID", "SLURMD_",
)  # fmt: skip


def default_job_script() -> Path:
    return Path(__file__).with_name("slurm_job.sh")


def sbatch_line(
    paths: OutputPaths, submission: Submission, role: Role, window: int = 0, dependency: str = ""
) -> list[str]:
    """The command that queues one job of a submission.

    Args:
        window: which of the submission's arrays; ignored for the finishing job.
        dependency: as sbatch's `--dependency` takes it; "" for none.
    """
    settings = submission.settings
    offset, tasks = (0, 1) if role == "finish" else submission.windows[window]
    cpus = settings.cpus_per_node if role == "pack" else 1
    wanted = {
        "job-name": submission.name if role == "pack" else f"{submission.name}-{role}",
        "array": "" if role == "finish" else f"0-{tasks - 1}%{settings.num_nodes}",
        "dependency": dependency,
        "partition": settings.partition,
        "qos": settings.qos,
        "account": settings.account,
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": str(cpus),
        "time": settings.time_limit,
        "signal": f"B:TERM@{_warning(settings.time_limit_seconds)}",
        "open-mode": "append",
        "output": str(log_folder(paths) / ("%x_%j.out" if role == "finish" else "%x_%A_%a.out")),
        "chdir": submission.folder,
        "export": "ALL",
        "comment": comment(paths, submission.number, role, offset),
    }
    options = [f"--{name}={value}" for name, value in wanted.items() if value]
    return [
        "sbatch", "--parsable", "--requeue", "--kill-on-invalid-dep=yes", *options,
        *shlex.split(settings.extra_sbatch), settings.job_script or str(default_job_script()),
        "slurm", "task", str(submission_file(paths, submission.number)), role, "--offset", str(offset),
    ]  # fmt: skip


def comment(paths: OutputPaths, number: int, role: Role, offset: int) -> str:
    """What identifies a queued job to anybody who lists the queue."""
    return f"vwd:{number}:{role}:{offset}:{paths.folder}"


def job_environment(submission: Submission) -> dict[str, str]:
    """The variables that the job script reads, fixed when submitting."""
    settings = submission.settings
    wanted = {"VWD_PYTHON": submission.python, "CONDA_ENV": settings.conda_env, "MODULES": settings.modules}
    return {name: value for name, value in wanted.items() if value}


def shell_command(submission: Submission, line: Sequence[str]) -> str:
    """A command line that can be pasted into a shell."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in job_environment(submission).items()]
    return " ".join([*variables, shlex.join(line)])


def run_sbatch(line: Sequence[str], submission: Submission, environment: Mapping[str, str] | None = None) -> str:
    """Queues a job.

    Returns:
        Its id.

    Raises:
        SlurmError: sbatch is not installed, refuses or does not answer.
    """
    inherited = os.environ if environment is None else environment
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OWN_VARIABLES)}
    try:
        done = subprocess.run(
            list(line), env={**kept, **job_environment(submission)}, cwd=submission.folder, capture_output=True,
            text=True, timeout=_TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise _not_installed() from error
    except subprocess.TimeoutExpired as error:
        raise NoAnswerError(
            f"sbatch did not answer in {_TIMEOUT_SECONDS} s", "Check with 'vwd slurm status' whether it is queued."
        ) from error
    job = done.stdout.strip().splitlines()[-1].partition(";")[0] if done.stdout.strip() else ""
    if done.returncode or not job.isdigit():
        kind = NoAnswerError if "timed out" in done.stderr.lower() else SlurmError
        raise kind(f"sbatch refused: {_reason(done.stderr or done.stdout)}", _advice(done.stderr, submission))
    return job


def require_sbatch() -> None:
    """Raises a SlurmError where sbatch is not installed."""
    if not shutil.which("sbatch"):
        raise _not_installed()


def _not_installed() -> SlurmError:
    return SlurmError(
        "sbatch is not installed here: this is not a Slurm login node, or its module is not loaded",
        "Load Slurm's module, or run the same tasks on this machine with `local` N.",
    )


def _warning(limit: int | None) -> int:
    """How many seconds before its time limit a task is signalled; never right at its start."""
    return _WARNING_SECONDS if limit is None else max(1, min(_WARNING_SECONDS, limit // 4))


def _reason(text: str) -> str:
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("Batch job submission failed: ") if lines else "it printed no job id and no reason"


def _advice(stderr: str, submission: Submission) -> str:
    reason, settings = stderr.lower(), submission.settings
    if "qos" in reason:
        return (
            f"QOS is '{settings.qos}': give one with free capacity and these limits, or fewer tasks (SAMPLES_PER_NODE)."
        )
    if "account" in reason:
        return f"ACCOUNT is '{settings.account}': 'sacctmgr show assoc user=$USER' lists those that you may use."
    if "partition" in reason:
        return f"PARTITION is '{settings.partition}': 'sinfo -s' lists the existing ones."
    if "configuration is not available" in reason or "cpu count" in reason:
        return f"CPUS_PER_NODE is {settings.cpus_per_node}: give as many as a node has; 'sinfo -o %c' lists them."
    if "timed out" in reason or "contact" in reason:
        return "Check with 'vwd slurm status' whether it is queued all the same, and submit again if not."
    return "Set PARTITION, TIME_LIMIT, QOS, ACCOUNT or EXTRA_SBATCH to what this cluster allows."
