"""Runs `vwd …` in processes that are forked from one that has imported it: start-up is most of what small runs cost.

Each is a process of its own, with its own folder, environment and files, that runs `vwd.__main__` as `python -m vwd`
does. With `VWD_TEST_START=python` a Python is started for each instead.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

# As it is before any test sets its own, and then looks at what is left there. `tempfile` would remember it, here and
# in what is forked.
_TEMPORARY = os.environ.get("TMPDIR", "/tmp")
# What the interpreter and C libraries read when they start: with these, one is started.
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC", "TZ", "OMP_", "OPENBLAS_", "COVERAGE")
_PRELOADED = (
    "click, msgspec, numpy, PIL.Image, PIL.ImageFont, pyarrow, pyarrow.parquet, tqdm, ftfy, vwd.cli.main, "
    "vwd.cli.pack, vwd.cli.progress, vwd.cli.status, vwd.cli.verify, vwd.corpora.sources.open, vwd.index.write, "
    "vwd.packing, vwd.shards.builder, vwd.shards.workers"
).split(", ")


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a forked process is the same as a started one in this environment."""
    if os.environ.get("VWD_TEST_START") == "python":
        return False
    changed = {name for name in {*environment, *os.environ} if environment.get(name) != os.environ.get(name)}
    return not any(name.startswith(_READ_AT_START) for name in changed)


def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` of `vwd` with these arguments, its output captured as text."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(_server())
            connection.settimeout(timeout)
            request = json.dumps([list(arguments), str(folder), dict(environment)]).encode("utf-8", "surrogatepass")
            handles = array.array("i", [out.fileno(), err.fileno()])
            connection.sendmsg([len(request).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
            connection.sendall(request)
            pid = int(_line(connection))
            try:
                code = int(_line(connection))
            except TimeoutError:
                os.kill(pid, 9)
                raise subprocess.TimeoutExpired(list(arguments), timeout) from None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(["vwd", *arguments], code, *texts)


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(1)
        assert part, "the fork server is gone"
        line += part
    return line


@cache
def _server() -> str:
    """The socket of this process's server, which ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="vwd-fork-", dir=_TEMPORARY))
    address = str(folder / "socket")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    process = subprocess.Popen(
        [sys.executable, __file__, str(listening.fileno())],
        pass_fds=[listening.fileno()], stdin=subprocess.DEVNULL,
    )  # fmt: skip
    listening.close()

    def end() -> None:
        process.kill()
        process.wait()
        Path(address).unlink(missing_ok=True)
        folder.rmdir()

    atexit.register(end)
    return address


def serve(listening: socket.socket) -> None:
    """Forks a process for each connection, which forks the one that runs and waits for it."""
    for name in _PRELOADED:
        __import__(name)
    while True:
        connection, _ = listening.accept()
        first = os.fork()
        if first == 0:
            listening.close()
            if os.fork():  # the middle one ends at once, so that nobody has to wait for it
                os._exit(0)
            _watch(connection)
        os.waitpid(first, 0)
        connection.close()


def _watch(connection: socket.socket) -> None:
    try:
        size, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(8))
        handles = array.array("i", ancillary[0][2])
        request = b""
        while len(request) < int.from_bytes(size, "big"):
            request += connection.recv(1 << 20)
        arguments, folder, environment = json.loads(request.decode("utf-8", "surrogatepass"))
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become(arguments, folder, environment, handles)
        connection.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _become(arguments: list[str], folder: str, environment: dict[str, str], handles: Sequence[int]) -> None:
    """Runs `vwd` in this process, and ends it."""
    code = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, handle in enumerate((nothing, *handles)):
            os.dup2(handle, number)
            os.close(handle)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        sys.stderr.reconfigure(errors="backslashreplace")
        sys.argv = ["vwd", *arguments]
        sys.path.insert(0, folder)  # as `python -m` does
        code = _run()
    finally:
        os._exit(code)


def _run() -> int:
    code = 0
    try:
        runpy.run_module("vwd", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    del sys.path[0]  # the folder of the tests
    serve(socket.socket(fileno=int(sys.argv[1])))
