"""The user's token goes to the hub alone: not to the host that the hub sends its clients to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches
from corpora.redirects import SHA, STATUSES, redirecting, serving
from shards.packing import assert_two_lines, copy_pack

from vwd.corpora.sources.hub_client import ask

pytest_plugins = ["index.outputs"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is this machine, too, on Linux alone")

TOKEN = "hf_secret"
SENT = f"Bearer {TOKEN}"


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def use(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", address)


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "127.0.0.1"], ids=["host", "name", "port"])
def test_another_host_or_port_is_asked_without_the_token(
    monkeypatch: pytest.MonkeyPatch, status: int, method: str, host: str
) -> None:
    with redirecting("api", status, host) as (hub, other):
        use(monkeypatch, hub.address)
        ask("api/datasets/me/mine", method)
    assert hub.tokens == {SENT}
    assert other.tokens == {""}


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("status", STATUSES)
def test_another_path_of_the_hub_is_asked_with_the_token(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with serving("127.0.0.1", "api", status, target="") as hub:
        use(monkeypatch, hub.address)
        assert json.loads(ask("api/datasets/me/renamed"))["sha"] == SHA
    assert hub.asked == [("/api/datasets/me/renamed", SENT), ("/moved/api/datasets/me/renamed", SENT)]


@pytest.mark.parametrize("verb", ["pack", "download"])
@pytest.mark.parametrize("paths", ["/api/", "/resolve/"])
def test_no_verb_that_reads_takes_the_token_elsewhere(run: Run, tmp_path: Path, verb: str, paths: str) -> None:
    command = ("pack", "gsm8k") if verb == "pack" else ("download", "--dataset", "gsm8k")
    with redirecting(paths, 302) as (hub, other):
        env = {**caches(tmp_path), "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.address}
        done = run(*command, check=False, **env)
    assert_two_lines(done)
    assert TOKEN not in done.stderr
    assert SENT in hub.tokens
    assert other.tokens == {""}


def test_a_push_does_not_take_the_token_elsewhere(run: Run, with_gap: Path, tmp_path: Path) -> None:
    copy_pack(with_gap, tmp_path)
    with redirecting("/", 302) as (hub, other):
        env = {**caches(tmp_path), "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.address}
        done = run("index", "--push-to-hub", "me/lamps", check=False, HF_HUB_DISABLE_XET="1", **env)
    assert_two_lines(done)
    assert TOKEN not in done.stderr
    assert SENT in hub.tokens
    assert other.tokens <= {""}
