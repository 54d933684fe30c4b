"""Loopback servers in place of the dataset hub, and the environment that points to them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path
from threading import Event, Thread


def caches(folder: Path) -> dict[str, str]:
    """Environment in which the libraries behind the hub write nothing outside `folder`."""
    return {
        "HF_HOME": str(folder / "hf"), "HF_DATASETS_CACHE": str(folder / "hf" / "datasets"),
        "HF_HUB_CACHE": str(folder / "hf" / "hub"), "HF_TOKEN": "",
    }  # fmt: skip


def closed_port() -> str:
    """The address of a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def silent_hub() -> Iterator[str]:
    """Accepts connections, as the kernel does for any listening socket, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def garbled_hub() -> Iterator[str]:
    """Answers every connection with something that is not HTTP, as another kind of server would."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(b"220 mail.example.org ready\r\n")

        Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering_hub(
    status: int, body: object = None, answers: float = inf
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Sends `answers` answers with one status, then hangs. Yields its address and the requests: path, Authorization."""
    requests: list[tuple[str, str]] = []
    closing = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append((self.path, self.headers.get("Authorization", "")))
            if len(requests) > answers:
                closing.wait()
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Prints nothing to stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
        closing.set()
        server.shutdown()
