"""Fixtures: a throw-away Slurm cluster, an output on it, and the result of an undisturbed run of the same rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment, write_rows
from shards.packing import lamp_rows, tar_hashes
from slurm.cluster import MAX_ARRAY_SIZE, NODES, ROWS, SCRIPT, SHARD_SIZE, VIDEO, Cluster, Output, wait_for


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Four nodes of two CPUs, with accounting. Every test process has its own cluster, on its own ports."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("the cluster needs Debian's packages, and this is not Debian")
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    folder = Path(tempfile.mkdtemp(prefix="vwd-slurm-", dir="/tmp"))  # unix sockets need a short path
    # Not 20,000 and a small number: the rendezvous of training jobs.
    ports = {**os.environ, "NODES": str(NODES), "CPUS": "2", "DBD": "1", "MAXARRAY": str(MAX_ARRAY_SIZE),
             "BASEPORT": str(17600 + 50 * worker + os.getpid() % 40 * 1000)}  # fmt: skip
    try:
        done = subprocess.run(
            [str(SCRIPT), "start", str(folder)],
            env=ports,
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"a Slurm cluster cannot be started here: {done.stderr.strip().splitlines()[-1]}")
        yield Cluster(folder)
    finally:
        subprocess.run([str(SCRIPT), "stop", str(folder)], capture_output=True, timeout=HANG_SECONDS, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def output(cluster: Cluster, tmp_path: Path) -> Iterator[Output]:
    """A folder with rows. After the test, no job of it is left."""
    write_rows(tmp_path / "rows.jsonl", lamp_rows(ROWS))
    created = Output(cluster, tmp_path)
    yield created
    subprocess.run(["scancel", "--full", "--signal=KILL", f"--user={os.geteuid()}"],
                   env=environment(**cluster.variables), capture_output=True, check=False)  # fmt: skip
    subprocess.run(["scancel", f"--user={os.geteuid()}"], env=environment(**cluster.variables), capture_output=True,
                   check=False)  # fmt: skip
    wait_for(lambda: not cluster.queue(), "the queue to be empty", on_timeout=cluster.state)
    cluster.undrain()
    created.end_frozen()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of the same rows, packed on one machine without any interruption."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_rows(folder / "rows.jsonl", lamp_rows(ROWS))
    line = ("pack", "gsm8k", "--rows", "rows.jsonl", *VIDEO, "--num-workers", 1)
    subprocess.run(
        [sys.executable, "-m", "vwd", *map(str, line)], cwd=folder, env=environment(), check=True, timeout=HANG_SECONDS,
        capture_output=True,
    )  # fmt: skip
    hashes = tar_hashes(folder / "shards" / "gsm8k")
    assert len(hashes) == ROWS // SHARD_SIZE
    return hashes
