"""Running Slurm's commands: for a limited time, with a limited output, and as text of any encoding."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from vwd.errors import SlurmError
from vwd.limits import LARGEST_COMMAND_OUTPUT

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Finished:
    """How a command ended. Bytes that are not UTF-8 are surrogates in its texts, as in Python's file names."""

    code: int
    stdout: str
    stderr: str

    @property
    def messages(self) -> list[str]:
        """The lines in which a command that failed says why."""
        return [printable(line) for line in (self.stderr or self.stdout).split("\n") if line.strip()]


class CommandTimeoutError(SlurmError):
    """A command did not end in time. `stderr`: what it had written until then."""

    def __init__(self, what: str, hint: str, stderr: str) -> None:
        super().__init__(what, hint)
        self.stderr = stderr


def run_command(
    line: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None, folder: str | None = None
) -> Finished:
    """Runs one of Slurm's commands to its end.

    Raises:
        FileNotFoundError: it is not installed.
        CommandTimeoutError: it did not end in so many seconds, and was killed.
        SlurmError: it cannot be started, or writes without end.
    """
    deadline = time.monotonic() + seconds
    with _started(line, environment, folder) as process:
        out, err, ended = _read(process, deadline)
        if len(out) + len(err) > LARGEST_COMMAND_OUTPUT:
            raise SlurmError(
                f"{line[0]} wrote more than {LARGEST_COMMAND_OUTPUT:,} bytes",
                f"Try '{line[0]}' by hand: is it Slurm's?",
            )
        texts = os.fsdecode(bytes(out)), os.fsdecode(bytes(err))
        if not (ended and _ends(process, deadline)):
            raise CommandTimeoutError(
                f"{line[0]} did not answer in {seconds:g} s", "Try again when the controller is less busy.", texts[1]
            )
        return Finished(process.returncode, *texts)


def printable(text: str, most: int = 200) -> str:
    """What others have written, for one line on a terminal: no control characters, and not without end."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return "".join(char if char.isprintable() else "?" for char in cut.strip())


@contextmanager
def _started(
    line: Sequence[str], environment: Mapping[str, str] | None, folder: str | None
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is running; ended when the block is left."""
    try:
        process = subprocess.Popen(
            list(line), env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and error.filename == line[0]:
            raise
        raise SlurmError(
            f"{line[0]} cannot be started: {error}", "Check that it is Slurm's, and the folder."
        ) from error
    with process:
        try:
            yield process
        finally:
            process.kill()  # one that has ended, and was waited for, is left alone


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytearray, bytearray, bool]:
    """What a process writes until it closes both pipes or the time is over, and whether it closed them."""
    out, err = bytearray(), bytearray()
    assert process.stdout
    assert process.stderr
    with selectors.DefaultSelector() as selector:
        for pipe, buffer in ((process.stdout, out), (process.stderr, err)):
            selector.register(pipe, selectors.EVENT_READ, buffer)
        while selector.get_map() and len(out) + len(err) <= LARGEST_COMMAND_OUTPUT:
            left = deadline - time.monotonic()
            if left <= 0:
                return out, err, False
            for key, _ in selector.select(left):
                if not (read := _chunk(key.fileobj)):
                    selector.unregister(key.fileobj)
                key.data.extend(read)
    return out, err, True


def _ends(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Waits for a process that has closed its pipes; whether it has ended in time."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.1, deadline - time.monotonic()))
    return process.returncode is not None


def _chunk(pipe: object) -> bytes:
    file: IO[bytes] = pipe  # type: ignore[assignment]
    return os.read(file.fileno(), _CHUNK)
