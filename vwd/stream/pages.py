"""`Pages`: a batch of videos as glyphs and places, a few kilobytes each, that a device draws as frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vwd.errors import UsageError
from vwd.stream.augment import Look
from vwd.stream.form import Layout, TensorFormat, parse_size
from vwd.stream.lines import Lines
from vwd.stream.page_table import Tables, build, join

if TYPE_CHECKING:
    import torch


class Pages:
    """Videos that are yet to be drawn: `render` gives the tensor that `batch["video"]` is with other sources.

    Like a tensor it has `device`, `shape` (of what `render` gives), `dtype` and `nbytes`, moves with `to`, `cuda` and
    `cpu`, pins its memory with `pin_memory`, and is cut with `[i]`, `[i:j]` and `split`. The parts of a batch share its
    memory. `default_collate`, accelerate and Lightning collate and move it as they do a tensor.
    """

    def __init__(self, memory: torch.Tensor, tables: Tables, form: TensorFormat, samples: range, single: bool) -> None:
        self.memory, self.tables, self.form = memory, tables, form
        self.samples, self.single = samples, single

    @classmethod
    def of(cls, parts: Sequence[Lines], form: TensorFormat, looks: Sequence[Look] = ()) -> Pages:
        """Those of a batch, from the lines of its samples, in one part or several."""
        import torch

        memory, tables = build(parts, form.mask is not None, looks)
        return cls(torch.from_numpy(memory), tables, form, range(len(tables.sizes)), False)

    @property
    def device(self) -> torch.device:
        return self.memory.device

    @property
    def nbytes(self) -> int:
        """Bytes in memory, of the whole batch: what travels to a device."""
        return int(self.memory.numel())

    @property
    def dtype(self) -> torch.dtype:
        """Of the video."""
        import torch

        found: torch.dtype = getattr(torch, self.form.dtype)
        return found

    @property
    def lengths(self) -> tuple[int, ...]:
        """Selected frames of each sample."""
        return tuple(self.tables.lengths[number] for number in self.samples)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the video."""
        axes = {"t": max(self.lengths, default=0), "c": self.form.channels}
        axes["h"], axes["w"] = self.size(self.form)
        own = tuple(axes[axis] for axis in self.form.layout)
        return own if self.single else (len(self.samples), *own)

    def size(self, form: TensorFormat) -> tuple[int, int]:
        """Height and width of the frames.

        Raises:
            UsageError: the samples have different ones, and `form` names none.
        """
        sizes = {self.tables.sizes[number] for number in self.samples}
        if form.size is None and len(sizes) > 1:
            raise UsageError(
                f"videos of {len(sizes)} sizes in a batch: {', '.join(f'{w}x{h}' for h, w in sorted(sizes))}",
                "Give the dataset a size to scale them to, such as size=(360, 640).",
            )
        return form.size or sizes.pop()

    def render(
        self,
        device: torch.device | str | None = None,
        *,
        size: Any = None,
        dtype: str | None = None,
        layout: Layout | None = None,
        channels: int | None = None,
        contiguous: bool | None = None,
    ) -> torch.Tensor:
        """The frames, drawn on a device: the same numbers on each.

        Args:
            device: where these pages are moved first; None where they are.
            size, dtype, layout, channels, contiguous: as in `ShardDataset`, and by default as given there.

        Returns:
            [B, T, C, H, W] in the layout tchw; without B for a single sample. Shorter videos repeat their last frame.
        """
        given = {"dtype": dtype, "layout": layout, "channels": channels, "contiguous": contiguous}
        given = {name: value for name, value in given.items() if value is not None}
        form = replace(self.form, size=parse_size(size) or self.form.size, **given)  # type: ignore[arg-type]
        pages = self if device is None else self.to(device, non_blocking=True)
        video: torch.Tensor = _painter(pages).paint(pages, form)
        return video[0] if self.single else video

    def render_mask(self, device: torch.device | str | None = None, *, size: Any = None) -> torch.Tensor:
        """Where words are, or words of the answer, as the dataset's `mask` says: uint8 [B, T, H, W], 1 there.

        Raises:
            UsageError: the dataset was given no `mask`.
        """
        if self.form.mask is None:
            raise UsageError("these pages have no mask", "Give the dataset mask='text' or mask='answer'.")
        pages = self if device is None else self.to(device, non_blocking=True)
        form = replace(self.form, size=parse_size(size) or self.form.size)
        mask: torch.Tensor = _painter(pages).paint_mask(pages, form)
        return mask[0] if self.single else mask

    def to(self, *target: Any, non_blocking: bool = False, **options: Any) -> Pages:
        """On a device, as `torch.Tensor.to`: itself where it is there already. The dtype is that of the video."""
        import torch

        for one in target:
            if isinstance(one, torch.dtype):
                raise UsageError(f"Pages.to({one})", "Give render(dtype=…), or the dataset dtype=….")
        options = {name: value for name, value in options.items() if name in ("device", "copy")}
        return self._with(self.memory.to(*target, non_blocking=non_blocking, **options))

    def cuda(self, device: Any = None, non_blocking: bool = False) -> Pages:
        return self._with(self.memory.cuda(device, non_blocking=non_blocking))

    def cpu(self) -> Pages:
        return self._with(self.memory.cpu())

    def pin_memory(self, device: Any = None) -> Pages:
        return self._with(self.memory.pin_memory())

    def is_pinned(self) -> bool:
        return bool(self.memory.is_pinned())

    def record_stream(self, stream: Any) -> None:
        """Keeps the memory until a CUDA stream has used it."""
        self.memory.record_stream(stream)

    def clone(self) -> Pages:
        return self._with(self.memory.clone())

    def split(self, size: int) -> tuple[Pages, ...]:
        """Parts of so many samples; the last may be smaller."""
        self._require_batch()
        return tuple(self[start : start + size] for start in range(0, len(self), size))

    def __len__(self) -> int:
        """Samples."""
        self._require_batch()
        return len(self.samples)

    def __getitem__(self, index: int | slice) -> Pages:
        self._require_batch()
        if isinstance(index, slice):
            if index.step not in (None, 1):
                raise TypeError("Pages are cut into samples that follow each other: give no step")
            return Pages(self.memory, self.tables, self.form, self.samples[index], False)
        number = self.samples[index]
        return Pages(self.memory, self.tables, self.form, range(number, number + 1), True)

    def __iter__(self) -> Iterator[Pages]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        place = "" if self.device.type == "cpu" else f", device='{self.device}'"
        many = f"{len(self.samples)} of a batch of {len(self.tables.sizes)}"
        return (
            f"Pages(shape={list(self.shape)}, dtype={self.dtype}, layout='{self.form.layout}', "
            f"{many}, {self.nbytes:,} bytes{place})"
        )

    def _require_batch(self) -> None:
        if self.single:
            raise TypeError("the pages of a single sample are not cut further")

    def _with(self, memory: torch.Tensor) -> Pages:
        return self if memory is self.memory else Pages(memory, self.tables, self.form, self.samples, self.single)


def stacked(parts: Sequence[Pages]) -> Pages:
    """The pages of single samples as those of a batch. Without copying where they are a whole batch already."""
    import torch

    first = parts[0]
    numbers = [part.samples.start for part in parts]
    if all(part.memory is first.memory for part in parts) and numbers == list(range(len(first.tables.sizes))):
        return Pages(first.memory, first.tables, first.form, range(len(parts)), False)
    memory, tables = join([(part.memory.numpy(), part.tables, part.samples.start) for part in parts])
    return Pages(torch.from_numpy(memory), tables, first.form, range(len(parts)), False)


def _painter(pages: Pages) -> Any:
    """The module that draws on the pages' device."""
    kind = pages.device.type
    if kind == "cpu":
        from vwd.stream import paint_cpu

        return paint_cpu
    if kind == "cuda" and _has_triton():
        from vwd.stream import paint_triton

        return paint_triton
    from vwd.stream import paint_torch

    return paint_torch


def _has_triton() -> bool:
    from importlib.util import find_spec

    return find_spec("triton") is not None
