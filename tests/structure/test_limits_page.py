"""The page of limits and the module of limits name the same numbers, and no reader has a limit of its own."""

from __future__ import annotations

import re
from pathlib import Path

from vwd import limits

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {name: value for name, value in vars(limits).items() if name.isupper()}


def test_the_page_has_every_limit_once_with_its_number() -> None:
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    rows = re.findall(r"^\|[^|]+\| ([0-9,]+) \|[^|]+\| `([A-Z_]+)` \|$", page, re.MULTILINE)
    assert sorted((name, number) for number, name in rows) == sorted((n, f"{value:,}") for n, value in LIMITS.items())


def test_every_limit_is_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "vwd").rglob("*.py") if path.name != "limits.py")
    assert [name for name in LIMITS if not re.search(rf"\b{name}\b", code)] == []


def test_no_other_module_defines_a_limit() -> None:
    named = re.compile(r"^_?(?:MOST|LARGEST|LONGEST|MAX)(?:_\w+)?(?:, \w+)* = ", re.MULTILINE)
    allowed = {
        "vwd/errors.py",  # a message on a terminal; it may not import
        "vwd/corpora/language.py",  # shares of rows
        "vwd/cli/slurm/status.py",  # lines of a table on a terminal
        "vwd/slurm/limits.py",  # Slurm's own default
        "vwd/stream/progress.py",  # slots of a counter, which wrap around
    }
    found = {
        str(path.relative_to(ROOT)) for path in (ROOT / "vwd").rglob("*.py") if named.search(path.read_text("utf-8"))
    }
    assert found - {"vwd/limits.py"} <= allowed


def test_a_limit_says_its_unit_and_why() -> None:
    lines = Path(limits.__file__).read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+ = ", line):
            above = number - 1
            while re.match(r"[A-Z_]+ = ", lines[above]):
                above -= 1
            assert lines[above].startswith("# "), line
