"""What sbatch says when it refuses, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vwd.slurm.submission import Submission

# As Slurm names the limit that was hit, in a line of its own: QOSMaxSubmitJobPerUserLimit.
_LIMIT = re.compile(r"\b((?:QOS|Assoc)\w*Limit)\b", re.ASCII)


def reason(messages: Sequence[str]) -> str:
    """The last line of what sbatch wrote, with the name of the limit where another line has it."""
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in messages]
    if not lines:
        return "it printed no job id and no reason"
    said = lines[-1].removeprefix("Batch job submission failed: ")
    limit = _LIMIT.search("\n".join(lines))
    return said if not limit or limit[1] in said else f"{said}: {limit[1]}"


def advice(messages: Sequence[str], submission: Submission) -> str:
    """What to do next, one line."""
    text = "\n".join(messages)
    said, settings = text.lower(), submission.settings
    if "accounting/qos policy" in said or _LIMIT.search(text):
        return _policy(text, submission)
    if "array specification" in said:
        largest = max(window.tasks for window in submission.windows)
        return f"The cluster takes no array of {largest:,} tasks: {_fewer_tasks(submission)}."
    if "qos" in said:
        return f"QOS is '{settings.qos}': 'sacctmgr show assoc user=$USER format=account,qos' lists those you may use."
    if "account" in said:
        return f"ACCOUNT is '{settings.account}': 'sacctmgr show assoc user=$USER' lists those that you may use."
    if "partition" in said:
        return f"PARTITION is '{settings.partition}': 'sinfo -s' lists the existing ones."
    if "time limit" in said or "--time" in said:
        return f"TIME_LIMIT is {settings.time_limit}: 'sinfo -o \"%P %l\"' lists what each partition allows."
    if "configuration is not available" in said or "cpu count" in said:
        return f"CPUS_PER_NODE is {settings.cpus_per_node}: give as many as a node has; 'sinfo -o %c' lists them."
    if "parameter too long" in said:
        return "Give an `out` with a shorter path, or shorter EXTRA_SBATCH."
    if "temporarily unable to accept" in said:
        return f"Its queue is full (MaxJobCount): submit later, or {_fewer_tasks(submission)}."
    if "timed out" in said or "contact" in said:
        return "Check with 'vwd slurm status' whether it is queued all the same, and submit again if not."
    return "Set PARTITION, TIME_LIMIT, QOS, ACCOUNT or EXTRA_SBATCH to what this cluster allows."


def _policy(text: str, submission: Submission) -> str:
    settings = submission.settings
    found = _LIMIT.search(text)
    limit = found[1] if found else ""
    lists = "'sacctmgr show qos' and 'sacctmgr show assoc user=$USER' list the limits"
    if "Wall" in limit:
        return f"TIME_LIMIT is {settings.time_limit}: lower it, or give another QOS (now '{settings.qos}'); {lists}."
    if "Submit" not in limit and re.search("Cpu|TRES|Node|Mem", limit):
        return (
            f"CPUS_PER_NODE is {settings.cpus_per_node}: lower it, or give another QOS (now '{settings.qos}'); {lists}."
        )
    return (
        f"Wait until jobs of yours have ended, {_fewer_tasks(submission)}, or give another QOS (now '{settings.qos}') "
        f"or ACCOUNT; {lists}."
    )


def _fewer_tasks(submission: Submission) -> str:
    rows = sum(shard.stop - shard.start for shard in submission.ranges)
    each = -(-rows // submission.num_tasks)
    return f"set SAMPLES_PER_NODE to more than {each:,} for fewer tasks than {submission.num_tasks:,}"
