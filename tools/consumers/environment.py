"""An environment of its own for a reader of shards, and the run of its check in there. Standard library alone."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import traceback
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tools.consumers.output import MismatchError, Output, read_output

# In the environment of a child: it is inside, and checks.
_INSIDE = "VWD_CONSUMER_INSIDE"
_READY = "consumer-packages.txt"

# What was found, line by line: what was looked at, and what it came to.
Findings = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Consumer:
    """A reader of shards.

    Attributes:
        packages: what pip installs for it, the reader itself first.
        sidecars: an option of `vwd index`, and a pattern of a file that it writes into the dataset's folder.
        check: reads a whole output as a user of the reader would; raises `MismatchError` where something is off.
    """

    packages: tuple[str, ...]
    sidecars: tuple[str, str] | None
    check: Callable[[Output], Findings]


def run(consumer: Consumer, script: str) -> int:
    """The command line of a script: makes its environment, or checks where it is inside of that. An exit code."""
    options = _parse(script)
    if os.environ.get(_INSIDE):
        return _check(consumer, _folders(options.output))
    with tempfile.TemporaryDirectory(prefix="vwd-consumer-") as temp:
        try:
            python = _environment(options.env or Path(temp), consumer.packages)
        except MismatchError as error:
            return _complain(str(error))
        except subprocess.CalledProcessError as error:
            return _complain(f"the environment cannot be made: {error}")
        inside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(python), str(Path(script).resolve()), str(options.output.resolve())]
        # Caches, too, go into the temporary folder; the hub is not asked.
        inside |= {_INSIDE: "1", "HF_HOME": temp, "HF_HUB_OFFLINE": "1", "TMPDIR": temp, "PYTHONWARNINGS": "ignore"}
        return subprocess.run(command, env=inside, check=False).returncode


def _parse(script: str) -> argparse.Namespace:
    name = Path(script).stem
    parser = argparse.ArgumentParser(description=f"Read shards of vwd with {name}, in an environment of its own.")
    parser.add_argument("output", metavar="OUT", type=Path, help="what 'vwd pack --out' named, or a dataset's folder")
    parser.add_argument("--env", metavar="DIR", type=Path, help="keep the environment here  [default: made anew]")
    return parser.parse_args()


def _environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The Python of an environment that has these packages; the one that is there is used again.

    Raises:
        MismatchError: the folder holds something else.
    """
    python, ready = folder / "bin" / "python", folder / _READY
    wanted = "".join(f"{package}\n" for package in packages)
    if ready.is_file() and ready.read_text("utf-8") == wanted:
        return python
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise MismatchError(f"{folder} is neither empty nor an environment: name another with --env")
    print(f"installing {', '.join(packages)}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(install, stdout=sys.stderr, check=True)
    ready.write_text(wanted, "utf-8")
    return python


def _folders(output: Path) -> list[Path]:
    return [output] if (output / "pack.json").is_file() else sorted(path.parent for path in output.glob("*/pack.json"))


def _check(consumer: Consumer, folders: list[Path]) -> int:
    names = [re.split(r"[^A-Za-z0-9._-]", package)[0] for package in consumer.packages]
    print(", ".join(f"{name} {version(name)}" for name in names))
    if not folders:
        return _complain("no pack.json in OUT: name what 'vwd pack --out' wrote")
    for folder in folders:
        print(folder.name)
        if consumer.sidecars and not any(folder.glob(consumer.sidecars[1])):
            option, pattern = consumer.sidecars
            return _complain(f"{folder} has no {pattern}: run 'vwd index OUT {option}'")
        try:
            for what, found in consumer.check(read_output(folder)):
                print(f"  {what:<10} {found}", flush=True)
        except MismatchError as error:
            return _complain(f"{folder.name}: {error}")
        except Exception as error:  # whatever the reader itself stumbles over: its own account, then the line
            traceback.print_exc()
            return _complain(f"{folder.name}: {type(error).__name__}: {error}")
    return 0


def _complain(what: str) -> int:
    print(f"Error: {what}", file=sys.stderr)
    return 1
