"""A store that accepts connections and never answers is given up in time, with two lines that name it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from corpora.hubs import silent_hub
from shards.packing import gsm8k, start, tar_hashes, write_lamps
from storage.store import Rule, Store

pytest_plugins = ["shards.packed", "storage.buckets"]

PATIENCE = 10
MORE_SECONDS = 120


@pytest.mark.parametrize(
    "verb",
    ["pack", *(pytest.param(verb, marks=pytest.mark.slow) for verb in ("status", "verify", "index", "export-jsonl"))],
)
def test_a_silent_store_ends_in_two_lines(run: Run, tmp_path: Path, store: Store, verb: str) -> None:
    write_lamps(tmp_path, 6)
    args = gsm8k("--out", store.url) if verb == "pack" else (verb, store.url)
    with silent_hub() as endpoint:
        began = time.monotonic()
        done = run(*args, check=False, AWS_ENDPOINT_URL=endpoint, VWD_PATIENCE=str(PATIENCE))
    assert time.monotonic() - began < PATIENCE + MORE_SECONDS
    waiting, error, hint = done.stderr.splitlines()
    assert done.returncode == 1
    assert waiting.startswith("Waiting for s3://")
    assert endpoint in waiting
    assert error.startswith("Error: s3://")
    assert "does not answer" in error
    assert endpoint in error
    assert "AWS_ENDPOINT_URL" in hint
    assert "VWD_PATIENCE" in hint


@pytest.mark.slow
def test_a_store_that_falls_silent_while_shards_are_uploaded_ends_the_run_and_a_later_run_resumes(
    store: Store, run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    command = gsm8k("--out", store.url)
    held = store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar"))
    process = start(tmp_path, *command, VWD_PATIENCE=str(PATIENCE))
    assert held.matched.wait(HANG_SECONDS)
    store.proxy.rules.append(Rule(".*"))  # from now on, nothing is answered
    began = time.monotonic()
    _, err = process.communicate(timeout=300)
    assert time.monotonic() - began < 2 * PATIENCE + MORE_SECONDS
    store.proxy.rules.clear()
    assert process.returncode == 1
    assert [line.startswith("Error: ") for line in err.splitlines()].count(True) == 1, err
    assert "does not answer" in err.splitlines()[-2]
    assert "VWD_PATIENCE" in err.splitlines()[-1]
    run(*command)
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")
