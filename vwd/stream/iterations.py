"""Whether a DataLoader asks a dataset for all of its samples in turn, or someone else deals them out as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from vwd.errors import UsageError

if TYPE_CHECKING:
    from vwd.stream.progress import Progress

ALONE = (
    "Give the dataset itself to the DataLoader, without sampler or shuffle, and leave that out of accelerate's prepare "
    "(Lightning: use_distributed_sampler=False): it shuffles, and takes its rank's share, by itself."
)


@dataclass
class _Iteration:
    """Of what a process reads of an epoch: epoch and first position, samples of a batch, and what must come next."""

    epoch: tuple[int, int]
    size: int
    next: int


class Iterations:
    """The iterations over a dataset that this process is in the middle of.

    The main process asks for batch after batch. Of W workers, worker w is asked for batches w, w + W, w + 2·W, …. Who
    deals out the batches of a DataLoader, or the samples of each, to ranks that have their own share already, asks
    otherwise.
    """

    def __init__(self) -> None:
        # By who asks: each iterator of a DataLoader has a fetcher of its own, in each process.
        self._current: WeakKeyDictionary[Any, _Iteration] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._current = WeakKeyDictionary()

    def follow(self, asker: Any, indices: Sequence[int], length: int, progress: Progress) -> bool:
        """Checks a batch, and tells whether it is the first of an epoch for all processes.

        Args:
            asker: who calls the dataset.
            indices: among the samples that are left for this rank; at least one.
            length: how many these are.

        Raises:
            UsageError: it is not the batch that comes next.
            IndexError: there are not so many samples.
        """
        refuse_subset(asker)
        if any(after != before + 1 for before, after in pairwise(indices)):
            raise UsageError(
                f"a sampler, shuffle=True or a Subset asks a ShardDataset for samples {_first(indices)}", ALONE
            )
        first, stop = indices[0], indices[-1] + 1
        if not 0 <= first < stop <= length:
            raise IndexError(f"samples {first} to {stop - 1} of {length:,}")
        worker, workers = progress.worker or (0, 1)
        own = asker if is_fetcher(asker) else self
        epoch, known = (progress.epoch, progress.start), self._current.get(own)
        begins = _begins(first, stop, length, (worker, workers), progress.resumed)
        if known and known.epoch == epoch and first == known.next:
            size = known.size
        elif begins:
            size = stop - first
        elif known and known.epoch != epoch:
            raise moved(known.epoch[0], progress.epoch)
        else:
            raise UsageError(
                f"a ShardDataset is asked for samples {_first(indices)}"
                + (f" after {known.next - 1}" if known and not progress.worker else "")
                + ", which do not come next: someone else deals out its batches, too",
                ALONE,
            )
        self._current[own] = _Iteration(epoch, size, first + size * workers if progress.worker else stop)
        return own is not self and first == 0


def _begins(first: int, stop: int, length: int, share: tuple[int, int], resumed: bool) -> bool:
    """Whether an iteration may begin with these samples: at its beginning, or wherever a state was loaded."""
    worker, workers = share
    count = stop - first
    if resumed:
        return workers == 1 or stop == length or (first % count == 0 and first // count % workers == worker)
    # The last batch, which may be smaller than the others, may be the first one of a worker.
    return first % worker == 0 and first // worker >= count if worker else first == 0


def is_fetcher(asker: Any) -> bool:
    """Whether it is the part of a DataLoader that asks its dataset for samples."""
    from torch.utils.data._utils.fetch import _BaseDatasetFetcher

    return isinstance(asker, _BaseDatasetFetcher)


def refuse_subset(asker: Any) -> None:
    """Raises a UsageError where a part of a dataset asks for samples: in each epoch it would be another part."""
    from torch.utils.data import Subset

    if isinstance(asker, Subset):
        raise UsageError(
            "a Subset of a ShardDataset (random_split makes such): an index is another sample in each epoch",
            "Give ShardDataset split='train' and split='val' instead, or shards by name.",
        )


def moved(before: int, after: int) -> UsageError:
    """The error of who goes to another epoch in the middle of one: what workers have prepared is of both."""
    return UsageError(
        f"the dataset was moved from epoch {before} to {after} while its batches were read",
        "Call set_epoch and load_state_dict between epochs, and begin a new iteration after them.",
    )


def _first(indices: Sequence[int]) -> str:
    return ", ".join(map(str, indices[:4])) + ", …" * (len(indices) > 4)
