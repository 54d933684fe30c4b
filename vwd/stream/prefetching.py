"""`prefetch`: the next batch is copied to the device, and drawn there, while the model works on this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

Batch = dict[str, Any]


def prefetch(loader: Iterable[Batch], device: torch.device | str) -> Prefetcher:
    """The batches of a loader, on a device, one ahead of the training loop.

    Tensors are moved. Pages are drawn: `video` takes the place of `pages`, and `mask` is added where the dataset has
    one. On a GPU both happen on a stream of their own; pin the loader's memory, or copies wait for each other.

    Args:
        loader: a DataLoader or ShardLoader. Where it has a `state_dict`, that of the prefetcher is the one as of the
            last batch that the training loop has received.
    """
    return Prefetcher(loader, device)


class Prefetcher:
    """See `prefetch`."""

    def __init__(self, loader: Iterable[Batch], device: torch.device | str) -> None:
        import torch

        self._loader, self._device = loader, torch.device(device)
        self._state: Any = None

    def __len__(self) -> int:
        return len(self._loader)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Batch]:
        import torch

        self._state = None
        if self._device.type != "cuda":
            for batch in self._loader:
                self._state = self._loader_state()
                yield on_device(batch, self._device)
            self._state = None
            return
        side = torch.cuda.Stream(self._device)
        ahead: tuple[Batch, Any, Any] | None = None
        for batch in self._loader:
            state = self._loader_state()
            with torch.cuda.stream(side):
                coming = on_device(batch, self._device)
                drawn = side.record_event()
            if ahead is not None:
                yield self._hand_over(*ahead)
            ahead = (coming, state, drawn)
        if ahead is not None:
            yield self._hand_over(*ahead)
        self._state = None

    @property
    def sampler(self) -> Any:
        """The loader's, whose `set_epoch` Lightning calls before each epoch."""
        return getattr(self._loader, "sampler", None)

    def state_dict(self) -> Any:
        """The loader's state as of the last batch that was received from here."""
        return self._loader_state() if self._state is None else self._state

    def load_state_dict(self, state: Any) -> None:
        self._state = None
        self._loader.load_state_dict(state)  # type: ignore[attr-defined]

    def _loader_state(self) -> Any:
        read = getattr(self._loader, "state_dict", None)
        return read() if read else None

    def _hand_over(self, batch: Batch, state: Any, drawn: Any) -> Batch:
        """A batch of the side stream to the one that computes: its memory must not be used anew before that is done."""
        import torch

        stream = torch.cuda.current_stream(self._device)
        stream.wait_event(drawn)
        for value in _leaves(batch):
            value.record_stream(stream)
        self._state = state
        return batch


def on_device(batch: Batch, device: torch.device) -> Batch:
    """A batch with its tensors on a device, and its pages drawn there."""
    from vwd.stream.pages import Pages

    moved: Batch = {}
    for name, value in batch.items():
        if isinstance(value, Pages):
            pages = value.to(device, non_blocking=True)
            moved["video"] = pages.render()
            if pages.form.mask:
                moved["mask"] = pages.render_mask()
        elif isinstance(value, dict):
            moved[name] = on_device(value, device)
        else:
            moved[name] = value.to(device, non_blocking=True) if hasattr(value, "to") else value
    return moved


def _leaves(batch: Batch) -> Iterator[Any]:
    for value in batch.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif hasattr(value, "record_stream"):
            yield value
