"""Fixtures: the S3 server of a test process, and an empty bucket for a test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from storage.store import Gate, Server, Store


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def store(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty bucket; this process and the commands it runs reach it through a gate."""
    from s3fs import S3FileSystem

    gate = Gate(server.port)
    made = Store(server, gate, f"test-{uuid.uuid4().hex}")
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)  # what this process has found before
    (tmp_path / "temporary").mkdir()
    S3FileSystem.clear_instance_cache()  # one is kept a process, with the gate that it found at first
    made.files.mkdir(made.bucket)
    yield made
    gate.close()
