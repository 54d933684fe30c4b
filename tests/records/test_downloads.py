"""Downloads go on where they broke off, are checked, and are there whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from records.servers import Served, serving

from vwd.errors import HubError
from vwd.records.benchmarks.download import Remote, fetch

DATA = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[Served]:
    with serving() as served:
        served.files["/rows.tsv"] = DATA
        yield served


def remote(server: Served, **given: object) -> Remote:
    return Remote(f"{server.address}/rows.tsv", **given)  # type: ignore[arg-type]


def test_a_file_is_downloaded_once(server: Served, tmp_path: Path) -> None:
    path = tmp_path / "raw" / "rows.tsv"
    assert fetch(remote(server), path)
    assert not fetch(remote(server), path)
    assert path.read_bytes() == DATA
    assert [file.name for file in path.parent.iterdir()] == ["rows.tsv"]
    assert len(server.requests) == 1


def test_a_download_that_breaks_off_goes_on_where_it_was(server: Served, tmp_path: Path) -> None:
    server.breaks, server.break_after = 2, 300_000
    fetch(remote(server, sha256=hashlib.sha256(DATA).hexdigest()), tmp_path / "rows.tsv")
    assert (tmp_path / "rows.tsv").read_bytes() == DATA
    assert [wanted for _, wanted, _ in server.requests] == ["", "bytes=300000-", "bytes=600000-"]


def test_what_is_left_of_a_killed_download_is_no_file(server: Served, tmp_path: Path) -> None:
    server.breaks, server.break_after = 100, 0
    with pytest.raises(HubError, match="broke off"):
        fetch(remote(server), tmp_path / "rows.tsv")
    assert not (tmp_path / "rows.tsv").exists()


def test_a_file_that_has_changed_meanwhile_is_begun_anew(server: Served, tmp_path: Path) -> None:
    server.breaks, server.break_after = 1, 1000
    path = tmp_path / "rows.tsv"
    (tmp_path / "rows.tsv.part").write_bytes(b"old")
    (tmp_path / "rows.tsv.part.json").write_text(f'{{"url": "{server.address}/rows.tsv", "etag": "\\"old\\""}}')
    fetch(remote(server), path)
    assert path.read_bytes() == DATA


def test_other_content_than_was_named_is_refused_and_not_kept(server: Served, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="not the file that was named"):
        fetch(remote(server, sha256="0" * 64), tmp_path / "rows.tsv")
    assert list(tmp_path.iterdir()) == [tmp_path / "rows.tsv.part.json"]


def test_a_file_of_the_wrong_content_is_replaced(server: Served, tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_bytes(DATA[:100])
    assert fetch(remote(server, sha256=hashlib.sha256(DATA).hexdigest()), tmp_path / "rows.tsv")
    assert (tmp_path / "rows.tsv").read_bytes() == DATA


def test_the_token_goes_to_no_other_host(server: Served, tmp_path: Path) -> None:
    with serving() as other:
        other.files["/far.tsv"] = DATA
        server.redirects |= {"/rows.tsv": "/near.tsv", "/near.tsv": f"{other.address}/far.tsv"}
        fetch(remote(server, token="secret"), tmp_path / "rows.tsv")
        assert [token for _, _, token in server.requests] == ["Bearer secret", "Bearer secret"]
        assert [token for _, _, token in other.requests] == [""]


@pytest.mark.parametrize(
    ("url", "said"), [("/none.tsv", "404"), ("ftp://host/x.tsv", "http"), ("http://127.0.0.1:9/x.tsv", "reached")]
)
def test_what_cannot_be_downloaded_says_why(server: Served, tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(HubError, match=said):
        fetch(Remote(url if "://" in url else server.address + url), tmp_path / "x.tsv")
