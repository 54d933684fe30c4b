"""The readers of a dataset's sources: by offset what is on disk, as streams what is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from vwd.errors import UsageError
from vwd.stream.epochs import Ref
from vwd.stream.forecast import Forecast
from vwd.stream.offsets import Members, OffsetReader
from vwd.stream.order import Order, Place
from vwd.stream.source import Source
from vwd.stream.streams import StreamReader

if TYPE_CHECKING:
    from vwd.stream.position import Position

Reading = Literal["auto", "offset", "stream"]


class Readers:
    """One reader a source. Both kinds give the same samples in the same order.

    Args:
        endings: all members that are going to be asked for.
        window: see `Epochs`.
    """

    def __init__(
        self, sources: Sequence[Source], orders: Sequence[Order], endings: Sequence[str], window: int, reading: Reading
    ) -> None:
        self._readers = [_reader(*both, endings, reading) for both in zip(sources, orders, strict=True)]
        self._window = window
        self._forecast = Forecast()

    def prepare(self, indices: Sequence[int], length: int, here: Position, ref: Callable[[int], Ref]) -> None:
        """Tells the readers of streams what is going to be asked for after this batch, as far as they need it."""
        from torch.utils.data import get_worker_info

        streaming = {n: reader for n, reader in enumerate(self._readers) if isinstance(reader, StreamReader)}
        if not streaming:
            return
        worker = get_worker_info()
        foretold, coming = self._forecast.after(
            indices, worker.num_workers if worker else 1, self._window // here.world_size, (here.epoch, here.start)
        )
        if not foretold:
            for reader in streaming.values():
                reader.forget()
        for index in coming:
            if index < length:
                source, place, _ = ref(here.of(index))
                if source in streaming:
                    streaming[source].expect(place)

    def read(self, source: int, place: Place, endings: Sequence[str]) -> Members:
        """Some members of a sample, by their endings.

        Raises:
            ShardError: the shard is gone, cut short or damaged, or not the one of the ledger.
        """
        return self._readers[source].read(place, endings)


def _reader(source: Source, order: Order, endings: Sequence[str], reading: Reading) -> OffsetReader | StreamReader:
    if reading == "stream" or (reading == "auto" and source.paths is None):
        return StreamReader(source, endings, order.shards_at_once)
    if source.paths is None:
        raise UsageError(
            f"reading='offset' of {source.shards[0].address}", "Only shards on disk can be read by offset."
        )
    return OffsetReader(source, source.paths)
