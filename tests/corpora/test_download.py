"""`vwd download` makes a local copy once, whole or not at all."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from corpora.hubs import caches

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.local import copy_path, has_copy, open_copy
from vwd.corpora.sources.open import open_rows
from vwd.errors import OutputError


def rows_of(count: int) -> list[dict[str, object]]:
    return [{"text": f"Cow {n} sat. Dog {n} ran. Cat {n} slept."} for n in range(count)]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder with a local copy of 300 rows; not to be written to."""
    folder = tmp_path_factory.mktemp("copied")
    (folder / "rows").mkdir()
    write_rows(folder / "rows" / "train.jsonl", rows_of(300))
    done = fetch(folder).communicate(timeout=HANG_SECONDS)
    assert "300 rows, downloaded" in done[0], done
    return folder


def fetch(folder: Path, *args: str) -> subprocess.Popen[str]:
    """Starts `vwd download` of `folder`/rows into `folder`/data."""
    return subprocess.Popen(
        [sys.executable, "-m", "vwd", "download", "--dataset", "tinystories", "--base-dir", "data", *args],
        cwd=folder, env=environment(VWD_HF_DATASET_ID_TINYSTORIES=str(folder / "rows"), **caches(folder)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_copy_is_where_it_is_looked_for_and_has_all_rows(copied: Path) -> None:
    base = copied / "data"
    assert copy_path(base, "tinystories") == base / "tinystories" / "dataset"
    assert sorted(p.name for p in (base / "tinystories").iterdir()) == ["dataset"]
    rows = open_rows(find_corpus("tinystories"), "", base)
    assert (rows.count, rows.columns) == (300, ("text",))
    assert list(rows.read(250, 400)) == rows_of(300)[250:]


def test_a_copy_is_read_when_what_it_was_made_from_is_gone(run: Run, tmp_path: Path, copied: Path) -> None:
    shutil.copytree(copied / "data", tmp_path / "data")
    done = run("pack", "tinystories", "--num-samples", 2, "--json", **caches(tmp_path))
    assert json.loads(done.stdout)["samples"] == 2


def test_a_second_download_does_nothing_and_force_replaces(run: Run, tmp_path: Path, copied: Path) -> None:
    shutil.copytree(copied / "data", tmp_path / "data")
    (tmp_path / "rows").mkdir()
    write_rows(tmp_path / "rows" / "train.jsonl", rows_of(20))
    env = {"VWD_HF_DATASET_ID_TINYSTORIES": str(tmp_path / "rows"), **caches(tmp_path)}
    identity = open_copy(tmp_path / "data", "tinystories").identity

    again = run("download", "--dataset", "tinystories", **env)
    assert "300 rows, already present" in again.stdout
    assert open_copy(tmp_path / "data", "tinystories").identity == identity

    forced = json.loads(run("download", "--dataset", "tinystories", "--force", "--json", **env).stdout)
    assert (forced[0]["rows"], forced[0]["downloaded"]) == (20, True)
    assert open_copy(tmp_path / "data", "tinystories").count == 20
    assert open_copy(tmp_path / "data", "tinystories").identity != identity
    assert [p.name for p in (tmp_path / "data" / "tinystories").iterdir()] == ["dataset"]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_download_leaves_no_half_copy_and_the_next_one_succeeds(
    tmp_path: Path, copied: Path, sent: signal.Signals
) -> None:
    shutil.copytree(copied / "rows", tmp_path / "rows")
    writing = tmp_path / "data" / "tinystories"
    process = fetch(tmp_path)
    deadline = time.monotonic() + HANG_SECONDS
    while not (writing.is_dir() and any(writing.iterdir())) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    process.send_signal(sent)
    process.communicate(timeout=HANG_SECONDS)
    if has_copy(tmp_path / "data", "tinystories"):
        assert open_copy(tmp_path / "data", "tinystories").count == 300
    else:
        assert not copy_path(tmp_path / "data", "tinystories").exists()

    stdout, stderr = fetch(tmp_path).communicate(timeout=HANG_SECONDS)
    assert "300 rows" in stdout, stderr
    assert [p.name for p in writing.iterdir()] == ["dataset"]
    assert list(open_copy(tmp_path / "data", "tinystories").read(0, 300)) == rows_of(300)


@pytest.mark.parametrize("blocked", ["tinystories", "tinystories/dataset"])
def test_a_copy_that_cannot_be_written_is_said_and_is_no_copy(tmp_path: Path, copied: Path, blocked: str) -> None:
    shutil.copytree(copied / "rows", tmp_path / "rows")
    obstacle = tmp_path / "data" / blocked
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way", "utf-8")
    process = fetch(tmp_path)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 1
    assert len(stderr.splitlines()) == 2, stderr
    assert "cannot be written" in stderr
    assert "--base-dir" in stderr
    assert not has_copy(tmp_path / "data", "tinystories")


@pytest.mark.parametrize("file", ["vwd_source.json", "state.json", "data-00000-of-00001.arrow"])
def test_a_damaged_copy_is_said_with_the_command_that_mends_it(tmp_path: Path, copied: Path, file: str) -> None:
    shutil.copytree(copied / "data", tmp_path / "data")
    path = copy_path(tmp_path / "data", "tinystories") / file
    path.write_bytes(path.read_bytes()[:5])
    with pytest.raises(OutputError, match="damaged") as caught:
        list(open_copy(tmp_path / "data", "tinystories").read(0, 300))
    assert "vwd download `dataset` tinystories" in caught.value.hint
    assert "`force`" in caught.value.hint


def test_the_registry_shows_which_local_copies_are_there(run: Run, tmp_path: Path, copied: Path) -> None:
    listed = json.loads(run("download", "--list", "--json", "--base-dir", copied / "data").stdout)
    assert {row["dataset"] for row in listed if row["local_copy"]} == {"tinystories"}
    assert json.loads(run("datasets", "--json", "--base-dir", copied / "data").stdout) == listed
    assert not (tmp_path / "data").exists()


def test_a_download_names_its_corpus_as_packing_does(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    write_rows(tmp_path / "rows" / "train.jsonl", rows_of(20))
    env = {"VWD_HF_DATASET_ID_TINYSTORIES": str(tmp_path / "rows"), **caches(tmp_path)}
    assert json.loads(run("download", "tinystories", "--json", **env).stdout)[0]["rows"] == 20
    done = run("download", "tinystories", "--dataset", "gsm8k", check=False, **env)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
