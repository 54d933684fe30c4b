"""Worker processes: the parent assigns items one by one and collects results, failures and deaths. The one way of
running processes, for packing, verifying and whatever comes.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from vwd.errors import SilentStoreError, StorageError, VwdError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Called in a worker with an item and a function that counts progress; gives the item's result.
Handler = Callable[[Item, Callable[[], None]], Result]

# Fresh interpreters take half a second of CPU time each. A fork is ready at once, but copies the locks that other
# threads, such as pyarrow's, hold at that moment: only a process without any is forked.
_FORK, _SPAWN = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
_THREADS = Path("/proc/self/task")
_REPORT_SECONDS = 0.2
# While these last nothing can be written: the run ends instead of failing each item in turn.
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """An item with its result."""

    item: Item
    result: Result


@dataclass(frozen=True)
class Failed(Generic[Item]):
    """An item that failed; the text as in an error.

    Attributes:
        fatal: whether the others will fail, too.
        silent: whether that is since a store does not answer.
    """

    item: Item
    what: str
    hint: str
    trace: str = ""
    fatal: bool = False
    silent: bool = False

    def raise_if_silent(self) -> None:
        """Raises a SilentStoreError, where nothing more is to be asked of the store."""
        if self.silent:
            raise SilentStoreError(self.what, self.hint)


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    item: Any = None
    busy: bool = False


class _Queue:
    """The items that no worker has yet.

    Args:
        defer, owner: as of `run_pool`.
    """

    def __init__(
        self, items: Iterable[Any], defer: Callable[[Sequence[Any]], Collection[Any]], owner: Callable[[Any], object]
    ) -> None:
        self._items = list(reversed(list(items)))
        self._defer, self._owner = defer, owner
        self._owners: dict[object, _Worker] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put_first(self, items: Iterable[Any]) -> None:
        self._items.extend(items)

    def take(self, worker: _Worker, workers: Sequence[_Worker]) -> Any:
        """The next item that this one of the workers may have; None if there is none."""
        places = (at for at in reversed(range(len(self._items))) if self._is_free(self._items[at], worker, workers))
        first = next(places, None)
        if first is None:
            return None
        deferred = self._defer(self._items)
        item = self._items.pop(next((at for at in chain([first], places) if self._items[at] not in deferred), first))
        if (key := self._owner(item)) is not None:
            self._owners[key] = worker
        return item

    def _is_free(self, item: Any, worker: _Worker, workers: Sequence[_Worker]) -> bool:
        key = self._owner(item)
        owner = None if key is None else self._owners.get(key)
        return owner is None or owner is worker or owner not in workers


def run_pool(
    open_handler: Callable[[], Handler[Item, Result]],
    items: Iterable[Item],
    num_workers: int,
    on_progress: Callable[[int], None] = lambda count: None,
    defer: Callable[[Sequence[Item]], Collection[Item]] = lambda items: (),
    follow: Callable[[Done[Item, Result] | Failed[Item]], Iterable[Item]] = lambda outcome: (),
    prepare: Callable[[], object] = lambda: None,
    owner: Callable[[Item], object] = lambda item: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[Done[Item, Result] | Failed[Item], None, None]:
    """Handles items in worker processes; yields each one's result or failure as it arrives.

    A worker that dies fails its item and is replaced; the others continue. When the caller stops early, or is
    interrupted, every worker is ended within two seconds.

    Args:
        open_handler: picklable; called once in each worker, when its first item arrives.
        on_progress: called with how much was counted since the last call.
        defer: those of the items left that are assigned last.
        prepare: loads what every handler needs; called in this process, where that saves the workers the time.
        follow: called with each outcome; gives the items that it has made possible, which are assigned next.
        owner: what an item belongs to, None for nothing: the worker that gets the first item of it gets all the others,
            as long as it lives. Items are not None.
        meanwhile: called in this process once the workers are at their first items.
    """
    queue = _Queue(items, defer, owner)
    if queue and _can_fork():
        prepare()
    workers: list[_Worker] = []
    try:
        for _ in range(min(num_workers, len(queue))):
            workers.append(_start(open_handler, workers))
        _assign(workers, workers, queue, open_handler)
        meanwhile()
        while busy := {worker.pipe: worker for worker in workers if worker.busy}:
            for pipe in wait(list(busy), timeout=1.0):
                worker = busy[pipe]  # type: ignore[index]
                message = _receive(worker)
                if isinstance(message, int):
                    on_progress(message)
                    continue
                worker.busy = False
                queue.put_first(follow(message))
                # What this one has made possible may be another's to do, which is idle.
                idle = [worker, *(other for other in workers if not other.busy and other is not worker)]
                _assign(idle, workers, queue, open_handler)
                yield message
    finally:
        _end(workers)


def _can_fork() -> bool:
    try:
        return len(list(_THREADS.iterdir())) == 1
    except OSError:
        return False


def _start(open_handler: Callable[[], Handler[Any, Any]], others: list[_Worker]) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    process: BaseProcess
    if _can_fork():
        # Pickled all the same: a file of rows that is open here has one position for all who inherit it.
        inherited = [ours, *(worker.pipe for worker in others)]
        process = _FORK.Process(target=_work_forked, args=(pickle.dumps(open_handler), theirs, inherited), daemon=True)
    else:
        process = _SPAWN.Process(target=_work, args=(open_handler, theirs), daemon=True)
        resource_tracker.ensure_running()  # else `start` does it, and unblocks SIGINT
    with _defer_signals():
        process.start()
        theirs.close()
        del theirs  # a signal's exception would be lost in its destructor
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
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for number, handler in before.items():
            signal.signal(number, handler)
        if deferred:
            signal.raise_signal(deferred[0])


def _assign(
    idle: Iterable[_Worker], workers: list[_Worker], queue: _Queue, open_handler: Callable[[], Handler[Any, Any]]
) -> None:
    """Gives idle workers what they may have; one that has ended is replaced."""
    for worker in idle:
        if worker.busy or (item := queue.take(worker, workers)) is None:
            continue
        # A first item goes to a dead worker, too, and fails: one that dies of its start would die for ever.
        if worker.item is not None and not worker.process.is_alive():
            new = _start(open_handler, workers)
            workers[workers.index(worker)] = worker = new
        worker.item, worker.busy = item, True
        with suppress(BrokenPipeError):  # it died already; receiving from it will tell
            worker.pipe.send(item)


def _receive(worker: _Worker) -> Any:
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        code = worker.process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return Failed(
            worker.item, f"the worker process {how}",
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


def _work_forked(open_handler: bytes, pipe: Connection, inherited: Iterable[Connection]) -> None:
    """`_work` in a fork: closes the parent's ends of all pipes, else nobody would notice that the parent is gone."""
    for connection in inherited:
        connection.close()
    gc.freeze()  # what is there stays: to look through it again and again would also copy its pages
    _work(pickle.loads(open_handler), pipe)


