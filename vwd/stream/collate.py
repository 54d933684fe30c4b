"""Batches of samples, in which three equal channels still share their memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vwd.errors import UsageError
from vwd.stream.batch_buffer import joined
from vwd.stream.pages import Pages, stacked
from vwd.stream.sample import Sample

if TYPE_CHECKING:
    import torch

Batch = dict[str, Any]


def collate(samples: Sequence[Sample], **_: Any) -> Batch:
    """A batch: tensors stacked, numbers as int64 tensors, flags as bool ones, texts as lists.

    Where videos have different numbers of frames, the last frame of the shorter ones is repeated; `length`, int64 [B],
    says how many are their own. Extra arguments are those that torch's `default_collate` passes on.
    """
    import torch
    from torch.utils.data import get_worker_info

    from vwd.stream.parcel import Parcel

    batch: Batch = {}
    longest = max(sample["length"] for sample in samples)
    for name, first in samples[0].items():
        values = [sample[name] for sample in samples]
        if isinstance(first, Pages):
            batch[name] = stacked(values)
        elif isinstance(first, torch.Tensor):
            batch[name] = _stack([_lengthen(sample[name], sample.time_axes[name], longest) for sample in samples])
        elif isinstance(first, dict):
            batch[name] = {own: torch.tensor([value[own] for value in values]) for own in first}
        elif isinstance(first, int):  # and bool
            batch[name] = torch.tensor(values)
        else:
            batch[name] = values
    return batch if get_worker_info() is None else Parcel(batch)


def _lengthen(video: torch.Tensor, axis: int, longest: int) -> torch.Tensor:
    """Repeats the last frame. Axes of stride 0 keep it."""
    import torch

    from vwd.stream.shared_channels import thin

    length = video.shape[axis]
    if length == longest:
        return video
    shape = list(video.shape)
    shape[axis] = longest
    return thin(video).index_select(axis, torch.arange(longest).clamp_(max=length - 1)).expand(shape)


def _stack(videos: list[torch.Tensor]) -> torch.Tensor:
    import torch
    from torch.utils.data import default_collate

    from vwd.stream.shared_channels import SharedChannels, thin

    shape = videos[0].shape
    if other := next((video.shape for video in videos if video.shape != shape), None):
        raise UsageError(
            f"videos of different sizes in one batch, {list(shape)} and {list(other)}", "Give `size`, or a `bucket`."
        )
    parts = [thin(video) for video in videos]
    if any(part.shape != parts[0].shape for part in parts):  # grey ones beside coloured ones
        parts = [video.as_subclass(torch.Tensor) for video in videos]
    stacked = joined(parts)
    if stacked is None:
        stacked = default_collate(parts)  # into shared memory where it runs in a worker
    return SharedChannels.of(stacked.expand(len(videos), *shape))


def register() -> None:
    """Registers `collate` with torch's `default_collate`, so that a plain DataLoader uses it."""
    from torch.utils.data._utils.collate import default_collate_fn_map

    default_collate_fn_map[Sample] = collate
    default_collate_fn_map[Pages] = lambda pages, **_: stacked(pages)
