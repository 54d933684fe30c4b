"""Several servers that answer the same questions: each gets what it can take, and one that is dead costs nothing."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from vwd.errors import MediaError, ServiceError
from vwd.limits import LARGEST_JSON_MEMBER

T = TypeVar("T")

# Seconds that a server is left alone after its first failure, and at most.
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 60.0
# What says that it is the question, and no other server will like it either.
_REFUSED = {400, 413, 415, 422}
# What says that every question will be answered like this.
_MISCONFIGURED = {301, 302, 303, 307, 308, 401, 403, 404, 405}


class _FailedError(Exception):
    """A try that another server, or the same one later, may do better.

    Args:
        dead: whether the server was not reached, or did not answer in time.
    """

    def __init__(self, reason: str, dead: bool) -> None:
        super().__init__(reason)
        self.dead = dead


@dataclass
class _Server:
    url: str
    busy: int = 0
    pause: float = 0.0
    back_at: float = 0.0
    answered: int = 0
    failures: int = 0


class Servers:
    """A pool of servers, by their addresses. Threads ask it at once."""

    def __init__(self, urls: Sequence[str], at_once: int, timeout: float, tries: int = 4) -> None:
        """
        Args:
            at_once: how many questions one server gets at a time.
            timeout: seconds for an answer.
            tries: of one question, with pauses, where servers answer with errors or not at all.
        """
        self._servers = [_Server(url.rstrip("/")) for url in urls]
        self._at_once, self.timeout, self._tries = at_once, timeout, tries
        self._changed = threading.Condition()
        self._given_up: ServiceError | None = None

    @property
    def capacity(self) -> int:
        """How many questions all of them take at a time."""
        return self._at_once * len(self._servers)

    def ask(self, about: str, send: Callable[[str], T]) -> T:
        """Asks a server that is free; another one where it fails.

        Args:
            about: what the question is about, for messages.
            send: called with the server's address.

        Raises:
            MediaError: this question was refused, or failed where others were answered.
            ServiceError: no server answers anything: each has failed `tries` times running.
        """
        answered, failed = self._answered(), set[str]()
        tries = max(self._tries, len(self._servers) + 1)
        for _ in range(tries):
            server = self._take(failed)
            try:
                answer = send(server.url)
            except _FailedError as error:
                reason = f"{server.url}: {error}"
                self._give_back(server, ok=False, dead=error.dead, reason=reason)
                failed.add(server.url)
            except BaseException:  # a refused question, or Ctrl-C: no matter of the server, which is free again
                self._give_back(server, ok=True, count=False)
                raise
            else:
                self._give_back(server, ok=True)
                return answer
        if self._answered() > answered:
            raise MediaError(f"{about}: no answer in {tries} tries; the last: {reason}", "Run again to try again.")
        raise self._none_answers(reason)

    def _none_answers(self, reason: str) -> ServiceError:
        return ServiceError(
            f"none of {len(self._servers)} servers answers; the last: {reason}",
            "Check that they run, and their addresses; then run again: what is done is kept.",
        )

    def _answered(self) -> int:
        with self._changed:
            return sum(server.answered for server in self._servers)

    def _take(self, failed: set[str]) -> _Server:
        """The server with the fewest questions, where there is a choice none that failed at this one.

        Waits for one to be free, or back.
        """
        with self._changed:
            while True:
                if self._given_up:  # found by another thread
                    raise self._given_up
                now = time.monotonic()
                up = [server for server in self._servers if server.back_at <= now]
                up = [server for server in up if server.url not in failed] or up
                free = [server for server in up if server.busy < (1 if server.pause else self._at_once)]
                if free:
                    chosen = min(free, key=lambda server: (server.busy, server.pause))
                    chosen.busy += 1
                    return chosen
                later = [server.back_at - now for server in self._servers if server.back_at > now]
                self._changed.wait(min(later, default=None))

    def _give_back(self, server: _Server, ok: bool, dead: bool = False, count: bool = True, reason: str = "") -> None:
        with self._changed:
            server.busy -= 1
            if not ok:
                server.pause = min(max(server.pause * 2, _FIRST_PAUSE), _LAST_PAUSE)
                server.back_at = time.monotonic() + server.pause
                server.failures += dead
                if all(one.failures >= self._tries for one in self._servers):
                    self._given_up = self._none_answers(reason)
            elif count:
                server.pause, server.failures, server.answered = 0.0, 0, server.answered + 1
            self._changed.notify_all()


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Any:
    """Sends a request, and reads the JSON that answers it. Redirects are not followed: headers may hold a key.

    Raises:
        MediaError: the server refuses this body.
        ServiceError: it would refuse every one.
    """
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with _opener(url).open(request, timeout=timeout) as response:
            data = response.read(LARGEST_JSON_MEMBER + 1)
    except urllib.error.HTTPError as error:
        with error:
            detail = f"HTTP {error.code}: {error.read(300).decode('utf-8', 'replace')}"
        if error.code in _REFUSED:
            raise MediaError(f"{url}: {detail}", "Check the video and the prompt.") from error
        if error.code in _MISCONFIGURED:
            raise ServiceError(f"{url}: {detail}", "Check the address, the model's name and the key.") from error
        raise _FailedError(detail, dead=False) from error
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        raise _FailedError(str(getattr(error, "reason", error) or type(error).__name__), dead=True) from error
    try:
        if len(data) > LARGEST_JSON_MEMBER:
            raise ValueError("too long")
        return json.loads(data)
    except ValueError as error:
        raise _FailedError(f"answers with {data[:100]!r}, no JSON", dead=False) from error


def field(answer: Any, *place: str | int) -> str:
    """The text at a place in an answer.

    Raises: what makes the question be asked again, where there is none.
    """
    try:
        for step in place:
            answer = answer[step]
    except (KeyError, IndexError, TypeError):
        answer = None
    if not isinstance(answer, str) or not answer.strip():
        raise _FailedError(f"its answer has no text at {'.'.join(map(str, place))}", dead=False)
    return answer.strip()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    local = (urllib.parse.urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1")
    return urllib.request.build_opener(_NoRedirect, *([urllib.request.ProxyHandler({})] if local else []))
