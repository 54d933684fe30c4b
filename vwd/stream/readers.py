"""The readers of a dataset's sources: at random where shards are on disk, sequentially where they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from vwd.errors import UsageError
from vwd.stream.epochs import Request
from vwd.stream.lookahead import Lookahead
from vwd.stream.random_access import Members, RandomAccessReader
from vwd.stream.sequential import SequentialReader
from vwd.stream.shuffle import Location, Order
from vwd.stream.source import Source

if TYPE_CHECKING:
    from vwd.stream.progress import Progress

Reading = Literal["auto", "offset", "stream"]


class Readers:
    """One reader a source. Both kinds give the same samples in the same order.

    Args:
        endings: all members that will be needed, of each source.
        window: see `Epochs`.
        check: compare members with the ledger's checksums.
    """

    def __init__(
        self, sources: Sequence[Source], orders: Sequence[Order], endings: Sequence[Sequence[str]], window: int,
        reading: Reading, check: bool,
    ) -> None:  # fmt: skip
        self._readers = [_reader(*each, reading, check) for each in zip(sources, orders, endings, strict=True)]
        self._window = window
        self._lookahead = Lookahead()

    def prepare(
        self, indices: Sequence[int], length: int, progress: Progress, request_at: Callable[[int], Request]
    ) -> None:
        """Announces to sequential readers the samples that this process will need after this batch."""
        from torch.utils.data import get_worker_info

        sequential = {n: reader for n, reader in enumerate(self._readers) if isinstance(reader, SequentialReader)}
        if not sequential:
            return
        worker = get_worker_info()
        expected, coming = self._lookahead.after(
            indices,
            worker.num_workers if worker else 1,
            self._window // progress.world_size,
            (progress.epoch, progress.start),
        )
        if not expected:
            for reader in sequential.values():
                reader.forget()
        for index in coming:
            if index < length:
                source, location, _ = request_at(progress.position_of(index))
                if source in sequential:
                    sequential[source].expect(location)

    def read(self, source: int, location: Location, endings: Sequence[str]) -> Members:
        """Some members of a sample, by their endings.

        Raises:
            ShardError: the shard is gone, cut short or damaged, or differs from the ledger.
        """
        return self._readers[source].read(location, endings)


def _reader(
    source: Source, order: Order, endings: Sequence[str], reading: Reading, check: bool
) -> RandomAccessReader | SequentialReader:
    if reading == "stream" or (reading == "auto" and source.paths is None):
        return SequentialReader(source, endings, order.shards_at_once, check)
    if source.paths is None:
        raise UsageError(
            f"reading='offset' of {source.shards[0].address}", "Only shards on disk can be read by offset."
        )
    return RandomAccessReader(source, source.paths, check)
