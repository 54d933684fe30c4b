"""Names that are not UTF-8, pipes where files are expected, and lists of shards of any length: two lines, at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment
from shards.packing import assert_two_lines, copy_pack, gsm8k, write_lamps

pytest_plugins = ["shards.packed"]

ODD = os.fsdecode(b"n\xff")
# A reader that waits for a pipe waits for ever.
AT_ONCE = 120


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def vwd_bytes(folder: Path, *args: object) -> bytes:
    """The stdout of `vwd …`, which must succeed: it shows names as they are, whatever their encoding."""
    done = subprocess.run(
        [sys.executable, "-m", "vwd", *map(str, args)], cwd=folder, env=environment(), capture_output=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("verb", ["export-jsonl", "export-opensora"])
def test_an_export_whose_files_could_not_name_their_folder_is_refused(run: Run, folder: Path, verb: str) -> None:
    done = run(verb, "--base-dir", ODD, check=False)
    assert_two_lines(done, code=2)
    assert "not UTF-8" in done.stderr
    assert "--base-dir" in done.stderr


@pytest.mark.parametrize("verb", ["export-parquet", "export-sat"])
def test_exports_that_do_not_name_it_are_written_and_resumed(folder: Path, tmp_path: Path, verb: str) -> None:
    for _ in range(2):
        vwd_bytes(tmp_path, verb, "--base-dir", ODD)
    assert any((tmp_path / ODD / "gsm8k").iterdir())


@pytest.mark.parametrize("verb", ["status", "verify", "index", "export-jsonl"])
def test_an_output_in_such_a_folder_is_read(folder: Path, tmp_path: Path, verb: str) -> None:
    (tmp_path / "shards").rename(tmp_path / ODD)
    vwd_bytes(tmp_path, verb, ODD)


def test_rows_and_outputs_of_such_names_are_packed(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    (tmp_path / "rows.jsonl").rename(tmp_path / f"{ODD}.jsonl")
    command = [f"{ODD}.jsonl" if word == "rows.jsonl" else word for word in gsm8k("--out", ODD)]
    vwd_bytes(tmp_path, *command)
    assert "6 samples: clean" in run("verify", ODD).stdout


def test_such_a_name_in_object_storage_and_of_a_folder_in_place_of_the_hub_is_refused(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    for done in (
        run(*gsm8k("--out", f"s3://bucket/{ODD}"), check=False),
        run("pack", "gsm8k", check=False, VWD_HF_DATASET_ID_GSM8K=str(_folder_of_rows(tmp_path))),
    ):
        assert_two_lines(done, code=2)
        assert "not UTF-8" in done.stderr


def _folder_of_rows(tmp_path: Path) -> Path:
    folder = tmp_path / f"hub{ODD}"
    folder.mkdir()
    (folder / "rows.jsonl").write_bytes((tmp_path / "rows.jsonl").read_bytes())
    return folder


@pytest.mark.parametrize("verb", ["status", "verify", "index", "export-jsonl", "pack"])
@pytest.mark.parametrize("name", ["pack.json", "ledger/gsm8k-000001.json", "gsm8k-000001.tar", "README.md"])
def test_a_pipe_in_an_output_is_not_waited_for(run: Run, folder: Path, verb: str, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    done = run(*(gsm8k() if verb == "pack" else (verb,)), check=False, timeout=AT_ONCE)
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_in_place_of_an_export_s_record_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "export" / "gsm8k").mkdir(parents=True)
    os.mkfifo(tmp_path / "export" / "gsm8k" / ".vwd-export.json")
    done = run("export-jsonl", check=False, timeout=AT_ONCE)
    assert_two_lines(done)
    assert "not a regular file" in done.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (",".join(map(str, range(0, 202, 2))), "is not"),  # longer than a file's name may be
        ("0-9999999999", "more than 10,000,000 shards"),
        ("7,1000000001", "above 1,000,000,000"),
        ("list.bin", "list.bin"),
        ("pipe", "not a regular file"),
        (".", "not a regular file"),
        ("x" * 5000, "File name too long"),
        ("nothing-here", "neither a list nor a file"),
    ],
)
@pytest.mark.parametrize("verb", ["pack", "export-jsonl"])
def test_a_list_of_shards_that_cannot_be_is_refused(
    run: Run, folder: Path, tmp_path: Path, verb: str, given: str, message: str
) -> None:
    (tmp_path / "list.bin").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    args = (*(gsm8k() if verb == "pack" else (verb,)), "--shards", given)
    done = run(*args, check=False, timeout=AT_ONCE)
    assert_two_lines(done, code=2)
    assert message in done.stderr


def test_a_current_folder_whose_name_is_not_utf_8_is_refused_by_an_export(folder: Path, tmp_path: Path) -> None:
    (tmp_path / ODD).mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "vwd", "export-jsonl", str(tmp_path / "shards")], cwd=tmp_path / ODD,
        env=environment(), capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert_two_lines(done, code=2)
