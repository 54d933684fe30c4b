"""Servers that caption as the real ones answer: also failing, slow, or dead."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Stub(ThreadingHTTPServer):
    """Answers chat completions and /video_qa. `requests` are the bodies that it was asked with."""

    daemon_threads = True

    def __init__(self, caption: str = "The video shows a red square.", fail: int = 0, slow: float = 0.0) -> None:
        self.caption, self.fail, self.slow = caption, fail, slow
        self.requests: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no failure of the test."""


class _Handler(BaseHTTPRequestHandler):
    server: Stub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(body)
        self.server.headers.append(dict(self.headers))
        time.sleep(self.server.slow)
        if self.server.fail:
            self.send_error(self.server.fail)
            return
        text = self.server.caption
        answer = {"answer": text} if self.path == "/video_qa" else {"choices": [{"message": {"content": text}}]}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def stub(**settings: Any) -> Iterator[Stub]:
    """A running server."""
    server = Stub(**settings)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def dead_url() -> str:
    """An address where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
