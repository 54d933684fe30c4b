"""A report on loopback: read-only, its own folder alone, and parts of files, without which no browser seeks."""

from __future__ import annotations

import mimetypes
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from vwd.errors import UsageError

LOOPBACK = "127.0.0.1"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TYPES = {".html": "text/html; charset=utf-8", ".mp4": "video/mp4", ".webp": "image/webp"}
_BLOCK = 1 << 16


def report_server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the files in a folder; `serve_forever` runs it.

    Args:
        port: 0 for any that is free.

    Raises:
        UsageError: the port is taken, or not for us.
    """

    class Handler(_Handler):
        root = folder.resolve()

    try:
        server = ThreadingHTTPServer((LOOPBACK, port), Handler)
    except OSError as error:
        raise UsageError(f"`port` {port}: {error.strerror}", "Give another one, or 0 for any that is free.") from error
    server.daemon_threads = True
    return server


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last that a Range header asks for (RFC 9110, 14.1.2).

    Returns:
        None where the whole file is to be sent: several ranges, or another unit.

    Raises:
        ValueError: the range is outside the file.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:  # the last so many bytes
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise ValueError(f"bytes {header} of {size}")
    return start, stop


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD; every other method is refused by the base class, since it has no `do_…`."""

    root: Path
    protocol_version = "HTTP/1.1"
    server_version = "vwd"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:  # the name that http.server calls
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal shows the address, and errors that matter are seen in the browser."""

    def _answer(self, body: bool) -> None:
        file = self._file()
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        size = file.stat().st_size
        try:
            part = byte_range(self.headers.get("Range", ""), size)
        except ValueError:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self._end({"Content-Range": f"bytes */{size}", "Content-Length": "0"})
            return
        start, stop = part or (0, size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK)
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        ranged = {"Content-Range": f"bytes {start}-{stop - 1}/{size}"} if part else {}
        self._end({"Content-Type": kind, "Content-Length": str(stop - start), **ranged})
        if body:
            self._send(file, start, stop)

    def _end(self, headers: dict[str, str]) -> None:
        common = {"Accept-Ranges": "bytes", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        for name, value in {**common, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, file: Path, start: int, stop: int) -> None:
        try:
            with file.open("rb") as opened:
                opened.seek(start)
                while start < stop and (block := opened.read(min(_BLOCK, stop - start))):
                    self.wfile.write(block)
                    start += len(block)
        except (BrokenPipeError, ConnectionResetError):  # a browser that seeks drops what it no longer needs
            self.close_connection = True

    def _file(self) -> Path | None:
        """The file that is asked for; None where it is none of the report's, or another host's name is used.

        A page elsewhere can give its own name this address, and would then read what we send.
        """
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in (LOOPBACK, "localhost"):
            return None
        try:
            wanted = unquote(urlsplit(self.path).path, errors="strict").lstrip("/") or "index.html"
            file = (self.root / wanted).resolve()
            return file if file.is_relative_to(self.root) and file.is_file() else None
        except (OSError, ValueError):  # a null byte, a name too long, a loop of links
            return None
