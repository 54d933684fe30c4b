"""How many CPUs this process may use: by Slurm, by its affinity, and by the quotas of its cgroups."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from vwd.limits import LARGEST_KERNEL_FILE, MOST_CPUS
from vwd.shards.variables import count_variable, number_in
from vwd.storage.regular import read_regular


def default_workers(environment: Mapping[str, str] | None = None) -> int:
    """One a CPU of the Slurm task, else one a CPU that this process may use.

    Raises:
        UsageError: SLURM_CPUS_PER_TASK is not a number of CPUs.
    """
    variables = os.environ if environment is None else environment
    hint = "Unset it, or give `num_workers`."
    return count_variable(variables, "SLURM_CPUS_PER_TASK", 1, MOST_CPUS, hint) or usable_cpus()


def usable_cpus(root: Path = Path("/")) -> int:
    """The CPUs of this process's affinity, or fewer where a cgroup's quota, as of a container, allows less.

    Args:
        root: of the file system that holds `proc` and `sys`.
    """
    cpus = len(os.sched_getaffinity(0))
    # One and a half CPUs are used by two processes.
    return max(1, min([cpus, *(-(-quota // period) for quota, period in _quotas(root))]))


def _quotas(root: Path) -> Iterator[tuple[int, int]]:
    """The quotas of this process's cgroups and of those around them: microseconds of CPU time in a period."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mounts = root / "sys/fs/cgroup"
        if hierarchy == "0" and not controllers:  # version 2; beside version 1 it is below `unified`
            for folder in _folders([mounts, mounts / "unified"], path):
                quota, _, period = _read(folder / "cpu.max").partition(" ")
                yield from _quota(quota, period)
        elif "cpu" in controllers.split(","):
            for folder in _folders([mounts / controllers, mounts / "cpu"], path):
                yield from _quota(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _folders(mounts: list[Path], path: str) -> Iterator[Path]:
    """A cgroup's folder and all above it, in each mount. In a container, only the mount itself may exist."""
    parts = PurePosixPath(path.lstrip("/")).parts
    if ".." in parts:  # outside of what the container shows
        parts = ()
    for mount in mounts:
        yield from (mount.joinpath(*parts[:depth]) for depth in range(len(parts) + 1))


def _quota(quota: str, period: str) -> Iterator[tuple[int, int]]:
    """The quota, unless there is none: version 2 writes `max`, version 1 writes -1."""
    time, length = number_in(quota.strip()), number_in(period.strip())
    if time and length:
        yield time, length


def _read(path: Path) -> str:
    """A file of the kernel's; "" where it does not exist here, or is not one."""
    try:
        return read_regular(path, LARGEST_KERNEL_FILE).decode("ascii", "replace")
    except (OSError, ValueError):
        return ""
