"""An option that takes a file or folder on a disk refuses addresses: no folder called `memory:` is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import Run
from shards.packing import assert_two_lines

from vwd.cli.command import LocalPath, OutputPath
from vwd.cli.main import cli


def commands(group: click.Group, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


ALL = list(commands(cli))


@pytest.mark.parametrize(("names", "command"), ALL, ids=[" ".join(names) for names, _ in ALL])
def test_every_path_refuses_addresses_or_opens_them(names: tuple[str, ...], command: click.Command) -> None:
    plain = [one.name for one in command.params if isinstance(one.type, click.Path)]
    judged = [one.name for one in command.params if isinstance(one.type, LocalPath | OutputPath)]
    assert plain == judged


@pytest.mark.parametrize("address", ["memory://a/b", "s3:/b/x", "s3://b/x", "https://h/x", "http:/h/x", "file:/a"])
@pytest.mark.parametrize(
    "words",
    [
        ("convert-parquet", "--input-dir", ".", "--output-dir"),
        ("prepare", "--dataset", "mmbench", "--output-dir"),
        ("pack-records", "mine", "--rows", "rows.jsonl", "--out"),
        ("meta", "scan", ".", "--output"),
        ("preview", "gsm8k", "--rows", "builtin", "--to"),
        ("export-jsonl", "--base-dir"),
    ],
)
def test_an_address_is_no_folder(run: Run, tmp_path: Path, words: tuple[str, ...], address: str) -> None:
    done = run(*words, address, check=False)
    assert_two_lines(done, 2)
    assert f"{address} is not on a disk" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["s3:/b/x", "memory:/a", "memory://a/b", "http:/h/x"])
def test_an_output_at_no_address_is_refused(run: Run, tmp_path: Path, address: str) -> None:
    assert_two_lines(run("pack", "gsm8k", "--rows", "builtin", "--out", address, check=False), 2)
    assert_two_lines(run("verify", address, check=False), 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a:b", "c:/x", "10:30"])
def test_a_name_with_a_colon_is_a_name(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    run("meta", "scan", ".", "--output", f"{name}/m.csv")
    assert (tmp_path / name / "m.csv").is_file()
