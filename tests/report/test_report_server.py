"""The server of a report sends its files and parts of them, and nothing else."""

from __future__ import annotations

import http.client
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANG_SECONDS
from hypothesis import given
from hypothesis import strategies as st
from shards.packing import start

from vwd.errors import UsageError
from vwd.report.serve import byte_range, report_server

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("served")
    root = folder / "report"
    (root / "media").mkdir(parents=True)
    (root / "index.html").write_text("<p>page</p>", "utf-8")
    (root / "media" / "a b.mp4").write_bytes(CONTENT)
    (folder / "secret.txt").write_text("secret", "utf-8")
    (root / "link.txt").symlink_to(folder / "secret.txt")
    with report_server(root) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize("path", ["/", "/index.html", "/index.html?a=b"])
def test_the_page_is_sent_as_html(port: int, path: str) -> None:
    status, body, headers = ask(port, path)
    assert (status, body) == (200, b"<p>page</p>")
    assert headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, len(CONTENT)), ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
     ("bytes=5-999999", 5, len(CONTENT))],
)  # fmt: skip
def test_a_part_is_sent_as_such(port: int, asked: str, start: int, stop: int) -> None:
    status, body, headers = ask(port, "/media/a%20b.mp4", Range=asked)
    assert (status, body) == (206, CONTENT[start:stop])
    assert headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert (headers["content-type"], headers["accept-ranges"]) == ("video/mp4", "bytes")


def test_a_part_behind_the_end_is_refused(port: int) -> None:
    status, _, headers = ask(port, "/media/a%20b.mp4", Range=f"bytes={len(CONTENT)}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")


def test_head_sends_no_content(port: int) -> None:
    status, body, headers = ask(port, "/media/a%20b.mp4", "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(CONTENT)))


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/media/../../secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/link.txt",
     "/media", "/media/", "/missing", "/%00", "/" + "a" * 5000, "/%ff"],
)  # fmt: skip
def test_nothing_outside_the_folder_is_sent(port: int, path: str) -> None:
    status, body, _ = ask(port, path)
    assert status == 404
    assert b"secret" not in body.replace(path.encode(), b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(port: int, method: str) -> None:
    assert ask(port, "/index.html", method)[0] == 501
    assert ask(port, "/index.html")[1] == b"<p>page</p>"


def test_another_hosts_name_gets_nothing(port: int) -> None:
    assert ask(port, "/", Host=f"localhost:{port}")[0] == 200
    assert ask(port, "/", Host="elsewhere.example")[0] == 404


def test_a_port_that_is_taken_is_an_error(port: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"`port` {port}"):
        report_server(tmp_path, port)


def test_the_command_writes_serves_and_ends_with_ctrl_c(reported: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed: the videos of reports are encoded with it")
    process = start(tmp_path, "report", reported, "--samples", 2, "--serve")
    try:
        assert process.stderr
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())
        assert found
        status, body, _ = ask(int(found[1]), "/")
        assert (status, body) == (200, (tmp_path / "report" / "index.html").read_bytes())
        process.send_signal(signal.SIGINT)
        assert process.wait(HANG_SECONDS) == 0
    finally:
        process.kill()
        process.communicate()


@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}", fullmatch=True), st.integers(0, 10**6))
def test_any_range_is_inside_the_file_or_none(header: str, size: int) -> None:
    try:
        part = byte_range(header, size)
    except ValueError:
        return
    assert part is None or 0 <= part[0] < part[1] <= size
