"""An S3 server for tests, and a proxy in front of it that makes requests fail."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_REFUSAL = "<Error><Code>{code}</Code><Message>not today</Message></Error>"


class Server:
    """Moto, in this process. What is stored survives `stop`."""

    def __init__(self) -> None:
        moto = pytest.importorskip("moto.server", reason="the S3 server is not installed: pip install 'moto[server]'")
        pytest.importorskip("s3fs", reason="the extra s3 is not installed")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._create: Callable[[], Any] = lambda: moto.ThreadedMotoServer("127.0.0.1", port=self.port, verbose=False)
        self.start()

    def start(self) -> None:
        self._server = self._create()
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        # A port that is still open takes connections that nobody answers, and a client waits a minute for each.
        self._server._server.server_close()


@dataclass
class Rule:
    """What happens to requests whose head matches a pattern.

    Attributes:
        head: the pattern, for the request line and the headers.
        refuse: the status and code of the answer in place of the server's; 200 claims success.
        part: how much of the request is passed on, from 0 to 1, before it stops.
        cut: whether the connection is then closed; otherwise it hangs.
        times: for how many requests; None for all.
        matched: set once a request has matched.
    """

    head: str
    refuse: tuple[int, str] | None = None
    part: float = 0.5
    cut: bool = False
    times: int | None = None
    matched: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Passes connections on to the server, one request each, except for those that match a rule."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.rules: list[Rule] = []
        self.heads: list[str] = []
        self._open = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def add(self, rule: Rule) -> Rule:
        self.rules.append(rule)
        return rule

    def close(self) -> None:
        self._open.set()
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._socket.accept()[0],), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += (more := client.recv(65536))
                if not more:
                    return
            text = head.partition(b"\r\n\r\n")[0].decode("latin-1")
            self.heads.append(text.partition("\r\n")[0])
            length = re.search(r"content-length: *(\d+)", text, re.IGNORECASE)
            size = len(text) + 4 + int(length[1] if length else 0)
            rule = self._rule(text)
            if rule and rule.refuse:
                self._refuse(client, head, size, rule.refuse)
            else:
                self._relay(client, head, int(size * rule.part) if rule else None, rule)
            if rule:
                rule.matched.set()

    def _rule(self, head: str) -> Rule | None:
        for rule in self.rules:
            if rule.times != 0 and re.search(rule.head, head, re.IGNORECASE):
                rule.times = None if rule.times is None else rule.times - 1
                return rule
        return None

    def _refuse(self, client: socket.socket, begun: bytes, size: int, refuse: tuple[int, str]) -> None:
        if b"100-continue" in begun:
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        received = len(begun)
        while received < size:
            received += len(client.recv(65536)) or size
        body = "" if begun.startswith(b"HEAD") or refuse[0] == 200 else _REFUSAL.format(code=refuse[1])
        client.sendall(
            f"HTTP/1.1 {refuse[0]} No\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
            f'ETag: "{"0" * 32}"\r\n'
            f"Connection: close\r\n\r\n{body}".encode()
        )

    def _relay(self, client: socket.socket, head: bytes, limit: int | None, rule: Rule | None) -> None:
        with socket.create_connection(("127.0.0.1", self._server)) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            sent, data = 0, head
            while data:
                if limit is not None and sent + len(data) > limit:
                    server.sendall(data[: limit - sent])
                    assert rule
                    rule.matched.set()
                    if not rule.cut:
                        self._open.wait()
                    for end in (server, client):
                        with suppress(OSError):
                            end.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(data)
                sent += len(data)
                data = client.recv(65536)
            back.join()


def _pump(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_RDWR)


@dataclass
class Store:
    """A bucket on the server, behind a proxy."""

    server: Server
    proxy: Proxy
    bucket: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/corpora"

    @property
    def env(self) -> dict[str, str]:
        return _environment(self.proxy.port)

    @property
    def files(self) -> Any:
        """The store, not through the proxy."""
        from s3fs import S3FileSystem

        return S3FileSystem(
            key="key", secret="secret", endpoint_url=f"http://127.0.0.1:{self.server.port}", use_listings_cache=False
        )

    def path(self, name: str) -> str:
        return f"{self.bucket}/corpora/gsm8k/{name}"

    def names(self) -> list[str]:
        return sorted(name.partition("/corpora/gsm8k/")[2] for name in self.files.find(self.bucket))

    def tar_hashes(self) -> dict[str, str]:
        tars = [name for name in self.names() if name.endswith(".tar")]
        return {name: hashlib.sha256(self.files.cat_file(self.path(name))).hexdigest() for name in tars}

    def entry(self, number: int) -> dict[str, Any]:
        return dict(json.loads(self.files.cat_file(self.path(f"ledger/gsm8k-{number:06d}.json"))))


def _environment(port: int) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",
    }


def left_in_staging(tmp_path: Path) -> list[Path]:
    """What is left in the folder for temporary files."""
    return list((tmp_path / "temporary").iterdir())
