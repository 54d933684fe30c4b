"""How a command or a function of the library answered, and what is wrong with an answer."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from vwd.cli.main import cli
from vwd.errors import VwdError

# What says that we did not foresee it.
_UNFORESEEN = re.compile(r"Traceback|[Uu]nexpected \w+(Error|Exception|Interrupt)|report (the traceback|what it shows)")
# What a terminal obeys: none of it may come from a file. Tabs, line breaks and a progress bar's returns are ours.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_LONGEST_LINE = 5000


@dataclass(frozen=True)
class Answer:
    """The exit code and both streams; `error`: what was raised and is no error of ours."""

    code: int
    out: str = ""
    err: str = ""
    error: BaseException | None = None


@dataclass(frozen=True)
class Step:
    """One thing that is done with damaged files.

    Attributes:
        writes: paths below the round's folder that it may write to.
    """

    name: str
    call: Callable[[], Answer]
    writes: tuple[str, ...] = ()


def command(*arguments: str, writes: tuple[str, ...] = (), then: Callable[[Answer], str] = lambda _: "") -> Step:
    """A step that runs a `vwd` command in this process.

    Args:
        then: what is wrong with its answer beside what is wrong with any; "" for nothing.
    """

    def call() -> Answer:
        done = CliRunner().invoke(cli, list(arguments))
        error = None if done.exception is None or isinstance(done.exception, SystemExit) else done.exception
        answer = Answer(done.exit_code, done.stdout, done.stderr, error)
        return Answer(99, err=wrong) if (wrong := then(answer)) else answer

    return Step(f"vwd {' '.join(arguments)}", call, writes)


def pack_and_verify(*arguments: str, out: str) -> list[Step]:
    """Steps that pack to a folder of the current one, and verify it; where packing succeeds, it must be clean."""
    codes: list[int] = []

    def packed(answer: Answer) -> str:
        codes.append(answer.code)
        return ""

    def clean(answer: Answer) -> str:
        wrong = codes == [0] and answer.code
        return f"{arguments[0]} succeeded, and verify says: {answer.out}{answer.err}" if wrong else ""

    return [
        command(*arguments, "--out", out, "--num-workers", "1", writes=(f"work/{out}",), then=packed),
        command("verify", out, "--num-workers", "1", then=clean),
    ]


def library(name: str, function: Callable[[], object]) -> Step:
    """A step that calls the library; its errors are printed as the command line would."""

    def call() -> Answer:
        try:
            function()
        except VwdError as error:
            return Answer(error.exit_code, err=f"Error: {error.what}\n{error.hint}\n")
        except Exception as error:  # what is to be found
            return Answer(1, error=error)
        return Answer(0)

    return Step(name, call)


def faults(answer: Answer) -> list[str]:
    """What is wrong with an answer, whatever was damaged; nothing where it is as it should be."""
    shown = f"{answer.err.strip()[:400]!r}"
    if answer.error is not None:
        frames = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(answer.error.__traceback__)[-6:]]
        return [f"raised {type(answer.error).__name__}: {answer.error!s:.200} at {' > '.join(frames)}"]
    if answer.code not in (0, 1, 2):
        return [f"exit code {answer.code}: {shown}"]
    found = []
    if _UNFORESEEN.search(answer.err + answer.out):
        found.append(f"not foreseen: {shown}")
    lines = answer.err.splitlines()
    first = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    if answer.code == 1 and not lines and not answer.out:
        found.append("fails without a word")
    if answer.code == 1 and first and len(lines) - first[-1] != 2:
        found.append(f"an error of {len(lines) - first[-1]} lines: {shown}")
    if control := _CONTROL.search(answer.err + answer.out):
        found.append(f"prints {control[0]!r}: {shown}")
    if longest := max(
        (line for line in (answer.err + answer.out).splitlines() if len(line) > _LONGEST_LINE), default=""
    ):
        found.append(f"a line of {len(longest):,} characters: {longest[:200]!r}")
    return found
