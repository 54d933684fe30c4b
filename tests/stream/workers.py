"""Fixture: what a test of training data leaves behind of its DataLoaders ends with the test, in order.

An error of a worker keeps the loader's iterator alive in a cycle of references, until garbage is collected. Two things
go wrong if that happens at any time. A worker that is forked meanwhile inherits the iterator, may collect it as well,
and so writes to queues that are not its own. And the iterator's `__del__` starts the feeder thread of a queue that was
never used, whose pipe is garbage too: both close it, the second one by a number that may be another file's by then.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _iterators_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collects no garbage during a test; after it, first ends the workers of all iterators that are left."""
    if Path(__file__).parent not in request.path.parents:
        yield
        return
    gc.disable()
    try:
        yield
        if "torch.utils.data" in sys.modules:
            for one in gc.get_objects():
                # By name: torchdata's iterators are no subclass of torch's.
                if hasattr(type(one), "_shutdown_workers"):
                    one._shutdown_workers()
            del one
        gc.collect()
    finally:
        gc.enable()
