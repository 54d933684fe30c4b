"""How tables are named after what was done to them: `meta_info_fmin1.csv`, `…_aesmin5.csv`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from vwd.errors import TableError

_THRESHOLD = re.compile(r"_(fmin|aesmin)(\d+)(?:\.(\d*?)0*)?(?=[_.]|$)")
_DIGITS = re.compile(r"(\d+)")


def beside(path: Path, suffix: str) -> Path:
    """A table's name with a suffix: the stem is the name less its last ending only."""
    return path.with_name(f"{path.stem}{suffix}{path.suffix}")


def short_number(value: float) -> str:
    """A threshold as it stands in names: 5, not 5.0."""
    return f"{value:.12g}"


def existing(path: Path) -> Path:
    """A table by its name, also where a threshold in it is written differently: `aesmin5.0` for `aesmin5`."""
    if path.exists():
        return path
    wanted = _canonical(path.name)
    if wanted and path.parent.is_dir():
        for other in sorted(path.parent.iterdir()):
            if _canonical(other.name) == wanted:
                return other
    return path


def expand(patterns: Sequence[str]) -> list[Path]:
    """Tables by their names and patterns; those that differ only in numbers come in the order of the numbers.

    Raises:
        TableError: a pattern matches nothing.
    """
    found: list[Path] = []
    for pattern in patterns:
        path = existing(Path(pattern))
        if path.exists() or not re.search(r"[*?\[]", pattern):
            found.append(path)
            continue
        matches = [match for match in _matches(path) if match.suffix.lower() in (".csv", ".parquet")]
        if not matches:
            raise TableError(f"{pattern}: no table matches", "Check the pattern; the step before may have failed.")
        found += sorted(matches, key=_natural)
    unnumbered = {_DIGITS.sub("", str(path)) for path in found}
    return sorted(dict.fromkeys(found), key=_natural) if len(unnumbered) == 1 else list(dict.fromkeys(found))


def _matches(pattern: Path) -> list[Path]:
    matches = list(pattern.parent.glob(pattern.name))
    if matches or not pattern.parent.is_dir():
        return matches
    loose = _canonical(pattern.name)
    from fnmatch import fnmatchcase

    return [
        path for path in pattern.parent.iterdir() if loose and fnmatchcase(_canonical(path.name) or path.name, loose)
    ]


def _canonical(name: str) -> str | None:
    """A name with its thresholds as we write them; None where there is none."""
    if not _THRESHOLD.search(name):
        return None
    return _THRESHOLD.sub(lambda found: f"_{found[1]}{found[2]}{'.' + found[3] if found[3] else ''}", name)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(str(path))
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
