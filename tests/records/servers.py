"""A loopback server of files that knows ranges and can break off, and a stub of the dataset hub on top of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

REVISION = "0123456789abcdef"


@dataclass
class Served:
    """What a server has and does.

    Attributes:
        files: by path; redirects by path.
        break_after: bytes after which each of so many answers breaks off.
        refusals: by path, the statuses and headers of the first answers.
        requests: path, range and token of each.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    breaks: int = 0
    break_after: int = 0
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def add_dataset(self, name: str, files: dict[str, bytes], lie: bool = False, asked: str = "") -> None:
        """A dataset of the hub with its files, as the hub answers for it.

        Args:
            lie: their hashes are those of others.
            asked: the branch or tag by which it is found, too.
        """
        siblings = [
            {
                "rfilename": path, "blobId": hashlib.sha1(data).hexdigest(), "size": len(data),
                "lfs": {
                    "sha256": hashlib.sha256(data + b"x" * lie).hexdigest(), "size": len(data), "pointerSize": 131,
                },
            }
            for path, data in files.items()
        ]  # fmt: skip
        # Small files are in git itself, and have no sha256.
        siblings += [{"rfilename": ".gitattributes", "blobId": "0" * 40, "size": 2461}]
        answer = {
            "_id": "65", "id": name, "author": name.partition("/")[0], "sha": REVISION, "private": False,
            "gated": "auto", "disabled": False, "tags": ["license:apache-2.0"], "downloads": 7, "cardData": None,
            "siblings": siblings,
        }  # fmt: skip
        for path in (f"/api/datasets/{name}", *([f"/api/datasets/{name}/revision/{asked}"] if asked else [])):
            self.files[path] = json.dumps(answer).encode()
        for path, data in files.items():
            self.files[f"/datasets/{name}/resolve/{REVISION}/{path}"] = data


@contextmanager
def serving() -> Iterator[Served]:
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            wanted = self.headers.get("Range", "")
            served.requests.append((path, wanted, self.headers.get("Authorization", "")))
            if served.refusals.get(path):
                status, headers = served.refusals[path].pop(0)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()
                return
            if path in served.redirects:
                self.send_response(302)
                self.send_header("Location", served.redirects[path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = served.files.get(path)
            if data is None:
                self.send_error(404)
                return
            tag = f'"{hashlib.md5(data).hexdigest()}"'
            start = int(wanted[6:-1]) if wanted and self.headers.get("If-Range") == tag else 0
            self.send_response(206 if start else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if served.breaks:
                served.breaks -= 1
                self.wfile.write(data[start : start + served.break_after])
                self.close_connection = True
                return
            self.wfile.write(data[start:])

        def log_message(self, *args: object) -> None:
            """Prints nothing to stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        served.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield served
        server.shutdown()
