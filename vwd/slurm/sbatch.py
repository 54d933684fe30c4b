"""Command lines of sbatch, and running them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from vwd.errors import NoAnswerError, SlurmError, UsageError
from vwd.shards.paths import OutputPaths
from vwd.slurm.commands import is_job
from vwd.slurm.comments import format_comment
from vwd.slurm.models import Role
from vwd.slurm.paths import log_folder, submission_file
from vwd.slurm.refusals import advice, reason
from vwd.slurm.run import CommandTimeoutError, run_command
from vwd.slurm.submission import Submission

# A run of `vwd pack` ends within two seconds of SIGTERM; Slurm's clock has a resolution of a minute.
_WARNING_SECONDS = 120
_TIMEOUT_SECONDS = 120
_OTHER_FOLDER = "Rename it, or give another `out`."
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

    Raises:
        UsageError: sbatch cannot write logs to such a folder.
    """
    settings = submission.settings
    offset, tasks = (0, 1) if role == "finish" else submission.windows[window]
    cpus = settings.cpus_per_node if role == "pack" else 1
    wanted = {
        "job-name": submission.job_name(role),
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
        "output": f"{log_pattern(paths)}/{'%x_%j.out' if role == 'finish' else '%x_%A_%a.out'}",
        "chdir": submission.folder,
        "export": "ALL",
        "comment": format_comment(paths, submission.number, role, offset),
    }
    options = [f"--{name}={value}" for name, value in wanted.items() if value]
    return [
        "sbatch", "--parsable", "--requeue", "--kill-on-invalid-dep=yes", *options,
        *shlex.split(settings.extra_sbatch), settings.job_script or str(default_job_script()),
        "slurm", "task", str(submission_file(paths, submission.number)), role, "--offset", str(offset),
    ]  # fmt: skip


def log_pattern(paths: OutputPaths) -> str:
    """The folder of logs as sbatch's `--output` takes it, in which `%` begins a field.

    Raises:
        UsageError: sbatch cannot write to such a folder.
    """
    folder = str(log_folder(paths))
    if "\\" in folder:  # sbatch drops each, and then leaves all fields as they are
        raise UsageError(f"{folder}: sbatch writes no logs to a folder with a backslash in its name", _OTHER_FOLDER)
    if re.search(r"[\x00-\x1f\x7f]", folder):  # the comment, by which a job is known, is one line
        raise UsageError(f"{ascii(folder)[1:-1]}: a folder with a control character in its name", _OTHER_FOLDER)
    return folder.replace("%", "%%")


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
        done = run_command(line, _TIMEOUT_SECONDS, {**kept, **job_environment(submission)}, submission.folder)
    except FileNotFoundError as error:
        raise _not_installed() from error
    except CommandTimeoutError as error:
        said = [text for text in error.stderr.split("\n") if text.strip()]
        if "temporarily unable to accept" in error.stderr:  # it tries again and again, and has queued nothing
            raise SlurmError(f"sbatch gave up: {reason(said)}", advice(said, submission)) from error
        raise NoAnswerError(
            f"sbatch did not answer in {_TIMEOUT_SECONDS} s", "Check with 'vwd slurm status' whether it is queued."
        ) from error
    job = done.stdout.strip().split("\n")[-1].partition(";")[0]
    if done.code or not is_job(job):
        kind = NoAnswerError if "timed out" in done.stderr.lower() else SlurmError
        raise kind(f"sbatch refused: {reason(done.messages)}", advice(done.messages, submission))
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
