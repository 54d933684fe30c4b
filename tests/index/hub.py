"""A loopback server in place of the dataset hub, which accepts uploads."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class UploadHub:
    """What the server has received.

    Attributes:
        files: the committed files of the repository, by path.
        blobs: large files that were uploaded, by sha256.
        requests: method and path of every request.
        created: the bodies of the requests that created the repository.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    commits: int = 0

    def answer(self, method: str, path: str, body: bytes) -> Any:
        """The answer to a request; None for one that this server does not know."""
        path = path.partition("?")[0]
        if path == "/api/repos/create":
            self.created.append(json.loads(body))
            return {"url": f"{self.address}/datasets/me/lamps", "name": "me/lamps"}
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if path == "/api/datasets/me/lamps/preupload/main":
            return {"files": [self._mode(file) for file in json.loads(body)["files"]]}
        if path == "/datasets/me/lamps.git/info/lfs/objects/batch":
            return {"transfer": "basic", "objects": [self._action(blob) for blob in json.loads(body)["objects"]]}
        if path.startswith("/upload/") and method == "PUT":
            self.blobs[path.removeprefix("/upload/")] = body
            return {}
        if path == "/api/datasets/me/lamps/commit/main":
            return self._commit([json.loads(line) for line in body.splitlines()])
        if path in ("/api/datasets/me/lamps", "/api/datasets/me/lamps/revision/main"):
            return {"id": "me/lamps", "sha": "1" * 40}
        return None

    def _mode(self, file: dict[str, Any]) -> dict[str, Any]:
        """How to upload a file: tars are large files, as on the hub. An existing file has its git or sha256 hash."""
        existing, large = self.files.get(file["path"]), file["path"].endswith(".tar")
        mode = {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
        if existing is not None:
            git = hashlib.sha1(b"blob %d\0" % len(existing) + existing).hexdigest()
            mode["oid"] = hashlib.sha256(existing).hexdigest() if large else git
        return mode

    def _action(self, blob: dict[str, Any]) -> dict[str, Any]:
        if blob["oid"] in self.blobs:
            return blob
        return {**blob, "actions": {"upload": {"href": f"{self.address}/upload/{blob['oid']}"}}}

    def _commit(self, operations: list[dict[str, Any]]) -> dict[str, str]:
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                self.files[value["path"]] = self.blobs[value["oid"]]
            else:
                assert operation["key"] == "header"
        self.commits += 1
        return {"commitUrl": f"{self.address}/datasets/me/lamps/commit/{'1' * 40}", "commitOid": "1" * 40}


@contextmanager
def upload_hub(refusing: int = 0) -> Iterator[UploadHub]:
    """Serves an empty hub, or one that refuses every request with the given status."""
    hub = UploadHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            hub.requests.append(f"{self.command} {self.path}")
            answer = hub.answer(self.command, self.path, self._body())
            content = json.dumps(answer).encode()
            self.send_response(refusing or (200 if answer is not None else 404))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST  # noqa: N815

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline().strip(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, *args: object) -> None:
            """Prints nothing to stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()
