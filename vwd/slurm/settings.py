"""Settings of a cluster: from the environment, from `vwd.toml`, else the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from vwd.slurm.checks import checked
from vwd.slurm.times import limit_seconds
from vwd.slurm.toml_file import FILE, read_table


@dataclass(frozen=True)
class SlurmSettings:
    """What a submission requests from the cluster. Each is an environment variable, in capitals.

    Attributes:
        num_nodes: tasks at once, at most.
        samples_per_node: about how many samples one array task packs.
        base_dir: of local copies, shards and exports; "" for the defaults of `vwd pack`.
        extra_sbatch: more options for sbatch, as a shell would split them.
        vwd_python, conda_env, modules: of a job's environment; by default the Python that submits.
        job_script: the batch script; "" for the one in the package.
    """

    num_nodes: int = 20
    cpus_per_node: int = 120
    samples_per_node: int = 10_000
    partition: str = "cpu"
    time_limit: str = "48:00:00"
    base_dir: str = ""
    qos: str = ""
    account: str = ""
    extra_sbatch: str = ""
    vwd_python: str = ""
    conda_env: str = ""
    modules: str = ""
    job_script: str = ""

    @property
    def time_limit_seconds(self) -> int | None:
        """None for no limit."""
        return limit_seconds(self.time_limit)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def load_settings(environment: Mapping[str, str], folder: Path, before: SlurmSettings | None = None) -> SlurmSettings:
    """The settings: an environment variable wins over `vwd.toml` in `folder`, and that over `before`.

    Args:
        before: those of an earlier submission; the defaults without one.

    Raises:
        UsageError: a value is not allowed, or `vwd.toml` cannot be read or has an unknown name.
    """
    given: dict[str, Any] = {}
    for name, value in read_table(folder / FILE, _names()).items():
        given[name] = checked(f"{FILE}: {name}", name, value)
    for name in _names():
        if value := environment.get(name.upper(), ""):
            given[name] = checked(name.upper(), name, value)
    return replace(before or SlurmSettings(), **given)


def _names() -> list[str]:
    return [field.name for field in fields(SlurmSettings)]
