"""Which values the settings of a cluster may have, whoever wrote them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from vwd.errors import UsageError
from vwd.limits import LONGEST_SETTING, MOST_CPUS
from vwd.shards.variables import number_in
from vwd.slurm.times import limit_seconds
from vwd.storage.regular import real_path


def checked(label: str, name: str, value: Any) -> Any:
    """A setting's value as it is kept.

    Args:
        label: where the value is from, for a message.

    Raises:
        UsageError: the value is not allowed.
    """
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
    text = " ".join(_words(value)) if isinstance(value, list) else value
    if not isinstance(text, str) or not text.isprintable() or len(text) > LONGEST_SETTING:
        raise ValueError(f"one line of text, of at most {LONGEST_SETTING:,} characters")
    return text


def _words(values: list[Any]) -> list[str]:
    if not all(isinstance(value, str | int) for value in values):
        raise ValueError("a list of texts")
    return [value if isinstance(value, str) else _shown(value) for value in values]


def _word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\s\-][^\s]{0,999}", value) or not value.isprintable():
        raise ValueError("a name without spaces, or several separated by commas")
    return value


def _limit(value: Any) -> str:
    text = value if isinstance(value, str) else _shown(value)
    limit_seconds(text)
    return text


def _options(value: Any) -> str:
    text = _one_line(shlex.join(_words(value)) if isinstance(value, list) else value)
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
            return str(real_path(Path(value)))
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
