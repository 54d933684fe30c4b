"""What a command may do while it reads damaged files: which files it may write, and what it must never do."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

# Audit events of Python's that change files, with the arguments that are paths.
_WRITES = {
    "os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,), "os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,),
    "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "shutil.rmtree": (0,),
}  # fmt: skip
_NEVER = {
    "socket.connect", "socket.getaddrinfo", "urllib.Request", "os.system", "os.exec", "os.posix_spawn",
    "pickle.find_class",
}  # fmt: skip
_OPEN_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_HARMLESS = ("/dev/null", "/dev/tty", "/dev/zero", "/proc/self/", "/dev/shm/")

# A file's mode, size, time of change and number.
_State = tuple[int, int, int, int]


class Guard:
    """Watches this process for the rest of its life. `seen`: what it did that it should not have done.

    Args:
        folder: where the round's files are; nothing else may be written, and of it only what `allow` names.
    """

    def __init__(self, folder: Path) -> None:
        self.seen: list[str] = []
        self._folder = Path(os.path.realpath(folder))
        self._allowed: tuple[str, ...] = ()
        self._programs = str(self._folder / "bin")
        self._before: dict[str, _State] = {}

    def install(self) -> None:
        sys.addaudithook(self._judge)

    def allow(self, names: tuple[str, ...]) -> None:
        """Lets the next step write below these paths of the round's folder, and nowhere else."""
        self._allowed = tuple(str(self._folder / name) for name in (*names, "tmp"))
        self._before = _states(self._folder)

    def check(self) -> None:
        """Compares the folder with what it was when the step began: not all that writes files is Python."""
        after = _states(self._folder)
        for name in sorted(self._before.keys() | after.keys()):
            if self._before.get(name) != after.get(name) and not self._may_write(str(self._folder / name)):
                self.seen.append(f"changed {name}")

    def _judge(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(args[2], int) and args[2] & _OPEN_FOR_WRITING:
                self._judge_path("opened for writing", args[0])
        elif event in _WRITES:
            for at in _WRITES[event]:
                self._judge_path(event, args[at])
        elif event in _NEVER:
            self.seen.append(f"{event}{args!r:.200}")
        elif event == "subprocess.Popen" and not str(args[0]).startswith(self._programs):
            found = Path(self._programs, os.path.basename(os.fsdecode(args[0])))  # noqa: PTH119 - any text
            if not found.is_file():
                self.seen.append(f"started {args[1]!r:.200}")

    def _judge_path(self, event: str, path: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # an open file's number
        try:
            name = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - without following what stands there
            real = str(Path(os.path.realpath(name.parent), name.name))
        except ValueError:
            return  # no path, so that nothing was done
        if not self._may_write(real) and not real.startswith(_HARMLESS):
            self.seen.append(f"{event} {real[:200]}")

    def _may_write(self, path: str) -> bool:
        return any(path == one or path.startswith(f"{one}/") for one in self._allowed)


def _states(folder: Path) -> dict[str, _State]:
    """Everything below a folder; of folders only that they exist."""
    found: dict[str, _State] = {}
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(where, name)
            status = path.lstat()
            held = (0, 0, 0) if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns, status.st_ino)
            found[str(path.relative_to(folder))] = (status.st_mode, *held)
    return found
