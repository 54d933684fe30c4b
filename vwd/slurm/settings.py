"""Settings of a cluster: from the environment, from `vwd.toml`, else the defaults."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from vwd.errors import UsageError
from vwd.shards.cpus import MOST_CPUS
from vwd.shards.variables import number_in
from vwd.slurm.toml_file import FILE, read_table

# Minutes, minutes:seconds; hours:minutes:seconds; days-, days-hours, days-hours:minutes, days-hours:minutes:seconds.
_TIME = re.compile("N(?::N)?|N:N:N|N-(?:N(?::N)?(?::N)?)?".replace("N", "([0-9]{1,10})"))
_UNLIMITED = {"UNLIMITED", "INFINITE", "-1"}
# sbatch counts seconds as a C int.
_MOST_SECONDS = 2**31 - 1
_LONGEST = 4000


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
        given[name] = _checked(f"{FILE}: {name}", name, value)
    for name in _names():
        if value := environment.get(name.upper(), ""):
            given[name] = _checked(name.upper(), name, value)
    return replace(before or SlurmSettings(), **given)


def limit_seconds(text: str) -> int | None:
    """A time limit as sbatch takes it, in seconds; None for no limit, which it also writes as 0 and -1.

    Raises:
        ValueError: it has another form.
    """
    if text.upper() in _UNLIMITED:
        return None
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(
            "minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, "
            "days-hours:minutes:seconds, 0 or UNLIMITED"
        )
    m, ms, h, hm, hs, d, dh, dm, ds = (int(part or 0) for part in found.groups())
    seconds = m * 60 + ms + h * 3600 + hm * 60 + hs + d * 86400 + dh * 3600 + dm * 60 + ds
    if seconds > _MOST_SECONDS:
        raise ValueError("at most 68 years, or UNLIMITED")
    return seconds or None


def _names() -> list[str]:
    return [field.name for field in fields(SlurmSettings)]


def _checked(label: str, name: str, value: Any) -> Any:
    check: Callable[[Any], Any] = _CHECKS.get(name, _one_line)
    try:
        return check(value)
    except ValueError as error:
        raise UsageError(f"{label}={_shown(value)} is not allowed", f"Allowed: {error}.") from error


def _shown(value: Any) -> str:
    """A value in a message. Lists and tables of a file may be large, or nested."""
    if isinstance(value, list | dict):
        return "[…]" if isinstance(value, list) else "{…}"
    text = str(value) if not isinstance(value, int) or abs(value) < 10**18 else "(a huge number)"
    cut = text if len(text) <= 80 else f"{text[:80]}…"
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def _whole_number(most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        number = value if isinstance(value, int) else number_in(value) if isinstance(value, str) else None
        if number is None or isinstance(value, bool) or not 1 <= number <= most:
            raise ValueError(f"a whole number from 1 to {most:,}")
        return number

    return check


def _one_line(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(word, str | int) for word in value):
        value = " ".join(map(_shown_word, value))
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"one line of text, of at most {_LONGEST:,} characters")
    return value


def _shown_word(word: Any) -> str:
    return word if isinstance(word, str) else _shown(word)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\s\-][^\s]{0,999}", value) or not value.isprintable():
        raise ValueError("a name without spaces, or several separated by commas")
    return value


def _limit(value: Any) -> str:
    text = value if isinstance(value, str) else _shown(value)
    limit_seconds(text)
    return text


def _options(value: Any) -> str:
    if isinstance(value, list):
        value = shlex.join([_one_line(word) for word in value])
    text = _one_line(value)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"options as a shell would split them ({error})") from error
    if words and not words[0].startswith("-"):
        raise ValueError("options of sbatch, which start with -")
    return text


def _file(value: Any) -> str:
    with suppress(OSError):  # a name that is too long, for example
        if Path(_one_line(value)).is_file():
            return str(Path(value).resolve())
    raise ValueError("an existing file")


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "num_nodes": _whole_number(10**6),
    "cpus_per_node": _whole_number(MOST_CPUS),
    "samples_per_node": _whole_number(999_999_999),
    "partition": _word,
    "time_limit": _limit,
    "qos": _word,
    "account": _word,
    "extra_sbatch": _options,
    "conda_env": _word,
    "job_script": _file,
}
