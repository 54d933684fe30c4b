"""A store that is out of reach, refuses or breaks off: two lines, nothing lost, nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment
from shards.packing import assert_two_lines, gsm8k, start, tar_hashes, write_lamps
from storage.store import Rule, Store

pytest_plugins = ["shards.packed", "storage.buckets"]


def assert_ends_in_two_lines(stderr: str) -> None:
    """Under what a run says of its plan and its progress, one failure."""
    lines = stderr.strip().splitlines()
    assert [line.startswith("Error: ") for line in lines].count(True) == 1, stderr
    assert lines[-2].startswith("Error: "), stderr
    assert "unexpected" not in stderr
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_a_server_that_goes_away_ends_the_run_and_a_later_run_goes_on(
    store: Store, run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    command = gsm8k("--out", store.url)
    held = store.gate.add(Rule("PUT /[^ ]*gsm8k-000001.tar", cut=True))
    process = start(tmp_path, *command)
    try:
        assert held.met.wait(60)
        store.server.stop()
        _, said = process.communicate(timeout=HANG_SECONDS)
    finally:
        store.server.start()
        store.gate.rules.clear()
    assert process.returncode == 1
    assert_ends_in_two_lines(said)
    assert "the store cannot be reached" in said
    assert set(store.tar_hashes()) == {"gsm8k-000000.tar"}
    assert "2 of 3 shards to make, 1 stand" in run(*command).stderr
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


@pytest.mark.parametrize("times", [1, 2])
def test_a_connection_that_breaks_is_tried_again(
    store: Store, run: Run, tmp_path: Path, three_shards: Path, times: int
) -> None:
    write_lamps(tmp_path, 18)
    broken = store.gate.add(Rule("PUT /[^ ]*gsm8k-000001.tar", cut=True, times=times))
    run(*gsm8k("--out", store.url))
    assert broken.times == 0
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


def test_denied_writes_end_the_run(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    store.gate.add(Rule("PUT /[^ ]*tar", refuse=(403, "AccessDenied")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "access denied: not today" in done.stderr
    assert store.names() == ["pack.json", "summary.json"]


def test_a_refused_shard_leaves_the_others_be(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    store.gate.add(Rule("PUT /[^ ]*gsm8k-000001.tar", refuse=(400, "InvalidRequest")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "Error: gsm8k-000001: " in done.stderr
    assert sorted(store.tar_hashes()) == ["gsm8k-000000.tar", "gsm8k-000002.tar"]


def test_an_upload_that_the_store_confirms_and_does_not_have_gets_no_entry(
    store: Store, run: Run, tmp_path: Path
) -> None:
    write_lamps(tmp_path, 6)
    store.gate.add(Rule("PUT /[^ ]*tar", refuse=(200, "")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "is not in the store as it was sent" in done.stderr
    assert store.names() == ["pack.json", "summary.json"]


def test_a_store_whose_tags_are_no_md5_is_read_back(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run(*gsm8k("--out", store.url))
    store.files.rm(store.path("ledger"), recursive=True)
    store.gate.add(Rule("PUT /[^ ]*tar", refuse=(200, "")))  # the tar of before is there, under a strange tag
    run(*gsm8k("--out", store.url))
    assert "1 shards, 6 samples: clean" in run("verify", store.url).stdout


@pytest.mark.parametrize(("verb", "says"), [("status", "no such bucket"), ("verify", "no such bucket")])
def test_a_bucket_that_is_not_there(store: Store, run: Run, verb: str, says: str) -> None:
    done = run(verb, "s3://no-such-bucket-at-all/corpora", check=False)
    assert_two_lines(done)
    assert says in done.stderr


def test_packing_to_a_bucket_that_is_not_there_does_not_make_it(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    done = run(*gsm8k("--out", "s3://no-such-bucket-at-all/corpora"), check=False)
    assert_two_lines(done)
    assert "no such bucket" in done.stderr
    assert not store.files.exists("no-such-bucket-at-all")


def test_a_store_out_of_reach(store: Store, run: Run) -> None:
    done = run("status", store.url, check=False, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert_two_lines(done)
    assert "cannot be reached" in done.stderr


def test_no_credentials(store: Store, tmp_path: Path) -> None:
    env = {name: value for name, value in environment().items() if "ACCESS_KEY" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "vwd", "status", store.url],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert_two_lines(done)
    assert "no credentials" in done.stderr


def test_denied_reads(store: Store, run: Run) -> None:
    store.gate.add(Rule("^(GET|HEAD)", refuse=(403, "AccessDenied")))
    done = run("status", store.url, check=False)
    assert_two_lines(done)
    assert "access denied" in done.stderr


def test_nothing_packed_there(store: Store, run: Run) -> None:
    for url in (store.url, f"s3://{store.bucket}"):
        done = run("status", url, check=False)
        assert_two_lines(done)
        assert "no packed dataset is here" in done.stderr


@pytest.mark.parametrize("package", ["s3fs", "upath"])
def test_a_package_that_is_not_installed(run: Run, tmp_path: Path, package: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules['{package}'] = None\n")
    path = f"{tmp_path}:{environment().get('PYTHONPATH', '')}"
    done = run("status", "s3://bucket/corpora", check=False, PYTHONPATH=path)
    assert_two_lines(done)
    assert "s3:// storage needs a package that is not installed" in done.stderr
    assert "pip install 'vwd[s3]'" in done.stderr


@pytest.mark.parametrize("url", ["nonsense://bucket/x", "s3://", "s3:///"])
def test_a_url_that_means_nothing(run: Run, url: str) -> None:
    assert_two_lines(run("status", url, check=False), code=2)
