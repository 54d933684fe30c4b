"""Splitting shards into parts, so that no worker is idle while others still pack. Pure functions of numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import pairwise

from vwd.shards.plan import ShardRange

# Of a part, about.
PART_ROWS = 100
# A worker takes longer to start than to render fewer.
_LEAST_ROWS = 50
# More parts must finish so much sooner: each part is read once more.
_WORTH_IT = 0.95
# Of a shard, for each worker, at most; more where the last ones are halved.
_PARTS_A_WORKER = 16


@dataclass(frozen=True)
class Part:
    """Rows of a shard that one worker renders: `start` to `stop` (exclusive); all of them where it is not split.

    Attributes:
        order: how many parts of the shard are before it.
    """

    shard: ShardRange
    start: int
    stop: int
    order: int = 0

    @property
    def number(self) -> int:
        """The shard's."""
        return self.shard.number

    @property
    def is_whole(self) -> bool:
        return self.stop - self.start == self.shard.stop - self.shard.start


def whole_shards(shards: Iterable[ShardRange]) -> list[Part]:
    """Every shard as one part."""
    return [part for shard in shards for part in _parts(shard, _bounds(shard, 1))]


def split_shards(
    shards: Sequence[ShardRange], num_workers: int, part_rows: int = PART_ROWS, cuts: Sequence[int] = ()
) -> list[Part]:
    """The parts of shards, in order: whole shards while there is one for every worker; the last ones, which are fewer
    than workers, in as many parts as let all workers end at about the same time; the last of these are smaller, since
    some rows take longer than others.

    Args:
        part_rows: of a part, about, so that early parts are put together while later ones are rendered.
        cuts: rows where reading can begin at no cost, in order; such parts begin at one that is near.
    """
    left = len(shards) % num_workers
    first, last = shards[: len(shards) - left], shards[len(shards) - left :]
    if not last:
        return whole_shards(first)
    best, fewest = whole_shards(last), 1
    for pieces in range(2, 2 * -(-num_workers // left) + 1):
        parts = [part for shard in last for part in _parts(shard, _bounds(shard, pieces))]
        if busiest_rows(parts, num_workers) < _WORTH_IT * busiest_rows(best, num_workers):
            best, fewest = parts, pieces
    if fewest > 1:
        counts = {shard: _pieces(shard, fewest, part_rows, num_workers) for shard in last}
        bounds = {shard: _bounds(shard, count) for shard, count in counts.items()}
        bounds[last[-1]] = _tapered(bounds[last[-1]], num_workers, max(_LEAST_ROWS, part_rows // 4))
        best = [part for shard in last for part in _parts(shard, _moved(bounds[shard], cuts))]
    return whole_shards(first) + best


def busiest_rows(parts: Iterable[Part], num_workers: int) -> int:
    """How many rows the busiest worker renders, where each takes the next part when it has ended one."""
    rows = [0] * num_workers
    heapify(rows)
    for part in parts:
        heapreplace(rows, rows[0] + part.stop - part.start)
    return max(rows)


def _pieces(shard: ShardRange, fewest: int, part_rows: int, num_workers: int) -> int:
    """How many parts of a shard: a multiple of the fewest that keep all workers busy, of about so many rows each."""
    most = min((shard.stop - shard.start) // part_rows, _PARTS_A_WORKER * num_workers)
    return fewest * max(1, most // fewest)


def _bounds(shard: ShardRange, pieces: int) -> list[int]:
    """Where parts of a shard of about the same size begin and end; fewer where they would be too small."""
    rows = shard.stop - shard.start
    count = max(1, min(pieces, rows // _LEAST_ROWS))
    return [shard.start + rows * number // count for number in range(count + 1)]


def _tapered(bounds: list[int], last: int, least: int) -> list[int]:
    """Bounds of which so many last parts are halved, and again, as long as halves have enough rows."""
    while True:
        tail = bounds[-last - 1 :]
        middles = [(start + stop) // 2 for start, stop in pairwise(tail) if stop - start >= 2 * least]
        if not middles:
            return bounds
        bounds = sorted({*bounds, *middles})


def _moved(bounds: Sequence[int], cuts: Sequence[int]) -> list[int]:
    """Bounds, each at a cut where one is near."""
    triples = zip(bounds, bounds[1:], bounds[2:], strict=False)
    inner = [_near(bound, min(bound - before, after - bound) // 4, cuts) for before, bound, after in triples]
    return [bounds[0], *inner, bounds[-1]]


def _parts(shard: ShardRange, bounds: Sequence[int]) -> list[Part]:
    return [Part(shard, start, stop, order) for order, (start, stop) in enumerate(pairwise(bounds))]


def _near(bound: int, distance: int, cuts: Sequence[int]) -> int:
    """The cut that is closest to a row, if one is within a distance; else the row itself."""
    at = bisect_left(cuts, bound)
    closest = min(cuts[max(at - 1, 0) : at + 1], key=lambda cut: abs(cut - bound), default=bound)
    return closest if abs(closest - bound) <= distance else bound
