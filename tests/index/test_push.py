"""`vwd index --push-to-hub`: everything arrives once, nothing else does, and a refusal is reported immediately."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches, closed_port, garbled_hub, silent_hub
from index.hub import UploadHub, upload_hub
from shards.packing import assert_two_lines, copy_pack

pytest_plugins = ["index.outputs"]

# All of stdout: the output of the index before the upload.
INDEXED = "shards/gsm8k: 0 files written, 4 unchanged\n  webdataset reads shards/gsm8k/gsm8k-{000000,000002}.tar\n"
WITHIN_SECONDS = 120


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


def push(
    run: Run, tmp_path: Path, endpoint: str, *more: object, check: bool = True, **env: str
) -> subprocess.CompletedProcess[str]:
    """Pushes to `me/lamps` without xet, whose storage the loopback server does not implement."""
    env = {"HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_test", **env}
    return run(
        "index", "--push-to-hub", "me/lamps", *more, check=check,
        **{**caches(tmp_path), "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": endpoint, **env},
    )  # fmt: skip


def requests_to(hub: UploadHub, method: str) -> list[str]:
    return [request for request in hub.requests if request.startswith(method)]


def test_every_file_arrives_with_its_bytes_and_a_second_push_uploads_nothing(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    expected = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for stray in (".cache/huggingface/upload/notes", ".cache/other", ".tmp/half.tar", "slurm/job/0.log"):
        (folder / stray).parent.mkdir(parents=True, exist_ok=True)
        (folder / stray).write_text("not part of the dataset")
    with upload_hub() as hub:
        done = push(run, tmp_path, hub.address, "--private")
        assert hub.files == expected
        assert len(requests_to(hub, "PUT")) == len(list(folder.glob("*.tar"))) == 2
        assert (hub.created[0]["organization"], hub.created[0]["name"]) == ("me", "lamps")
        assert hub.created[0].get("private") or hub.created[0]["visibility"] == "private"
        assert done.stdout == INDEXED
        assert f"{hub.address}/datasets/me/lamps" in done.stderr
        commits = hub.commits
        push(run, tmp_path, hub.address)
        assert (len(requests_to(hub, "PUT")), hub.commits) == (2, commits)
    assert "3 of 3 done" in run("status").stdout
    assert "clean" in run("verify").stdout
    assert run("export-jsonl").returncode == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_reported_in_two_lines(run: Run, folder: Path, tmp_path: Path, status: int) -> None:
    with upload_hub(refusing=status) as hub:
        done = timed_failure(run, tmp_path, hub.address)
    assert requests_to(hub, "PUT") == []
    assert str(status) in done.stderr
    assert "HF_TOKEN" in done.stderr


@pytest.mark.parametrize("kind", ["closed", "silent", "garbled"])
def test_an_unreachable_hub_is_reported_in_two_lines(run: Run, folder: Path, tmp_path: Path, kind: str) -> None:
    if kind == "closed":
        timed_failure(run, tmp_path, closed_port())
        return
    with silent_hub() if kind == "silent" else garbled_hub() as endpoint:
        timed_failure(run, tmp_path, endpoint)


def test_no_request_is_sent_when_the_hub_s_own_variable_switches_it_off(run: Run, folder: Path, tmp_path: Path) -> None:
    with upload_hub() as hub:
        done = push(run, tmp_path, hub.address, check=False, HF_HUB_OFFLINE="1")
        assert_two_lines(done)
        assert hub.requests == []


def timed_failure(run: Run, tmp_path: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    """A push that must fail in time."""
    began = time.monotonic()
    done = push(run, tmp_path, endpoint, check=False)
    assert time.monotonic() - began < WITHIN_SECONDS
    assert_two_lines(done)
    assert "cannot upload to 'me/lamps'" in done.stderr
    assert done.stdout == INDEXED
    return done
