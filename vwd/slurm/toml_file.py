"""`vwd.toml`: a table [slurm] of settings, among tables of others."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from vwd.errors import UsageError
from vwd.limits import LARGEST_SETTINGS_FILE
from vwd.storage.regular import read_regular

FILE = "vwd.toml"
_HINT = "Fix it: a table [slurm] of name = value."


def read_table(path: Path, names: Collection[str]) -> dict[str, Any]:
    """The table [slurm] of a file; empty where there is no file.

    Raises:
        UsageError: the file cannot be read, or the table has a name that is not among `names`.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    read: Any = tomllib.loads
    try:
        table = read(read_regular(path, LARGEST_SETTINGS_FILE).decode("utf-8")).get("slurm", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise UsageError(f"{path}: cannot be read: {what}", _HINT) from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: slurm is not a table", _HINT)
    if unknown := sorted(table.keys() - set(names)):
        shown = ", ".join(ascii(name)[1:-1][:40] for name in unknown[:5])
        raise UsageError(f"{path}: [slurm] has {shown}", f"Allowed are {', '.join(names)}.")
    return table
