"""Folders with unusual names: logs land in them, or they are refused before anything is queued."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from shards.packing import assert_two_lines, lamp_rows
from slurm.commands import Commands, queueing

from vwd.errors import UsageError

SUBMIT = ("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 3)
# What sbatch's --output replaces, as `man sbatch` lists it.
FIELDS = "AaJjNnstux"


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(6))
    made = Commands(tmp_path / "bin")
    queueing(made)
    return made


def expand(pattern: str) -> str:
    """A name as sbatch makes it of `--output`: `%%` is %, other fields are X here."""
    made, characters = "", iter(pattern)
    for char in characters:
        following = next(characters) if char == "%" else ""
        assert following in f"%{FIELDS}"
        made += char if not following else "%" if following == "%" else "X"
    return made


@pytest.mark.parametrize(
    "name",
    [
        "plain", "a%u%j", "100%", "%", "%%", "%%A%a%", "a b", "it's", 'say "x"', "a;b", "a|b", "a$HOME", "a*b",
        "a[1-2]", "語 ünï", "-a", "a:b", "~x",
    ],
)  # fmt: skip
def test_logs_land_in_the_folder_that_is_named(run: Run, tmp_path: Path, commands: Commands, name: str) -> None:
    run(*SUBMIT, f"--out={name}", **commands.variables)
    for call in commands.calls("sbatch"):
        done = subprocess.run(["bash", "-c", f"printf '%s\\0' {call}"], capture_output=True, check=True)
        words = done.stdout.decode().split("\0")
        (output,) = (word.removeprefix("--output=") for word in words if word.startswith("--output="))
        logs = Path(expand(output)).parent
        assert logs == tmp_path / name / "logs"
        assert logs.is_dir()
        assert f"{tmp_path / name / 'gsm8k'}" in "\n".join(words)  # in the comment, as it is
    assert (tmp_path / name / "gsm8k" / "slurm" / "0001.json").is_file()


@pytest.mark.parametrize("name", ["a\\b", "a\\", "%A\\%a", "a\nb", "a\tb", "a\x1b[31mb", "a\x7f"])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_folder_that_sbatch_cannot_write_logs_to_is_refused_and_nothing_is_written(
    run: Run, tmp_path: Path, commands: Commands, name: str, dry: tuple[str, ...]
) -> None:
    refused = run(*SUBMIT, "--out", name, *dry, check=False, **commands.variables)
    assert_two_lines(refused, code=2)
    assert "--out" in refused.stderr
    assert commands.calls("sbatch") == []
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a\\b", pytest.param("a\tb", marks=pytest.mark.slow)])
def test_on_this_machine_such_a_folder_is_no_different(run: Run, tmp_path: Path, commands: Commands, name: str) -> None:
    run(*SUBMIT, "--out", name, "--local", 1, "--size", "160x120", "--font-size", 16)
    assert len(list((tmp_path / name / "gsm8k").glob("*.tar"))) == 2


@pytest.mark.parametrize("how", [(), ("--dry-run",), ("--local", "1")])
@pytest.mark.parametrize("which", ["out", "rows", "folder"])
def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_queued(
    tmp_path: Path, commands: Commands, how: tuple[str, ...], which: str
) -> None:
    odd = os.fsdecode(b"a\xffb")
    folder = tmp_path / odd if which == "folder" else tmp_path
    folder.mkdir(exist_ok=True)
    rows = write_rows(folder / (f"{odd}.jsonl" if which == "rows" else "some.jsonl"), lamp_rows(6))
    out = ("--out", odd) if which == "out" else ("--out", str(tmp_path / "out"))
    refused = subprocess.run(
        [sys.executable, "-m", "vwd", "slurm", "submit", "gsm8k", "--rows", str(rows), *out, *how], cwd=folder,
        env=environment(**commands.variables), capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert_two_lines(refused, code=2)
    assert "not UTF-8" in refused.stderr
    assert "udcff" in refused.stderr
    assert commands.calls("sbatch") == []
    assert not (tmp_path / "out").exists()


def test_after_a_refusal_only_folders_that_it_made_are_removed(run: Run, tmp_path: Path, commands: Commands) -> None:
    commands.add("sbatch", "echo 'sbatch: error: no' >&2; exit 1")
    (tmp_path / "mine").mkdir()
    for out in ("mine", "mine/new/deep", "other/deep"):
        assert_two_lines(run(*SUBMIT, "--out", out, check=False, **commands.variables))
    assert (tmp_path / "mine").is_dir()
    assert list((tmp_path / "mine").iterdir()) == []
    assert not (tmp_path / "other").exists()


def test_a_submission_that_is_stopped_half_way_cancels_what_was_queued(
    run: Run, tmp_path: Path, commands: Commands
) -> None:
    again = f"n=$(wc -l <{commands.folder}/sbatch.log); [ $n = 1 ] && echo 77 || {{ kill -TERM $PPID; sleep 60; }}"
    commands.add("sbatch", again)
    stopped = run(*SUBMIT, check=False, **commands.variables)
    assert stopped.returncode == 143
    assert commands.calls("scancel") == ["77 "]


def test_the_line_of_a_dry_run_can_be_pasted_into_a_shell(run: Run, tmp_path: Path, commands: Commands) -> None:
    shown = run(*SUBMIT, "--out", "it's 100%", "--dry-run", **commands.variables).stdout
    words = shlex.split(shown.splitlines()[0])
    assert f"--output={tmp_path}/it's 100%%/logs/%x_%A_%a.out" in words


@pytest.mark.parametrize("name", ["a%j", "100%", "a\\b"])
def test_submitit_s_own_folder_has_no_name_that_it_would_change(tmp_path: Path, name: str) -> None:
    from vwd.corpora.registry import find_corpus
    from vwd.corpora.sources.open import open_file
    from vwd.shards.settings import PackSettings
    from vwd.slurm import submitit_pack

    rows = open_file(write_rows(tmp_path / "rows.jsonl", lamp_rows(6)))
    with pytest.raises(UsageError, match="submitit cannot keep its files"):
        submitit_pack(find_corpus("gsm8k"), rows, PackSettings(out=tmp_path / name))
    assert not (tmp_path / name).exists()
