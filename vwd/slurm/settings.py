"""Settings of a cluster: from the environment, from `vwd.toml`, else the defaults."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from vwd.errors import UsageError

FILE = "vwd.toml"

_MINUTES = re.compile(r"(\d+)(?::(\d\d))?|(\d+):(\d\d):(\d\d)|(\d+)-(\d+)(?::(\d\d))?(?::(\d\d))?")
_UNLIMITED = {"UNLIMITED", "INFINITE"}


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
    for name, value in _from_file(folder / FILE).items():
        given[name] = _checked(f"{FILE}: {name}", name, value)
    for name in _names():
        if value := environment.get(name.upper(), ""):
            given[name] = _checked(name.upper(), name, value)
    return replace(before or SlurmSettings(), **given)


def limit_seconds(text: str) -> int | None:
    """A time limit as Slurm writes it, in seconds; None for no limit.

    Raises:
        ValueError: it has another form.
    """
    if text.upper() in _UNLIMITED:
        return None
    found = _MINUTES.fullmatch(text)
    if not found:
        raise ValueError("minutes, minutes:seconds, hours:minutes:seconds, days-hours, or UNLIMITED")
    m, ms, h, hm, hs, d, dh, dm, ds = (int(part or 0) for part in found.groups())
    seconds = m * 60 + ms + h * 3600 + hm * 60 + hs + d * 86400 + dh * 3600 + dm * 60 + ds
    if not seconds:
        raise ValueError("a time limit above zero")
    return seconds


def _names() -> list[str]:
    return [field.name for field in fields(SlurmSettings)]


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    read: Any = tomllib.loads
    try:
        table = read(path.read_text("utf-8")).get("slurm", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "Fix it: a table [slurm] of name = value.") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [slurm] is not a table", f"Allowed are {', '.join(_names())}.")
    if unknown := sorted(table.keys() - set(_names())):
        raise UsageError(
            f"{path}: [slurm] has unknown names: {', '.join(unknown)}", f"Allowed are {', '.join(_names())}."
        )
    return table


def _checked(label: str, name: str, value: Any) -> Any:
    check: Callable[[Any], Any] = _CHECKS.get(name, _one_line)
    try:
        return check(value)
    except ValueError as error:
        raise UsageError(f"{label}={value} is not allowed", f"Allowed: {error}.") from error


def _count(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("a whole number from 1")
    return int(text)


def _one_line(value: Any) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else value
    if not isinstance(text, str) or not text.isprintable():
        raise ValueError("one line of text")
    return text


def _word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\s\-][^\s]*", value):
        raise ValueError("a name without spaces, or several separated by commas")
    return value


def _limit(value: Any) -> str:
    text = str(value)
    limit_seconds(text)
    return text


def _options(value: Any) -> str:
    text = shlex.join(map(str, value)) if isinstance(value, list) else _one_line(value)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"options as a shell would split them ({error})") from error
    if words and not words[0].startswith("-"):
        raise ValueError("options of sbatch, which start with -")
    return text


def _file(value: Any) -> str:
    if not Path(_one_line(value)).is_file():
        raise ValueError("an existing file")
    return str(Path(value).resolve())


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "num_nodes": _count,
    "cpus_per_node": _count,
    "samples_per_node": _count,
    "partition": _word,
    "time_limit": _limit,
    "qos": _word,
    "account": _word,
    "extra_sbatch": _options,
    "conda_env": _word,
    "job_script": _file,
}
