"""Calls into the hub's libraries, given up where the hub falls silent: their timeouts and retries multiply."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import Any

from vwd.storage.patience import PATIENCE, Silence, before_saying, patience, say_waiting

_LOOK_SECONDS = 1.0
_Call = Callable[[], Any]


class SilentError(Exception):
    """Nothing has come for as long as the user is patient. The text says so, in one line."""


class WatchedCalls:
    """Runs calls one after another in a thread of its own; one that is given up continues there, and nobody waits.

    Args:
        name: of the server, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        Thread(target=self._run, daemon=True).start()

    def call(self, function: _Call) -> Any:
        """What a call returns or raises.

        Raises:
            SilentError: it is given up.
        """
        self._calls.put(function)
        silence: Silence | None = None
        said = False
        while True:
            try:
                result, error = self._ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                silence = silence or Silence()
                seconds = silence.seconds() if not _waits_for_another() else silence.restart()
                if seconds >= patience():
                    raise SilentError(
                        f"{self._name} accepts connections, but has been silent for {patience()} seconds"
                    ) from None
                if not said and seconds >= before_saying():
                    said = True
                    say_waiting(self._name, seconds)
                continue
            if error:
                raise error
            return result

    def close(self) -> None:
        """Ends the thread, once its call has ended."""
        self._calls.put(None)

    def _run(self) -> None:
        while function := self._calls.get():
            self._ended.put(_outcome(function))


def _outcome(function: _Call) -> tuple[Any, BaseException | None]:
    try:
        return function(), None
    except BaseException as error:  # raised in `call`, where the caller is
        return None, error


@contextmanager
def watched(name: str) -> Iterator[Callable[[_Call], Any]]:
    """Runs calls as `WatchedCalls` does, without the lines that huggingface_hub prints about each of its retries."""
    calls = WatchedCalls(name)
    with _quiet_retries():
        try:
            yield calls.call
        finally:
            calls.close()


def silence_hint() -> str:
    """What to do about a silent hub."""
    return f"Run it again, set {PATIENCE} to more than {patience()} seconds"


@contextmanager
def _quiet_retries() -> Iterator[None]:
    def keep(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return "thrown while requesting" not in text and not text.startswith("Retrying in")

    logger = logging.getLogger("huggingface_hub.utils._http")
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)


def _waits_for_another() -> bool:
    """Whether a thread waits for the lock of another process, which downloads the same."""
    return any(_is_in_filelock(frame) for frame in sys._current_frames().values())


def _is_in_filelock(frame: FrameType | None) -> bool:
    while frame:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == "filelock":
            return True
        frame = frame.f_back
    return False
