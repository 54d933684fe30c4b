"""Files that may not be read end in two lines that name them, whichever verb meets them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from shards.packing import assert_two_lines, copy_pack

pytest_plugins = ["shards.packed"]

Unprivileged = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def as_user(tmp_path: Path) -> Unprivileged:
    """Runs `vwd …` as somebody for whom permissions count, which they do not for root."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root needs setpriv to try permissions")
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

    def call(*args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "vwd", *map(str, args)], cwd=tmp_path, env=environment(),
            capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
        )  # fmt: skip

    return call


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


@pytest.mark.parametrize("verb", ["status", "verify", "index", "export-jsonl"])
@pytest.mark.parametrize(
    ("locked", "mode"),
    [
        (".", 0o000),
        (".", 0o444),
        ("pack.json", 0o000),
        ("ledger", 0o000),
        ("ledger", 0o444),
        ("ledger/gsm8k-000001.json", 0o000),
        ("gsm8k-000001.tar", 0o000),
    ],
)
def test_what_may_not_be_read_is_named(as_user: Unprivileged, folder: Path, verb: str, locked: str, mode: int) -> None:
    path = folder / locked
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        done = as_user(verb, "shards")
    finally:
        path.chmod(before)
    assert_two_lines(done)
    assert "unexpected" not in done.stderr
    assert "Permission denied" in done.stderr
    named = "shards/gsm8k" if locked == "." else f"shards/gsm8k/{locked}"
    assert named in done.stderr


@pytest.mark.parametrize("verb", ["status", "verify", "export-jsonl"])
def test_what_a_verb_does_not_read_does_not_matter(as_user: Unprivileged, folder: Path, verb: str) -> None:
    (folder / "summary.json").chmod(0)
    assert as_user(verb, "shards").returncode == 0
