"""A hub that answers at first and then falls silent is given up in time, with two lines; a slow one is waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from conftest import HANG_SECONDS, Run
from corpora.hubs import answering_hub, caches
from filelock import FileLock

from vwd.corpora.sources.hub_rows import StreamRows
from vwd.corpora.sources.watched import SilentError, watched
from vwd.errors import HubError, UsageError
from vwd.storage.patience import patience

PATIENCE = 10
# What the hub's libraries do before the first request and after the last one, on a loaded machine.
MORE_SECONDS = 120


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VWD_PATIENCE", str(PATIENCE))


def stuck() -> None:
    Event().wait()


@pytest.mark.parametrize(
    "args",
    [
        ("pack", "gsm8k"),
        pytest.param(("pack", "gsm8k", "--streaming"), marks=pytest.mark.slow),
        pytest.param(("download", "--dataset", "gsm8k"), marks=pytest.mark.slow),
    ],
)
def test_a_hub_that_falls_silent_after_the_first_probes_ends_in_two_lines(
    run: Run, tmp_path: Path, args: tuple[str, ...]
) -> None:
    with answering_hub(200, {"sha": "0" * 40}, answers=2) as (endpoint, _):
        started = time.monotonic()
        done = run(*args, check=False, HF_ENDPOINT=endpoint, HF_HUB_OFFLINE="0", VWD_PATIENCE=str(PATIENCE),
                   **caches(tmp_path))  # fmt: skip
    assert time.monotonic() - started < PATIENCE + MORE_SECONDS
    waiting, error, hint = done.stderr.splitlines()
    assert done.returncode == 1
    assert waiting.startswith(f"Waiting for the hub ({endpoint}), silent for ")
    assert error == (
        f"Error: cannot load 'openai/gsm8k': the hub ({endpoint}) accepts connections, but has been silent for "
        f"{PATIENCE} seconds"
    )
    assert "VWD_PATIENCE" in hint
    assert "--rows FILE or builtin" in hint


def test_a_call_that_hears_nothing_is_given_up() -> None:
    started = time.monotonic()
    with watched("the hub") as call, pytest.raises(SilentError, match="silent for 10 seconds"):
        call(stuck)
    assert PATIENCE <= time.monotonic() - started < PATIENCE + MORE_SECONDS


def test_results_and_errors_of_calls_pass_unchanged() -> None:
    with watched("the hub") as call:
        assert call(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            call(lambda: 1 // 0)
        assert call(os.getpid) == os.getpid()


def receive_slowly() -> int:
    """Some kilobytes every second, for longer than a silent hub is waited for."""
    here, there = socket.create_server(("127.0.0.1", 0)), socket.socket()
    there.connect(here.getsockname())
    sender, _ = here.accept()

    def send() -> None:
        for _ in range(PATIENCE + 5):
            sender.sendall(b"x" * 20_000)
            time.sleep(1)
        sender.close()

    Thread(target=send, daemon=True).start()
    received = 0
    while data := there.recv(65536):
        received += len(data)
    return received


def write_slowly(folder: Path) -> int:
    for number in range(PATIENCE + 5):
        (folder / f"{number}.arrow").write_bytes(bytes(20_000))
        time.sleep(1)
    return len(list(folder.iterdir()))


@pytest.mark.slow
@pytest.mark.parametrize("work", ["receives", "writes", "waits for a lock"])
def test_a_call_that_makes_progress_is_waited_for(tmp_path: Path, work: str) -> None:
    def wait_for_another() -> str:
        with FileLock(tmp_path / "lock"):
            return "had the lock"

    calls: dict[str, tuple[Callable[[], object], object]] = {
        "receives": (receive_slowly, 20_000 * (PATIENCE + 5)),
        "writes": (lambda: write_slowly(tmp_path), PATIENCE + 5),
        "waits for a lock": (wait_for_another, "had the lock"),
    }
    function, expected = calls[work]
    program = f"import time, filelock\nwith filelock.FileLock({str(tmp_path / 'lock')!r}):\n"
    program += f"    print('held', flush=True)\n    time.sleep({PATIENCE + 8})\n"
    holder = None
    if work == "waits for a lock":
        holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
    started = time.monotonic()
    with watched("the hub") as call:
        assert call(function) == expected
    assert time.monotonic() - started > PATIENCE
    if holder:
        assert holder.wait(HANG_SECONDS) == 0


class FallingSilent:
    """A stream of `datasets` that gives two rows, and nothing more."""

    def skip(self, count: int) -> FallingSilent:
        return self

    def take(self, count: int) -> Iterator[dict[str, str]]:
        for number in range(2):
            yield {"question": f"{number}?", "answer": "yes"}
        stuck()


@pytest.mark.slow
def test_a_stream_that_falls_silent_says_where() -> None:
    rows = StreamRows(FallingSilent(), {"id": "openai/gsm8k"}, ("question", "answer"), None).read(5, 10)
    assert [row["question"] for row in (next(rows), next(rows))] == ["0?", "1?"]
    with pytest.raises(HubError) as broken:
        next(rows)
    assert "from row 7 on" in broken.value.what
    assert "silent for 10 seconds" in broken.value.what
    assert "VWD_PATIENCE" in broken.value.hint


@pytest.mark.parametrize("text", ["x", "9", "86401", "-5", "1e3", "٣٠", "99999999999999999999", " 30"])
def test_a_patience_that_is_no_number_of_seconds_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("VWD_PATIENCE", text)
    with pytest.raises(UsageError, match="VWD_PATIENCE"):
        patience()


def test_without_the_variable_two_minutes_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VWD_PATIENCE")
    assert patience() == 120
