"""One round: a damaged copy in a process of its own, so that memory, time and crashes belong to it and to no other."""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from answers import faults
from base import enter, make_base
from guard import Guard
from targets import Target

from vwd.shards import pool

MOST_MEMORY = 1_000_000_000
MOST_SECONDS = 60.0
# On a machine that is busy with other things, a round takes longer than its CPU time; beyond this it hangs.
_WAITING = 5
# Beyond this a round is ended for the machine's sake.
_DEADLY_MEMORY = 3 * MOST_MEMORY


@dataclass(frozen=True)
class Outcome:
    """How a round went: seconds of CPU time, and the most memory that a process of it held, in bytes."""

    problems: tuple[str, ...]
    seconds: float
    memory: int


def build_base(folder: Path) -> None:
    """Makes what is damaged in each round, in a process of its own, too: this one must not start threads."""
    folder.mkdir()
    child = _fork(lambda: make_base(folder), sys.stderr)
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError("the undamaged output cannot be made")


def run_round(base: Path, target: Target, seed: str, seconds: float = MOST_SECONDS) -> Outcome:
    """Damages a copy of `base` and does what the target says.

    Args:
        seed: the round's; the same one damages in the same way.
        seconds: of CPU time that it may take; of wall-clock time it may take five times as many.
    """
    folder = base.with_name("round")
    if folder.exists():
        shutil.rmtree(folder)
    report = base.with_name("report.jsonl")
    with report.open("w+", buffering=1) as file:
        began = time.monotonic()
        child = _fork(lambda: _round(base, folder, file, target, seed, _WAITING * seconds), file)
        status, took, memory, ended = _wait(child, began + _WAITING * seconds + 20)
        hung = time.monotonic() - began > _WAITING * seconds
    lines = report.read_text("utf-8", "replace").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    problems = [f"{one['step']}: {one['fault']}" for one in told if "fault" in one]
    last = told[-1]["step"] if told else "the damage"
    if ended or hung or took > seconds:
        where = [line.strip() for line in lines if line.startswith("  File ")][:4]
        ended = ended or (" and did not end" if hung else "")
        problems.append(f"{last}: took {took:.0f} s, {memory / 1e6:.0f} MB{ended}: {' < '.join(where)}")
    elif status:
        problems.append(f"{last}: {_how(status)}: {' '.join(lines[-12:])[:400]}")
    if memory > MOST_MEMORY:
        most = max(told, key=lambda one: one.get("memory", 0), default={"step": last})["step"]
        problems.append(f"{most}: took {memory / 1e6:.0f} MB")
    return Outcome(tuple(problems), took, memory)


def _round(base: Path, folder: Path, file: IO[str], target: Target, seed: str, seconds: float) -> None:
    """What the child does, and says in the report; it ends itself after so many seconds of wall-clock time."""
    shutil.copytree(base, folder, symlinks=True)
    faulthandler.enable(file)
    faulthandler.dump_traceback_later(seconds, file=file, exit=True)
    enter(folder)
    _in_this_process()
    for stream in (1, 2):  # what C libraries and loggers say is nobody's answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    rng = random.Random(seed)
    target.damage(rng)
    steps = target.steps(rng)
    guard = Guard(folder)
    guard.install()
    for step in steps:
        _tell(file, step=step.name)
        guard.allow(step.writes)
        found = faults(step.call())
        guard.check()
        for fault in (*found, *guard.seen):
            _tell(file, step=step.name, fault=fault)
        guard.seen.clear()
        _tell(file, step=step.name, memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _in_this_process() -> None:
    """Lets shards be built here rather than in workers, where nobody would see what they write."""
    from vwd.records import scan
    from vwd.shards import workers

    def run_pool(
        open_handler: Callable[[], pool.Handler[object, object]], items: object, *_: object, **__: object
    ) -> object:
        handler = open_handler()
        yield from (_handled(handler, item) for item in items)  # type: ignore[attr-defined]

    for module in (scan, workers):
        vars(module)["run_pool"] = run_pool


def _handled(handler: pool.Handler[object, object], item: object) -> object:
    try:
        return pool.Done(item, handler(item, lambda: None))
    except Exception as error:
        return pool._failure(item, error)


def _fork(call: Callable[[], None], log: IO[str]) -> int:
    """A child that does this and ends, with 1 where it raises; why is then in the log."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        call()
        code = 0
    except BaseException as error:  # the child must not go on as its parent
        print("".join(traceback.format_exception(error)), file=log, flush=True)
    finally:
        os._exit(code)


def _wait(child: int, deadline: float) -> tuple[int, float, int, str]:
    """A child's exit status, its CPU time, the most memory that it and those it waited for held, and whether it was
    ended: "" if not.
    """
    ended, memory = "", 0
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            with suppress(OSError):
                os.killpg(child, signal.SIGKILL)
            return status, usage.ru_utime + usage.ru_stime, max(memory, usage.ru_maxrss * 1024), ended
        memory = max(memory, _resident(child))
        if not ended and (time.monotonic() > deadline or memory > _DEADLY_MEMORY):
            ended = " until it was ended"
            with suppress(OSError):
                os.killpg(child, signal.SIGKILL)
        time.sleep(0.01)


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"ended with exit code {os.WEXITSTATUS(status)}"


def _tell(file: IO[str], **values: object) -> None:
    file.write(json.dumps(values) + "\n")