def _work(open_handler: Callable[[], Handler[Any, Any]], pipe: Connection) -> None:
    """What a worker does: receives items and sends results and failures, until the parent ends or stops it."""
    signal.signal(signal.SIGTERM, lambda *_: _exit())
    handler: Handler[Any, Any] | None = None
    try:
        while True:
            item = pipe.recv()
            meter = _Meter(pipe)
            try:
                handler = handler or open_handler()
                result = handler(item, meter.count)
            except Exception as error:  # any error fails this item alone and is reported with it
                if meter.parent_gone:
                    return
                meter.flush()
                pipe.send(_failure(item, error))
            else:
                meter.flush()
                pipe.send(Done(item, result))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _exit() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the whole group may get one, and the parent sends another
    raise SystemExit(128 + signal.SIGTERM)


def _failure(item: Any, error: Exception) -> Failed[Any]:
    trace = traceback.format_exc()
    if isinstance(error, VwdError):
        fatal = isinstance(error, StorageError) and error.fatal
        return Failed(item, error.what, error.hint, trace, fatal, isinstance(error, SilentStoreError))
    if isinstance(error, OSError) and error.errno in _FATAL:
        what = f"cannot write{f' {error.filename}' if error.filename else ''}: {error.strerror}"
        return Failed(item, what, "Free some space or fix the permissions, and run again.", trace, True)
    if isinstance(error, OSError) and isinstance(error.filename, str):  # something stands in the way
        where = error.filename2 if isinstance(error.filename2, str) else error.filename
        return Failed(item, f"{where}: {error.strerror}", "Move away what stands there, and run again.", trace)
    return Failed(
        item, f"{type(error).__name__}: {error}", "Run it again with `debug` and report the traceback.", trace
    )


class _Meter:
    """Reports progress to the parent a few times a second; notices so when the parent is gone."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._count = 0
        self._next = time.monotonic() + _REPORT_SECONDS
        self.parent_gone = False

    def count(self) -> None:
        self._count += 1
        if time.monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        self._next = time.monotonic() + _REPORT_SECONDS
        try:
            self._pipe.send(self._count)
        except OSError:
            self.parent_gone = True
            raise
        self._count = 0
