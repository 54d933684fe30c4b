"""Two loopback servers on two hosts: a hub that sends its clients elsewhere, and the place it sends them to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SHA = "0" * 40
STATUSES = (301, 302, 303, 307, 308)


@dataclass
class Visited:
    """A server, and who asked it: (path, Authorization)."""

    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tokens(self) -> set[str]:
        return {token for _, token in self.asked}


@contextmanager
def redirecting(paths: str, status: int, host: str = "127.0.0.2") -> Iterator[tuple[Visited, Visited]]:
    """A hub that redirects every path with `paths` in it to a server on `host`, and that server."""
    with serving(host) as other, serving("127.0.0.1", paths, status, other.address) as hub:
        yield hub, other


@contextmanager
def serving(host: str, paths: str = "", status: int = 200, target: str = "") -> Iterator[Visited]:
    """Answers as a hub does that has one commit, or with a redirect to `target` where the path has `paths` in it."""
    visited = Visited()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visited.asked.append((self.path, self.headers.get("Authorization", "")))
            moved = bool(paths) and paths in self.path and "/moved" not in self.path
            content = json.dumps({"sha": SHA}).encode()
            self.send_response(status if moved else 200)
            if moved:
                self.send_header("Location", f"{target}/moved{self.path}")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Says nothing on stderr."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        visited.address = f"http://{host}:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield visited
        server.shutdown()
