"""Worker processes that own whole shards: the parent assigns them and collects the results."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from vwd.errors import StorageError, VwdError
from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.ledger import Entry
from vwd.shards.plan import ShardRange

# Fresh interpreters: a fork would copy the locks of pyarrow's and OpenCV's threads.
_CONTEXT = multiprocessing.get_context("spawn")
_REPORT_SECONDS = 0.2
# While these last no shard can be written: the run ends instead of failing each shard in turn.
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Failure:
    """A shard that could not be built. `fatal`: whether the other shards will fail, too; the rest as in an error."""

    number: int
    what: str
    hint: str
    trace: str = ""
    fatal: bool = False


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    shard: ShardRange | None = field(default=None)


def build_shards(
    job: ShardJob, shards: Iterable[ShardRange], on_rows: Callable[[int], None]
) -> Generator[Entry | Failure, None, None]:
    """Builds shards in the settings' number of processes; yields each one's entry or failure as it arrives.

    A worker that dies fails its shard and is replaced; the others continue. When the caller stops early, or is
    interrupted, every worker is ended within two seconds.

    Args:
        on_rows: called with the number of rows done since the last call.
    """
    queue = list(reversed(list(shards)))
    workers = [_start(job) for _ in range(min(job.settings.num_workers, len(queue)))]
    try:
        for worker in workers:
            _assign(worker, queue)
        while busy := {worker.pipe: worker for worker in workers if worker.shard}:
            for pipe in wait(list(busy), timeout=1.0):
                worker = busy[pipe]  # type: ignore[index]
                message = _receive(worker)
                if isinstance(message, int):
                    on_rows(message)
                    continue
                if not worker.process.is_alive() and queue:
                    workers[workers.index(worker)] = worker = _start(job)
                _assign(worker, queue)
                yield message
    finally:
        _end(workers)


def default_workers() -> int:
    """One a CPU of the Slurm task, else one a CPU that this process may use."""
    slurm = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return int(slurm) if slurm.isdigit() and int(slurm) else len(os.sched_getaffinity(0))


def _start(job: ShardJob) -> _Worker:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work, args=(job, theirs), daemon=True)
    with _defer_signals():
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _defer_signals() -> Iterator[None]:
    """Defers signals until a process has started; the process inherits a blocked SIGINT.

    A terminal sends Ctrl-C to all processes, and the parent decides. Blocking alone does not keep the signal from
    the parent, since another thread may receive it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    deferred: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: deferred.append(number)) for number in numbers}
    resource_tracker.ensure_running()  # else `start` does it, and unblocks SIGINT
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, handler in before.items():
            signal.signal(number, handler)
        if deferred:
            signal.raise_signal(deferred[0])


def _assign(worker: _Worker, queue: list[ShardRange]) -> None:
    worker.shard = queue.pop() if queue else None
    if worker.shard:
        with suppress(BrokenPipeError):  # it died already; receiving from it will tell
            worker.pipe.send(worker.shard)


def _receive(worker: _Worker) -> int | Entry | Failure:
    try:
        message: int | Entry | Failure = worker.pipe.recv()
        return message
    except (EOFError, OSError):
        worker.process.join()
        assert worker.shard
        code = worker.process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return Failure(
            worker.shard.number, f"the worker process {how}",
            "Run the same command again; after SIGKILL, look for an out-of-memory message and lower `num_workers`.",
        )  # fmt: skip


def _end(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    deadline = time.monotonic() + 2
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def _work(job: ShardJob, pipe: Connection) -> None:
    """What a worker does: receives shards and sends entries and failures, until the parent ends or stops it."""
    signal.signal(signal.SIGTERM, lambda *_: _exit())
    builder: ShardBuilder | None = None
    try:
        while True:
            shard = pipe.recv()
            meter = _Meter(pipe)
            try:
                builder = builder or ShardBuilder(job)
                entry = builder.build(shard, meter.count)
            except Exception as error:  # any error fails this shard alone and is reported with it
                if meter.parent_gone:
                    return
                meter.flush()
                pipe.send(_failure(shard, error))
            else:
                meter.flush()
                pipe.send(entry)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _exit() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the whole group may get one, and the parent sends another
    raise SystemExit(128 + signal.SIGTERM)


def _failure(shard: ShardRange, error: Exception) -> Failure:
    trace = traceback.format_exc()
    if isinstance(error, VwdError):
        fatal = isinstance(error, StorageError) and error.fatal
        return Failure(shard.number, error.what, error.hint, trace, fatal)
    if isinstance(error, OSError) and error.errno in _FATAL:
        what = f"cannot write{f' {error.filename}' if error.filename else ''}: {error.strerror}"
        return Failure(shard.number, what, "Free some space or fix the permissions, and run again.", trace, True)
    return Failure(
        shard.number, f"{type(error).__name__}: {error}", "Run it again with `debug` and report the traceback.", trace
    )


class _Meter:
    """Reports to the parent how many rows are done, a few times a second; notices so when the parent is gone."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._rows = 0
        self._next = time.monotonic() + _REPORT_SECONDS
        self.parent_gone = False

    def count(self) -> None:
        self._rows += 1
        if time.monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        self._next = time.monotonic() + _REPORT_SECONDS
        try:
            self._pipe.send(self._rows)
        except OSError:
            self.parent_gone = True
            raise
        self._rows = 0
