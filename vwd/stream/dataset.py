"""`ShardDataset`: a packed output as a map-style dataset, the same on however many ranks and workers."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from vwd.errors import ContractError, MissingExtraError, ShardError, UsageError
from vwd.limits import MOST_REPLACED
from vwd.shards.members import TASKS
from vwd.shards.splitmix64 import hash_integers
from vwd.stream.augment import Augment
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.bucket import Bucket, numbers_in
from vwd.stream.clips import check_form, make_clip
from vwd.stream.decode import use_one_thread
from vwd.stream.epochs import Epochs, Request, tasks_of
from vwd.stream.form import Dtype, Layout, Mask, Pixels, TensorFormat, check_choices, parse_size
from vwd.stream.frame_selection import Frames
from vwd.stream.iterations import Iterations, is_fetcher, moved, refuse_subset
from vwd.stream.mixture import integer_shares
from vwd.stream.pages import Pages
from vwd.stream.quick import Members, make_samples
from vwd.stream.ranks import Remainder, samples_per_rank
from vwd.stream.readers import Readers, Reading
from vwd.stream.sample import Sample, make_sample
from vwd.stream.shuffle import Order
from vwd.stream.source import Source, identity, open_source
from vwd.stream.split import DEFAULT_FRACTION, Part, rows_of, select
from vwd.stream.states import checked_state
from vwd.video.spec import VideoSpec

_log = logging.getLogger("vwd.stream")

Address = str | Path


class ShardDataset:
    """Samples of packed text videos or clips, for a `DataLoader` without sampler or shuffle, with any batch size.

    The order of an epoch is a function of seed and epoch alone. Of every `world_size` consecutive samples, each rank
    takes one: global batch g is positions [g·B, (g + 1)·B) of the order, where B is the batch size over all ranks.

    A sample holds `video` (see `layout`), `prompt`, `question`, `answer`, `final_answer`, `dataset`, `index`, `key`,
    `task`, `length` (its frames), `position` (in the epoch's order), `padding`, and `mask` where requested. Of a clip,
    `prompt` is the caption for either task, and `question`, `answer` and `final_answer` are empty.

    Args:
        address: the output's folder (OUT/gsm8k), or its shards' names or URLs with braces.
        task: inference, rendering, or both: every sample once an epoch for each.
        frames: "all", 49 (evenly), "first:16", "stride:4", "reveals", "reveals:32".
        size: height and width to scale to; None for the video's own.
        bucket: width, height and frames, "640x360x49", in place of `size`: only videos that are at least so wide, so
            high and so long, with width to height in the same proportion within 2 %. They are scaled to that size,
            uncropped, and the first 49 frames are taken, or 49 evenly with `frames=49`. So all have one shape. Each
            clip's JSON is read for it when the dataset is opened.
        source: decode the `video`, or draw the `storyboard`: the frames before encoding, many times faster.
        mask: "text" or "answer": `mask` is uint8 [T, H, W], 1 where words (of the answer) are.
        dtype: uint8 in 0 to 255, or float32 in -1 to 1.
        layout: tchw, cthw or thwc.
        channels: 3 equal ones, which share their memory unless `contiguous`; or 1. Of clips, RGB or luma.
        shuffle: how many samples are shuffled with each other (see `vwd.stream.shuffle`); 0 for the packed order.
        streams: the most shards that are read at once, over all ranks and workers.
        remainder: where an epoch's samples do not divide by the ranks: "pad" the end with samples from the epoch's
            beginning, which have `padding` set, or "drop" it.
        on_error: for a sample that cannot be read or decoded: "raise", "skip" it (the batch is one smaller; where
            nothing would be left, it is replaced), or "replace" it by the next one. `failures` counts them.
        reading: by "offset", or each shard as a "stream" through webdataset; "auto": by offset what is on disk.
        check: compare what is read with the checksums in the ledger (outputs of format 3), so that a flipped bit is a
            broken sample.
        ledger: for `pipe:` and `http:` addresses: a local folder with the output's `pack.json` and `ledger/`,
            or such folders by address.
        rank, world_size: those of torch.distributed or torchrun, unless given.
        weights: instead of `address`: several outputs with their shares (see `mix`).
        augment: vary the look of each sample; with source "device".
        split: "train" or "val": a part of the samples. A hash of a sample's key decides, so that it is in the same one
            in every epoch, whatever else is packed.
        val_fraction: about how much of all is for validation.

    Raises:
        MissingExtraError: torch is not installed.
        UsageError: an argument is none of the above.
        OutputError: there is no output, or no sample in it.
    """

    def __init__(
        self,
        address: Address,
        *,
        task: Literal["inference", "rendering", "both"] = "inference",
        frames: Frames | int | str | None = "all",
        size: tuple[int, int] | str | None = None,
        bucket: str | None = None,
        seed: int = 0,
        source: Pixels = "video",
        mask: Mask | None = None,
        dtype: Dtype = "uint8",
        layout: Layout = "tchw",
        channels: Literal[1, 3] = 3,
        contiguous: bool = False,
        shuffle: int = 4096,
        streams: int = 128,
        remainder: Remainder = "pad",
        on_error: Literal["raise", "skip", "replace"] = "raise",
        reading: Reading = "auto",
        check: bool = False,
        ledger: Address | Mapping[Address, Address] | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        weights: Mapping[Address, float | str] | None = None,
        augment: Augment | None = None,
        split: Part | None = None,
        val_fraction: float = DEFAULT_FRACTION,
    ) -> None:
        require_torch()
        import numpy.random  # noqa: F401, which each worker would else import by itself, after it was forked

        from vwd.stream.collate import register
        from vwd.stream.progress import Progress

        register()
        check_choices(
            task=(task, (*TASKS, "both")),
            remainder=(remainder, ("pad", "drop")),
            on_error=(on_error, ("raise", "skip", "replace")),
            reading=(reading, ("auto", "offset", "stream")),
        )
        if shuffle < 0 or streams < 1:
            raise UsageError(f"shuffle={shuffle}, streams={streams}", "Give at least 0 and 1.")
        tasks = tasks_of(task)
        held = None if bucket is None else Bucket.parse(bucket)
        if held and size is not None:
            raise UsageError(f"size={size!r} with bucket='{held}'", "Give one of them.")
        chosen, scaled = Frames.parse(frames), parse_size(size)
        if held:
            chosen, scaled = held.selection(chosen), held.size
        self._format = TensorFormat(chosen, source, scaled, dtype, layout, channels, contiguous, mask)
        if augment and source != "device":
            raise UsageError(f"augment= with source={source!r}", "Give source='device'.")
        self._seed, self._augment, self._split, self._shuffles = seed, augment, split, shuffle > 0
        self._iterations = Iterations()
        mixture = weights or {address: 1}
        ledgers = ledger if isinstance(ledger, Mapping) else dict.fromkeys(mixture, ledger)
        self._sources = [open_source(one, ledgers.get(one)) for one in mixture]
        for one in self._sources:
            if one.clips:
                check_form(self._format, one.dataset)
            if one.video is not None:
                self._format.check_video(one.video)
                if self._format.turns_over(one.video):
                    warnings.warn(
                        f"size={size!r} is height before width: {one.dataset} is {one.video.width}x{one.video.height}",
                        stacklevel=2,
                    )
        among = [numbers_in(one, held) if held else None for one in self._sources]
        selections = [select(one, split, val_fraction, own) for one, own in zip(self._sources, among, strict=True)]
        orders = [
            Order(one.counts, hash_integers(seed, number), shuffle, streams) for number, one in enumerate(selections)
        ]
        shares = integer_shares(list(mixture.values()))
        self._epochs = Epochs(orders, shares, tasks, seed, selections)
        endings = [self._endings(one, tasks) for one in self._sources]
        self._readers = Readers(self._sources, orders, endings, self._epochs.window, reading, check)
        self._remainder, self._on_error = remainder, on_error
        settings = (
            shares,
            task,
            seed,
            shuffle,
            streams,
            *((split, val_fraction) if split else ()),
            *filter(None, [held]),
        )
        self.order_id = identity(self._sources, *settings)
        self.old_order_id = identity(self._sources, *settings, hashes=False)
        self.progress = Progress(rank, world_size)

    @classmethod
    def mix(cls, weights: Mapping[Address, float | str], **options: Any) -> ShardDataset:
        """Several outputs in exact shares: `ShardDataset.mix({"OUT/gsm8k": 1, "OUT/tinystories": 4})`.

        An epoch is as long as the outputs together; an exhausted one starts again, in another order.
        """
        return cls(next(iter(weights)), weights=weights, **options)

    @property
    def samples(self) -> int:
        """In an epoch, over all ranks, without padding."""
        return self._epochs.samples

    def set_epoch(self, epoch: int) -> None:
        """Starts an epoch, counted from 0. An epoch that a loader has just resumed continues where it was."""
        self.progress.go_to(epoch, 0 if epoch != self.progress.epoch else self.progress.start)

    def state_dict(self) -> dict[str, int | str]:
        """What torchdata's StatefulDataLoader saves with its own progress: epoch, order, and number of ranks.

        The state of a `ShardLoader` can be loaded with another number of ranks and workers; this one cannot.
        """
        progress = self.progress
        return {
            "epoch": progress.epoch, "start": progress.start, "world_size": progress.world_size, "order": self.order_id
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes to the epoch of a state, unless `set_epoch` has gone to a later one: then its epoch had ended.

        Raises:
            ContractError: the state is of another order, or of another number of ranks.
        """
        epoch, start = checked_state(state, "start", self)
        if state.get("world_size") != self.progress.world_size:
            raise ContractError(
                f"this state was saved with {state.get('world_size')!r} ranks, there are {self.progress.world_size}",
                "Use as many, or a ShardLoader, whose states any number of ranks can load.",
            )
        if epoch >= self.progress.epoch:
            self.progress.go_to(epoch, start, resumed=True)

    def __len__(self) -> int:
        """Samples that are left in this epoch for this rank; the same number for every rank."""
        self.progress.find_rank()
        return samples_per_rank(self.samples - self.progress.start, self.progress.world_size, self._remainder)

    def batches(self, size: int, drop_last: bool = False) -> int:
        """Batches of a whole epoch, for each rank."""
        self.progress.find_rank()
        samples = samples_per_rank(self.samples, self.progress.world_size, self._remainder)
        return samples // size if drop_last else -(-samples // size)

    def __iter__(self) -> Iterator[Sample]:
        """The samples that are left in this epoch for this rank."""
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        form, progress = self._format, self.progress
        names = ", ".join(one.dataset for one in self._sources) + f", split='{self._split}'" * bool(self._split)
        return (
            f"ShardDataset({names}: {self.samples:,} samples an epoch, epoch {progress.epoch}, "
            f"rank {progress.rank} of {progress.world_size}, source='{form.pixels}', layout='{form.layout}', "
            f"dtype='{form.dtype}', channels={form.channels})"
        )

    def __getitem__(self, index: int) -> Sample:
        """The sample at a place in this epoch's order, among those that are left for this rank.

        Raises:
            IndexError: there are not so many.
        """
        if not hasattr(index, "__index__"):
            raise TypeError(f"a ShardDataset is indexed by one number, not by {index!r}: data[0], or a DataLoader")
        if not -len(self) <= index < len(self):
            raise IndexError(f"sample {index} of {len(self):,}")
        asker = sys._getframe(1).f_locals.get("self")
        refuse_subset(asker)
        if is_fetcher(asker):  # of a DataLoader with batch_size=None
            self._follow(asker, [index])
        return self._batch([index % len(self)])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """The samples of a DataLoader's batch, by their numbers among those that are left for this rank.

        Raises:
            UsageError: it is not the batch that comes next in this process. The order is the dataset's own: an index is
                another sample in each epoch, so that parts cut from it, such as by `random_split`, would mix, and a
                sampler that deals out samples to ranks would give each a part of its part. Or the dataset was moved to
                another epoch meanwhile.
            IndexError: there are not so many.
        """
        if not indices:
            return []
        epoch = self._follow(sys._getframe(1).f_locals.get("self"), indices)
        samples = self._batch(indices)
        if self.progress.epoch != epoch:
            raise moved(epoch, self.progress.epoch)
        return samples

    def _follow(self, asker: Any, indices: Sequence[int]) -> int:
        """Checks that these samples come next, and returns the epoch that they are of."""
        epoch = self.progress.epoch
        again = self._iterations.follow(asker, indices, len(self), self.progress) and self.progress.begin()
        if again and self._split != "val" and self._shuffles:
            _log.warning(
                "epoch %d is read a second time, in the same order: call set_epoch(epoch) before each epoch", epoch
            )
        return epoch

    def _batch(self, indices: Sequence[int]) -> list[Sample]:
        if self.progress.in_worker:
            use_one_thread()
        positions = self.progress.positions_of(indices)
        self._readers.prepare(indices, len(self), self.progress, self._request_at)
        if self._format.pixels == "device":
            return self._batch_of_pages(list(self._read(positions)))
        buffer = BatchBuffer(len(positions))
        return self._readable([(one.position, self._try(one, buffer)) for one in self._read(positions)])

    def _batch_of_pages(self, taken: Sequence[_Taken]) -> list[Sample]:
        """The samples of a batch with pages that share their memory."""
        quick = None
        if not any(one.error for one in taken):
            quick = make_samples(
                [Members(one.members, one.request.task, self._video(one)) for one in taken], self._format
            )
        if quick:
            samples, lines = quick[0], [quick[1]]
            for sample, one in zip(samples, taken, strict=True):
                self._place(sample, one.position)
        else:
            samples = self._readable([(one.position, self._try(one, BatchBuffer(1))) for one in taken])
            lines = [sample["pages"] for sample in samples]
        looks = []
        if self._augment:
            epoch = self.progress.epoch
            looks = [self._augment.look(self._seed, epoch, sample["position"]) for sample in samples]
            for sample, look in zip(samples, looks, strict=True):
                sample["look"] = look.record()
        for sample, own in zip(samples, Pages.of(lines, self._format, looks), strict=True):
            sample["pages"] = own
        return samples

    def _readable(self, tried: Sequence[tuple[int, Sample | None]]) -> list[Sample]:
        """The samples of a batch without those that could not be read, or with others instead."""
        if self._on_error == "replace" or not any(sample for _, sample in tried):
            tried = [(position, sample or self._next_readable(position)) for position, sample in tried]
        return [sample for _, sample in tried if sample]

    @property
    def failures(self) -> int:
        """How many samples could not be read or decoded so far, by all workers of this rank."""
        return self.progress.failures

    def _try(self, taken: _Taken, buffer: BatchBuffer) -> Sample | None:
        try:
            return self._sample(taken, buffer)
        except ShardError as error:
            if self._on_error == "raise":
                raise
            self.progress.count_failure()
            _log.warning("%s", error.what)
            return None

    def _next_readable(self, position: int) -> Sample:
        """The first sample after a position that can be read."""
        others = range(position + 1, position + MOST_REPLACED)
        tried = (self._try(other, BatchBuffer(1)) for other in self._read(others))
        found = next((sample for sample in tried if sample), None)
        return found or self._sample(next(self._read([position + MOST_REPLACED])), BatchBuffer(1))

    def _read(self, positions: Iterable[int]) -> Iterator[_Taken]:
        """Reads the members of the sample at each position, or finds out why they cannot be read."""
        epoch = self.progress.epoch
        known: dict[tuple[int, str], Sequence[str]] = {}
        for position in positions:
            request = self._epochs.at(epoch, position % self.samples)
            number, location, task = request
            if (endings := known.get((number, task))) is None:
                endings = known[number, task] = self._endings(self._sources[number], [task])
            try:
                yield _Taken(position, request, self._readers.read(number, location, endings))
            except ShardError as error:
                yield _Taken(position, request, {}, error)

    def _sample(self, taken: _Taken, buffer: BatchBuffer) -> Sample:
        """A sample of its members."""
        try:
            if taken.error:
                raise taken.error
            sample = self._made(taken, buffer)
        except ShardError as error:
            source, location, _ = taken.request
            shard = self._sources[source].shards[location.shard]
            raise ShardError(f"{shard.address}, sample {location.sample}: {error.what}", error.hint) from error
        self._place(sample, taken.position)
        return sample

    def _made(self, taken: _Taken, buffer: BatchBuffer) -> Sample:
        number, location, task = taken.request
        source = self._sources[number]
        if not source.clips:
            return make_sample(taken.members, task, self._format, buffer, source.video)
        row = int(rows_of(source, source.shards[location.shard])[location.sample])
        return make_clip(taken.members, source.dataset, row, task, self._format, buffer)

    def _endings(self, source: Source, tasks: Sequence[str]) -> Sequence[str]:
        """The members that are needed of a source's samples."""
        if source.clips:
            return (*source.clips, "json")
        return (*self._format.endings, *(f"{one}.json" for one in tasks))

    def _place(self, sample: Sample, position: int) -> None:
        """Positions beyond the epoch's end have its first samples again, as padding."""
        sample.update(position=position % self.samples, padding=position >= self.samples)

    def _video(self, taken: _Taken) -> VideoSpec | None:
        """That of the contract with which a sample must agree."""
        return self._sources[taken.request.source].video

    def _request_at(self, position: int) -> Request:
        return self._epochs.at(self.progress.epoch, position % self.samples)


class _Taken(NamedTuple):
    """What was read of a sample, or why it could not be read."""

    position: int
    request: Request
    members: Mapping[str, bytes]
    error: ShardError | None = None


def require_torch() -> None:
    """Says what to install where torch is missing.

    Raises:
        MissingExtraError: it is.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training data (vwd.stream)", "torch") from error
