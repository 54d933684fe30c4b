"""``python -m vwd``, and the ``vwd`` command: ends quietly on a signal that comes before everything is imported."""

import os
import signal
from types import FrameType


def main() -> None:
    """The console script."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    # Threads that numpy and one of Arrow's allocators start when they are imported: not needed here, and see `pool`.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    # The other one gives memory back to the system that the next batch needs; it shall wait so many ms.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "10000")
    from vwd.cli.main import main as run

    try:
        run()
    finally:  # all is done and said: until the process has ended, Python would let a signal end it with another code
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def _stop(signum: int, frame: FrameType | None) -> None:
    """Until the verb sets handlers of its own, nothing has been done that needs clearing up."""
    os.write(2, f"Stopped by {signal.Signals(signum).name}; nothing was done yet.\n".encode())
    os.write(2, b"Run the same command again.\n")
    os._exit(128 + signum)


if __name__ == "__main__":
    main()
