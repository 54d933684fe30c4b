"""SIGKILL loses only the shards that were being packed or uploaded."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import gsm8k, send, start, tar_hashes, write_lamps
from storage.store import Rule, Store, left_in_staging

pytest_plugins = ["shards.packed", "storage.buckets"]

KILLS = 3


@pytest.mark.parametrize(
    "held",
    [
        pytest.param("gsm8k-000001.tar", marks=pytest.mark.slow),
        pytest.param("ledger/gsm8k-000001.json", marks=pytest.mark.slow),
        "pack.json",
    ],
)
def test_a_run_killed_in_the_middle_of_an_upload_is_resumed(
    store: Store, run: Run, tmp_path: Path, three_shards: Path, held: str
) -> None:
    write_lamps(tmp_path, 18)
    rule = store.proxy.add(Rule(f"PUT /[^ ]*{held}", part=0.8))
    process = start(tmp_path, *gsm8k("--out", store.url))
    assert rule.matched.wait(HANG_SECONDS)
    time.sleep(0.2)
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    assert held not in store.names()
    store.proxy.rules.clear()
    run(*gsm8k("--out", store.url))
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")
    assert "3 shards, 18 samples: clean" in run("verify", store.url).stdout
    assert left_in_staging(tmp_path) == []


@pytest.mark.slow
def test_a_run_terminated_in_the_middle_of_an_upload_ends_soon_and_leaves_no_temporary_file(
    store: Store, tmp_path: Path
) -> None:
    write_lamps(tmp_path, 18)
    rule = store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar"))
    process = start(tmp_path, *gsm8k("--out", store.url))
    assert rule.matched.wait(HANG_SECONDS)
    send(process, signal.SIGTERM, whole_group=False)
    _, err = process.communicate(timeout=HANG_SECONDS / 5)  # the upload hangs for ever
    assert process.returncode == 143, err
    assert "gsm8k-000000.tar" in store.names()
    assert "gsm8k-000001.tar" not in store.names()
    assert left_in_staging(tmp_path) == []


@pytest.mark.slow
def test_a_repeatedly_killed_run_ends_with_the_bytes_of_an_undisturbed_one(
    store: Store, run: Run, tmp_path: Path, three_shards: Path
) -> None:
    undisturbed = tar_hashes(three_shards / "shards" / "gsm8k")
    write_lamps(tmp_path, 18)
    moments = random.Random(7)
    command = gsm8k("--out", store.url, workers=2)
    for kill in range(KILLS):
        requests = len(store.proxy.heads)
        process = start(tmp_path, *command)
        while process.poll() is None and not any(".tar" in head for head in store.proxy.heads[requests:]):
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 0.4))
        if process.poll() is None:
            send(process, signal.SIGKILL, whole_group=True)
        process.communicate(timeout=HANG_SECONDS)
        assert store.tar_hashes().items() <= undisturbed.items(), kill
    run(*command)
    assert store.tar_hashes() == undisturbed
    assert "clean" in run("verify", store.url).stdout
    assert left_in_staging(tmp_path) == []
