"""What a cluster takes: how many tasks in one array, and how many jobs of a user in the queue."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from vwd.errors import SlurmError
from vwd.shards.variables import number_in
from vwd.slurm.commands import run_slurm
from vwd.slurm.settings import SlurmSettings

# Slurm's own default, for plans made where there is no Slurm.
_MAX_ARRAY_SIZE = 1001
_CONFIG = re.compile(
    r"^(MaxArraySize|MaxJobCount|SchedulerParameters|AccountingStorageEnforce)[ ]*=[ ]*(\S+)", re.MULTILINE
)
_ARRAY_TASKS = re.compile(r"(?:^|,)max_array_tasks=([0-9]+)")
_PARTITION_QOS = re.compile(r"\bQoS=([^\s,]+)")


@dataclass(frozen=True)
class ClusterLimits:
    """What a cluster takes of one submission.

    Attributes:
        array: tasks of one array.
        jobs: jobs in the queue, where every task of an array counts as one; None where no limit is known.
        jobs_by: what sets `jobs`, for a person.
    """

    array: int = _MAX_ARRAY_SIZE
    jobs: int | None = None
    jobs_by: str = ""

    def tasks(self, wanted: int, export: bool) -> int:
        """How many array tasks a submission may have, at most as many as are wanted.

        Args:
            export: whether a task of a second array follows each.

        Raises:
            SlurmError: not even one: a finishing job must be queued beside it.
        """
        if self.jobs is None:
            return wanted
        a_task = 2 if export else 1
        if self.jobs <= a_task:
            raise SlurmError(
                f"a submission takes at least {a_task + 1} jobs, and only {self.jobs} may be queued by {self.jobs_by}",
                "Give another QOS, ACCOUNT or PARTITION, or run the tasks on this machine with `local` N.",
            )
        return min(wanted, (self.jobs - 1) // a_task)

    def shared_by(self, submissions: int) -> ClusterLimits:
        """The part of each of several submissions at once."""
        return self if self.jobs is None else replace(self, jobs=self.jobs // max(1, submissions))


def cluster_limits(settings: SlurmSettings) -> ClusterLimits:
    """The limits of the cluster here, as far as its commands tell them; Slurm's defaults without any.

    Raises:
        SlurmError: the cluster has no job arrays at all.
    """
    try:
        config = dict(_CONFIG.findall(run_slurm("scontrol", "show", "config")))
    except SlurmError:
        return ClusterLimits()  # no Slurm here, or one that does not answer: sbatch will tell
    size = number_in(config.get("MaxArraySize", ""))
    if size == 0:
        raise SlurmError(
            "this cluster has no job arrays (MaxArraySize is 0)",
            "Ask its administrators, or queue 'vwd pack' with `task` and `num_tasks` by hand.",
        )
    named = _ARRAY_TASKS.search(config.get("SchedulerParameters", ""))
    most = number_in(named[1]) if named else None
    sizes = [number for number in (size, most) if number]
    enforced = config.get("AccountingStorageEnforce", "limits")
    found = [*_queue_limits(settings)] if re.search("limits|safe|all", enforced) else []
    if all_jobs := number_in(config.get("MaxJobCount", "")):
        found.append((all_jobs - 1, "MaxJobCount of this cluster"))  # an array that fills it is refused
    jobs, jobs_by = min(found, default=(None, ""))
    return ClusterLimits(min(sizes, default=_MAX_ARRAY_SIZE), jobs, jobs_by)


def _queue_limits(settings: SlurmSettings) -> Iterator[tuple[int, str]]:
    """The limits on jobs in the queue, of the QOS and the association that the jobs will have. Both may be unknown."""
    with suppress(SlurmError, KeyError, OSError):  # no accounting here, or a user without a name
        associations = list(_associations(settings))
        names = [settings.qos or next((row["DefaultQOS"] for row in associations if row["DefaultQOS"]), "normal")]
        with suppress(SlurmError):  # the partition's QOS comes first
            shown = run_slurm("scontrol", "--oneliner", "show", "partition", settings.partition.split(",")[0])
            names = [*_PARTITION_QOS.findall(shown), *names]
        qos = {row["Name"]: row for row in _table("qos", "Name,MaxSubmitPU,MaxSubmitPA,GrpSubmit")}
        of_qos = [qos[name] for name in names if name in qos]
        for label, field in (("MaxSubmitJobsPerUser", "MaxSubmitPU"), ("MaxSubmitJobsPerAccount", "MaxSubmitPA"),
                             ("GrpSubmitJobs", "GrpSubmit")):  # fmt: skip
            for row in (row for row in of_qos if row[field]):
                yield from _limit(row[field], f"{label} of QOS {row['Name']}")
                break
        # Slurm's order: a user's limit in a QOS replaces that of the association.
        of_user = [] if any(row["MaxSubmitPU"] for row in of_qos) else ["MaxSubmit"]
        account = f"account {settings.account}" if settings.account else "your account"
        for field in (*of_user, "GrpSubmit"):
            numbers = [number_in(row[field]) for row in associations]
            # With several accounts it is unknown which the job will have: the one with the highest limit.
            if numbers and all(numbers):
                yield max(filter(None, numbers)), f"{field}Jobs of {account}"


def _associations(settings: SlurmSettings) -> Iterator[dict[str, str]]:
    """This user's associations that the jobs may have."""
    rows = list(_table("assoc", "Account,Partition,DefaultQOS,MaxSubmit,GrpSubmit", f"user={getpass.getuser()}"))
    partitions = {"", *settings.partition.split(",")}
    for row in rows:
        if row["Partition"] in partitions and settings.account in ("", row["Account"]):
            yield row


def _table(what: str, fields: str, *where: str) -> Iterator[dict[str, str]]:
    """Rows of sacctmgr, by field."""
    condition = ("where", *where) if where else ()
    out = run_slurm("sacctmgr", "--noheader", "--parsable2", "show", what, *condition, f"format={fields}")
    names = fields.split(",")
    for line in out.split("\n"):
        values = line.split("|")
        if len(values) == len(names):
            yield dict(zip(names, values, strict=True))


def _limit(text: str, label: str) -> Iterator[tuple[int, str]]:
    number = number_in(text)
    if number is not None:
        yield number, label
