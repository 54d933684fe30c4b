"""Fixtures: the S3 server of a test process, and an empty bucket for a test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from storage.store import Proxy, Server, Store


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def store(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty bucket; this process and the commands that it runs reach it through a proxy."""
    from s3fs import S3FileSystem

    proxy = Proxy(server.port)
    created = Store(server, proxy, f"test-{uuid.uuid4().hex}")
    for name, value in created.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)  # cached by this process
    (tmp_path / "temporary").mkdir()
    S3FileSystem.clear_instance_cache()  # it would keep the proxy of an earlier test
    created.files.mkdir(created.bucket)
    yield created
    proxy.close()
