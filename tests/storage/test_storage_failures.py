"""A store that is unreachable, refuses or disconnects: two lines, nothing lost, nothing duplicated."""

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
    """A run's stderr ends with a single failure, after its plan and its progress."""
    lines = stderr.strip().splitlines()
    assert [line.startswith("Error: ") for line in lines].count(True) == 1, stderr
    assert lines[-2].startswith("Error: "), stderr
    assert "unexpected" not in stderr
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_a_server_that_goes_away_ends_the_run_and_a_later_run_resumes(
    store: Store, run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    command = gsm8k("--out", store.url)
    held = store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar", cut=True))
    process = start(tmp_path, *command)
    try:
        assert held.matched.wait(HANG_SECONDS)
        store.server.stop()
        _, err = process.communicate(timeout=HANG_SECONDS)
    finally:
        store.server.start()
        store.proxy.rules.clear()
    assert process.returncode == 1
    assert_ends_in_two_lines(err)
    # A connection that was open when it went may be silent for longer than others are refused.
    assert "the store cannot be reached" in err or "does not answer" in err, err
    assert set(store.tar_hashes()) == {"gsm8k-000000.tar"}
    assert "2 to pack, 1 already complete, of 3 shards" in run(*command).stderr
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


@pytest.mark.parametrize("times", [1, 2])
def test_a_broken_connection_is_retried(store: Store, run: Run, tmp_path: Path, three_shards: Path, times: int) -> None:
    write_lamps(tmp_path, 18)
    broken = store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar", cut=True, times=times))
    run(*gsm8k("--out", store.url))
    assert broken.times == 0
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


def test_denied_writes_end_the_run(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    store.proxy.add(Rule("PUT /[^ ]*tar", refuse=(403, "AccessDenied")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "access denied: not today" in done.stderr
    assert store.names() == ["pack.json", "summary.json"]


def test_a_refused_shard_does_not_affect_the_others(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar", refuse=(400, "InvalidRequest")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "Error: gsm8k-000001: " in done.stderr
    assert sorted(store.tar_hashes()) == ["gsm8k-000000.tar", "gsm8k-000002.tar"]


def test_an_upload_that_is_confirmed_but_not_stored_gets_no_entry(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    store.proxy.add(Rule("PUT /[^ ]*tar", refuse=(200, "")))
    done = run(*gsm8k("--out", store.url), check=False)
    assert done.returncode == 1
    assert_ends_in_two_lines(done.stderr)
    assert "differs in the store from what was sent" in done.stderr
    assert store.names() == ["pack.json", "summary.json"]


@pytest.mark.slow
def test_an_object_is_read_back_where_its_tag_is_not_an_md5(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run(*gsm8k("--out", store.url))
    store.files.rm(store.path("ledger"), recursive=True)
    store.proxy.add(Rule("PUT /[^ ]*tar", refuse=(200, "")))  # the earlier tar still exists, with another tag
    run(*gsm8k("--out", store.url))
    assert "1 shards, 6 samples: clean" in run("verify", store.url).stdout


@pytest.mark.parametrize("verb", ["status", "verify"])
def test_a_missing_bucket_is_an_error(store: Store, run: Run, verb: str) -> None:
    done = run(verb, "s3://no-such-bucket-at-all/corpora", check=False)
    assert_two_lines(done)
    assert "the bucket does not exist" in done.stderr


def test_packing_to_a_missing_bucket_does_not_create_it(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    done = run(*gsm8k("--out", "s3://no-such-bucket-at-all/corpora"), check=False)
    assert_two_lines(done)
    assert "the bucket does not exist" in done.stderr
    assert not store.files.exists("no-such-bucket-at-all")


def test_an_unreachable_store_is_an_error(store: Store, run: Run) -> None:
    done = run("status", store.url, check=False, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert_two_lines(done)
    assert "cannot be reached" in done.stderr


def test_missing_credentials_are_an_error(store: Store, tmp_path: Path) -> None:
    env = {name: value for name, value in environment().items() if "ACCESS_KEY" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "vwd", "status", store.url],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert_two_lines(done)
    assert "no credentials" in done.stderr


def test_denied_reads_are_an_error(store: Store, run: Run) -> None:
    store.proxy.add(Rule("^(GET|HEAD)", refuse=(403, "AccessDenied")))
    done = run("status", store.url, check=False)
    assert_two_lines(done)
    assert "access denied" in done.stderr


def test_a_store_without_an_output_is_an_error(store: Store, run: Run) -> None:
    for url in (store.url, f"s3://{store.bucket}"):
        done = run("status", url, check=False)
        assert_two_lines(done)
        assert "no packed dataset in this folder" in done.stderr


@pytest.mark.parametrize("package", ["s3fs", "upath"])
def test_a_missing_package_names_the_extra(run: Run, tmp_path: Path, package: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules['{package}'] = None\n")
    path = f"{tmp_path}:{environment().get('PYTHONPATH', '')}"
    done = run("status", "s3://bucket/corpora", check=False, PYTHONPATH=path)
    assert_two_lines(done)
    assert "s3:// storage needs a package that is not installed" in done.stderr
    assert "pip install 'vwd[s3]'" in done.stderr


@pytest.mark.parametrize("url", ["nonsense://bucket/x", "s3://", "s3:///"])
def test_an_invalid_url_is_refused(run: Run, url: str) -> None:
    assert_two_lines(run("status", url, check=False), code=2)
