"""Help is quick and complete, and shows every default."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from conftest import Run, environment

from vwd.cli.main import cli


def verbs(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it, the commands of groups included."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


VERBS = dict(verbs(cli))
COMMANDS = sorted(VERBS)
# These become another command, or print a script.
WITHOUT_RESULT = {"completion", "slurm task"}


def options() -> Iterator[tuple[str, click.Option]]:
    for name, command in VERBS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter


def shown_help(command: str) -> str:
    """The text of `vwd COMMAND --help`, as one line."""
    registered = VERBS[command]
    return " ".join(registered.get_help(click.Context(registered, info_name=command)).split())


def test_the_commands_of_the_pipeline_exist() -> None:
    assert {"pack", "status", "verify", "datasets", "download", "completion"} <= set(COMMANDS)
    assert {"export-jsonl", "export-opensora", "export-sat", "export-parquet"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    registered = VERBS[command]
    assert registered.help
    assert len(registered.help.strip().splitlines()[0]) > 15


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_debug(command: str) -> None:
    assert "--debug" in [name for parameter in VERBS[command].params for name in parameter.opts]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in WITHOUT_RESULT])
def test_every_command_with_a_result_can_print_it_as_json(command: str) -> None:
    assert "--json" in [name for parameter in VERBS[command].params for name in parameter.opts]


@pytest.mark.parametrize(
    ("command", "option"), [pytest.param(name, option, id=f"{name} {option.name}") for name, option in options()]
)
def test_every_option_has_a_help_text_and_a_default(command: str, option: click.Option) -> None:
    assert option.help
    shown = shown_help(command)
    assert option.opts[0] in shown
    _, record = option.get_help_record(click.Context(VERBS[command])) or ("", "")
    assert "default: " in record or option.required


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_is_explained(command: str) -> None:
    registered = VERBS[command]
    for parameter in registered.params:
        if isinstance(parameter, click.Argument):
            names = {(parameter.name or "").upper(), (parameter.metavar or "").strip("[].")}
            assert names & set((registered.help or "").replace(".", " ").split())


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_printed_and_succeeds(run: Run, command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.stdout.startswith("Usage: ")
    assert done.stderr == ""
    assert done.stdout == run(*command.split(), "-h").stdout


def test_the_top_level_help_names_every_command(run: Run) -> None:
    shown = run("--help").stdout
    assert all(f"\n  {command} " in shown for command in cli.commands)


def test_help_imports_nothing_heavy() -> None:
    heavy = ("numpy", "cv2", "PIL", "datasets", "pyarrow", "tiktoken", "webdataset", "av", "rjieba", "ftfy", "tqdm")
    code = "import sys; from vwd.cli.main import cli; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code, *heavy], env=environment(), check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_the_version_is_printed_with_the_kernel(run: Run) -> None:
    from vwd import __version__
    from vwd.video.mpeg4.kernels import chosen_kernel

    assert run("--version").stdout.strip() == f"vwd, version {__version__} ({chosen_kernel()} kernel)"
    assert run("--version", VWD_KERNEL="python").stdout.strip() == f"vwd, version {__version__} (python kernel)"


@pytest.mark.parametrize("command", [["--version"], ["pack", "gsm8k", "--rows", "builtin", "--num-samples", "1"]])
def test_an_unknown_kernel_is_refused_in_two_lines(run: Run, command: list[str]) -> None:
    done = run(*command, VWD_KERNEL="fortran", check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["Error: VWD_KERNEL=fortran", "Set it to native or python, or leave it out."]
