"""Whether two formulas in LaTeX are the same: by math-verify, where it is installed (extra `grade`).

It runs in a process of its own, that is stopped at a time limit: `9^{9^{9^9}}` never ends, an alarm does not interrupt
the arithmetic of large numbers, and only a main thread may set one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from select import select
from threading import Lock

# Seconds for a pair. Sympy takes up to 2 for some on a busy machine.
TIME_LIMIT = 20.0
# The same once a process, to import sympy from a slow disk.
_START_LIMIT = 120.0

# A line of JSON for each pair: expected, found. `verify` is not symmetric, and takes the expected one first.
_PROGRAM = """
import json, sys
from math_verify import parse, verify
print("ready", flush=True)
for line in sys.stdin:
    try:
        both = [parse(f"${text}$", parsing_timeout=None) for text in json.loads(line)]
        same = all(both) and bool(verify(*both, timeout_seconds=None))
    except Exception:
        same = False
    print("same" if same else "not the same", flush=True)
"""


def has_math_verify() -> bool:
    """Whether formulas can be compared here."""
    return find_spec("math_verify") is not None


class _Checker:
    """The process, started when first asked; one at a time asks it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def same(self, expected: str, found: str, limit: float) -> bool:
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
                self._process, self._owner = self._start(), os.getpid()
            answer = self._ask(self._process, json.dumps([expected, found]) + "\n", limit)
            if not answer:  # it has no answer, or died
                self._process.kill()
                self._process.communicate()
                self._process = None
            return answer == "same"

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="ascii",
        )  # fmt: skip
        self._ask(process, "", _START_LIMIT)
        return process

    @staticmethod
    def _ask(process: subprocess.Popen[str], line: str, limit: float) -> str:
        """Its next line of output; "" where it gives none within so many seconds."""
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError:
            return ""
        return process.stdout.readline().strip() if select([process.stdout], [], [], limit)[0] else ""


_checker = _Checker()


def same_formula(expected: str, found: str, limit: float = TIME_LIMIT) -> bool:
    """Whether a formula is the expected one in another form, from any thread.

    Args:
        limit: seconds; a pair that takes longer is not the same.

    Returns:
        False also where math-verify is not installed.
    """
    if not has_math_verify():
        return False
    return _checker.same(_bare(expected), _bare(found), limit)


def _bare(formula: str) -> str:
    return formula.strip().strip("$")
