"""Creates a virtual environment for a reader of shards and runs its check there. Needs only the standard library."""

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
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from tools.consumers.output import TASKS, MismatchError, Output, read_output

# Set for the child process: it runs inside the environment, and checks.
_INSIDE = "VWD_CONSUMER_INSIDE"
_READY = "consumer-packages.txt"

# Lines to print: the name of a check, and its result.
Findings = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Consumer:
    """A reader of shards.

    Attributes:
        packages: what pip installs, the reader itself first.
        sidecars: an option of `vwd index`, and a pattern for a file that it writes to the dataset's folder.
        layout: of `vwd export --for`, where the reader takes a folder of videos; "" where it reads shards alone.
        check: reads the output as a user of the reader would; raises `MismatchError` if something differs.
    """

    packages: tuple[str, ...]
    sidecars: tuple[str, str] | None
    check: Callable[[Output], Findings]
    layout: str = ""


def run(consumer: Consumer, script: str) -> int:
    """Runs a script's command line: creates its environment or, inside it, checks the output.

    Returns:
        The exit code.
    """
    options = _parse(script, consumer.layout)
    if os.environ.get(_INSIDE):
        return _check(consumer, _folders(options.output), options.export)
    with tempfile.TemporaryDirectory(prefix="vwd-consumer-") as temp:
        try:
            python = _environment(options.env or Path(temp), consumer)
        except MismatchError as error:
            return _fail(str(error))
        except subprocess.CalledProcessError as error:
            return _fail(f"cannot create the environment: {error}")
        inside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(python), str(Path(script).resolve()), str(options.output.resolve())]
        command += ["--export", str(options.export.resolve())] if consumer.layout else []
        # Caches go to the temporary folder, too; the hub is not contacted.
        inside |= {_INSIDE: "1", "HF_HOME": temp, "HF_HUB_OFFLINE": "1", "TMPDIR": temp, "PYTHONWARNINGS": "ignore"}
        return subprocess.run(command, env=inside, check=False).returncode


def _parse(script: str, layout: str) -> argparse.Namespace:
    name = Path(script).stem
    what = "an export" if layout else "shards"
    parser = argparse.ArgumentParser(description=f"Read {what} of vwd with {name}, in its own virtual environment.")
    parser.add_argument("output", metavar="OUT", type=Path, help="an output, or the folder of one dataset in it")
    if layout:
        help_text = f"what 'vwd export OUT --for {layout} --base-dir DIR' wrote  [default: export]"
        parser.add_argument("--export", metavar="DIR", type=Path, default="export", help=help_text)
    else:
        parser.set_defaults(export=None)
    parser.add_argument("--env", metavar="DIR", type=Path, help="keep the environment here  [default: temporary]")
    return parser.parse_args()


def _environment(folder: Path, consumer: Consumer) -> Path:
    """The Python of an environment with a consumer's packages; an existing environment is reused.

    Raises:
        MismatchError: the folder contains something else.
    """
    python, ready = folder / "bin" / "python", folder / _READY
    requirements = "".join(f"{package}\n" for package in consumer.packages)
    if ready.is_file() and ready.read_text("utf-8") == requirements:
        return python
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise MismatchError(f"{folder} is neither empty nor a virtual environment: give another folder to --env")
    print(f"installing {', '.join(consumer.packages)}", file=sys.stderr)
    if not python.exists():  # otherwise an installation was interrupted, and goes on
        venv.create(folder, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *consumer.packages]
    subprocess.run(install, stdout=sys.stderr, check=True)
    ready.write_text(requirements, "utf-8")
    return python


def _folders(output: Path) -> list[Path]:
    return [output] if (output / "pack.json").is_file() else sorted(path.parent for path in output.glob("*/pack.json"))


def _check(consumer: Consumer, folders: list[Path], export: Path | None) -> int:
    names = [re.split(r"[^A-Za-z0-9._-]", package)[0] for package in consumer.packages]
    print(", ".join(f"{name} {version(name)}" for name in names))
    if not folders:
        return _fail("OUT contains no pack.json: give the folder that 'vwd pack --out' wrote")
    for folder in folders:
        print(folder.name)
        if consumer.sidecars and not any(folder.glob(consumer.sidecars[1])):
            option, pattern = consumer.sidecars
            return _fail(f"{folder} has no {pattern}: run 'vwd index OUT {option}'")
        try:
            output = read_output(folder)
            if export:
                output = replace(output, exports=_exports(export / folder.name, consumer.layout))
            for name, result in consumer.check(output):
                print(f"  {name:<10} {result}", flush=True)
        except MismatchError as error:
            return _fail(f"{folder.name}: {error}")
        except Exception as error:  # from the reader itself: its traceback, then the line
            traceback.print_exc()
            return _fail(f"{folder.name}: {type(error).__name__}: {error}")
    return 0


def _exports(folder: Path, layout: str) -> dict[str, Path]:
    """The folder of each task.

    Raises:
        MismatchError: there is none.
    """
    found = {task: folder / layout / task for task in TASKS if (folder / layout / task).is_dir()}
    if not found:
        raise MismatchError(f"{folder} has no {layout}: run 'vwd export OUT --for {layout}', or give its --base-dir")
    return found


def _fail(message: str) -> int:
    print(f"Error: {message}", file=sys.stderr)
    return 1
