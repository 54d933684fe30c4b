"""What all verbs share: two-line errors, `--debug`, exit codes, and common options."""

from __future__ import annotations

import math
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from vwd.errors import VwdError, printable
from vwd.limits import MOST_CPUS

F = TypeVar("F", bound=Callable[..., Any])

# Characters of an error's first line.
_ERROR_LENGTH = 2000
# As library messages name arguments; file names in backticks have a dot.
_ARGUMENT = re.compile(r"`([a-z][a-z0-9_]*)`")


class Terminated(BaseException):
    """SIGTERM was received: unwinds as Ctrl-C does, so that workers are ended and temporary files removed."""


class Interrupted(KeyboardInterrupt):
    """SIGINT was received. Python notes a KeyboardInterrupt itself that leaves code which it has compiled from text, as
    of a dataclass, and ends by the signal then, whatever the exit code.
    """


# The signal that was received, if any: what it raises may arrive as another exception, such as a class's own.
_received: list[signal.Signals] = []


class VwdCommand(click.Command):
    """A verb. Failures are two lines on stderr and an exit code: 1 failed, 2 usage, 130 or 143 stopped."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        debug = click.Option(
            ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of a failure.  [default: off]",
            callback=lambda ctx, _, value: ctx.meta.__setitem__("vwd.debug", value),
        )  # fmt: skip
        self.params.append(debug)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the options; an output in object storage, for example, may already be refused here."""
        try:
            return super().parse_args(ctx, args)
        except VwdError as error:
            print_error(error.what, error.hint)
            ctx.exit(error.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb; turns what it raises into two lines and an exit code."""
        _received.clear()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, Terminated) as stop:
            _end(ctx, signal.SIGINT if isinstance(stop, KeyboardInterrupt) else signal.SIGTERM)
        except VwdError as error:
            if ctx.meta.get("vwd.debug"):
                raise
            print_error(error.what, error.hint)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if _received:
                _end(ctx, _received[0])
            if ctx.meta.get("vwd.debug"):
                raise
            print_error(*_unforeseen(error))
            ctx.exit(1)


def _end(ctx: click.Context, number: signal.Signals) -> None:
    echo(f"Stopped by {number.name}; finished work is kept.", err=True)
    echo("Run the same command again to resume.", err=True)
    ctx.exit(128 + number)


def _unforeseen(error: Exception) -> tuple[str, str]:
    """A disk that failed where nobody looked; or a bug: still no traceback, but how to get one."""
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return (
            f"{error.filename}: {error.strerror}",
            "Check that it exists, its permissions and its disk; then run again.",
        )
    return f"unexpected {type(error).__name__}: {error}", "Run again with --debug, and report what it shows."


def _stop(signum: int, frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # a second one must not interrupt the clean-up
    _received.append(signal.Signals(signum))
    raise Interrupted if signum == signal.SIGINT else Terminated


def echo(text: str = "", err: bool = False) -> None:
    """Prints a line. Names and values from files are made printable: no terminal obeys them, any stream takes them."""
    click.echo(printable(text), err=err)


def print_error(what: str, hint: str) -> None:
    """An error as two lines on stderr. A value from a file may be of any length."""
    what = " ".join(what[: 2 * _ERROR_LENGTH].split())
    what = what if len(what) <= _ERROR_LENGTH else f"{what[:_ERROR_LENGTH]}…"
    echo(f"Error: {with_flags(what)}", err=True)
    echo(with_flags(hint), err=True)


def with_flags(text: str) -> str:
    """A message of the library with its arguments as options: `shard_size` is --shard-size; other words are left."""
    context = click.get_current_context(silent=True)
    # Where an option is written with _, too, the spelling with - is last, and counts.
    flags = dict(sorted(_flags(context.find_root().command), key=lambda one: "_" not in one[1])) if context else {}
    return _ARGUMENT.sub(lambda found: flags.get(found[1], found[0]), text)


def _flags(command: click.Command) -> Iterator[tuple[str, str]]:
    """Every option of a command and its verbs, by the argument that it stands for."""
    for option in (option for parameter in command.params for option in parameter.opts):
        if option.startswith("--"):
            yield option[2:].replace("-", "_"), option
    for verb in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _flags(verb)


def print_json(data: Any) -> None:
    """A result for a script: one JSON document on stdout."""
    import json

    echo(json.dumps(data, ensure_ascii=False, indent=1))


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.  [default: off]")(command)


class Workers(click.IntRange):
    """A number of worker processes: no machine has more CPUs than `vwd.limits` has."""

    def __init__(self) -> None:
        super().__init__(1, MOST_CPUS)


class Real(click.FloatRange):
    """A number with a fraction. Not-a-number is in no range, though nothing that is compared with it says so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


class LocalPath(click.Path):
    """A file or folder on this machine's disks. Addresses are refused: they would be taken for folders."""

    def __init__(self, **kinds: bool) -> None:
        super().__init__(path_type=Path, **kinds)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and ":" in value:
            from vwd.storage.urls import refuse_url

            refuse_url(value, param.name if param and param.name else "path")
        return super().convert(value, param, ctx)


class OutputPath(click.Path):
    """A folder, or a location in object storage such as `s3://bucket/prefix`."""

    name = "folder or s3://…"

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or ":" not in value:
            return super().convert(value, param, ctx)
        from vwd.storage.urls import parse_path

        return parse_path(value)


def output_argument(command: F) -> F:
    """The output to read: the base folder, or one dataset's folder in it."""
    return click.argument("output", metavar="[OUT]", default="shards", type=OutputPath())(command)


def base_dir_option(command: F) -> F:
    return click.option(
        "--base-dir", type=LocalPath(file_okay=False), default="data", show_default=True,
        envvar="VWD_BASE_DIR", show_envvar=True, help="Where local copies are, as <base>/<dataset>/dataset.",
    )(command)  # fmt: skip


def shards_option(command: F) -> F:
    return click.option(
        "--shards", metavar="LIST|FILE",
        help="Only these shards: 3,7,9-12, or a file that holds such a list.  [default: all]",
    )(command)  # fmt: skip


def corpus_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Shell completion of corpus names."""
    from vwd.corpora.registry import CORPORA

    return [name for name in CORPORA if name.startswith(incomplete)]


def on_terminal() -> bool:
    return sys.stderr.isatty()
