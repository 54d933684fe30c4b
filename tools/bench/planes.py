"""Compares two forms in which text videos can travel to a device: glyphs and their places, and two planes a page.

    python tools/bench/planes.py OUT/gsm8k --device cuda

`vwd.stream` sends glyphs, each once a batch, and where and when each appears. The other form, made here, is a page's
ink, and the frame from which on each of its pixels is shown: uint8 both, of the rows that lines of text cover. Both are
made of the same lines by one worker process, and both are drawn; the frames must be the same, to the last bit, or the
exit code is 1. All of a worker's CPU time counts, that of sending, too.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, default_collate, get_worker_info

from vwd.stream import ShardDataset
from vwd.stream.collate import collate
from vwd.stream.lines import Lines
from vwd.stream.quick import Members, make_samples
from vwd.stream.spare_memory import empty

# A time that never comes: planes of one byte hold the others of up to 255 frames.
NEVER = 255
# A batch of whole videos takes 44 MB a sample; a GPU holds more of them.
_DRAWN_TOGETHER = {"cpu": 4, "cuda": 32}

Batch = dict[str, Any]


class PlanesDataset(torch.utils.data.Dataset):  # type: ignore[misc]
    """The samples of a dataset in their packed order, a batch at a time, and the lines of their text."""

    def __init__(self, data: ShardDataset) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitems__(self, positions: Sequence[int]) -> tuple[list[Any], Lines]:
        data = self._data
        taken = list(data._read(positions))
        made = make_samples([Members(one.members, one.request.task, data._video(one)) for one in taken], data._format)
        if made is None:
            raise SystemExit("a sample cannot be read: check the output with 'vwd verify'")
        for sample, position in zip(made[0], positions, strict=True):
            del sample["pages"]
            data._place(sample, position)
        return made


def with_planes(batch: tuple[list[Any], Lines]) -> Batch:
    """What a worker sends: all that `vwd.stream` does, but for the pages, which are planes."""
    collated = collate(batch[0])
    collated["planes"] = planes_of(batch[1])
    return collated


def planes_of(lines: Lines) -> dict[str, torch.Tensor]:
    """A batch's pages as planes.

    Returns:
        `planes`: uint8 [2, R, W], ink from 0, paper, to 255, and the time from which on it is shown, of R rows.
        `rows`: int32 [P, H], the row in the planes of each row of each page; -1 where there is no line of text.
        `spans`: int32 [P, 3]: sample of each page, first time, and the one after its last.
    """
    if max(lines.lengths) > NEVER:
        raise SystemExit(f"videos of more than {NEVER} frames need planes of two bytes, which this program has not")
    height, width = map(max, zip(*lines.sizes, strict=True))
    page, top, down = lines.lines.T
    ends = down.cumsum()
    inked = int(ends[-1]) if len(ends) else 0
    planes = _memory((2, inked, width))
    ink, births = planes.numpy()
    ink[:], births[:] = 0, NEVER
    atlas = lines.atlas
    widths = np.diff(atlas.starts)[lines.glyphs]
    after = np.append(0, widths.cumsum())
    columns = (atlas.starts[lines.glyphs] - after[:-1]).repeat(widths) + np.arange(after[-1])
    strip = atlas.pixels.T.take(columns, axis=1)
    line, left, when, count = lines.pieces.T
    last = count.cumsum()
    places = (ends - down)[line], ends[line], left, after[last - count], after[last], when
    for first, stop, x, start, end, born in zip(*(one.tolist() for one in places), strict=True):
        ink[first:stop, x : x + end - start] = strip[: stop - first, start:end]
        births[first:stop, x : x + end - start] = born
    every = np.arange(inked)
    rows = np.full((len(lines.pages), height), -1, np.int32)
    rows[page.repeat(down), (top - ends + down).repeat(down) + every] = every
    return {
        "planes": planes, "rows": torch.from_numpy(rows), "spans": torch.from_numpy(lines.pages.astype(np.int32))
    }  # fmt: skip


def _memory(shape: tuple[int, ...]) -> torch.Tensor:
    """Of any content; in a worker it is shared, so that nothing is copied when it is sent."""
    if get_worker_info() is None:
        return torch.from_numpy(np.empty(shape, np.uint8))
    shared = torch.UntypedStorage._new_shared(int(np.prod(shape)))
    flat: torch.Tensor = torch.empty(0, dtype=torch.uint8).set_(shared)
    return flat.view(shape)


def draw_planes(batch: dict[str, torch.Tensor], samples: int, times: int) -> torch.Tensor:
    """The frames of planes, uint8 [B, T, 1, H, W], where these are."""
    if batch["planes"].is_cuda:
        from planes_kernel import draw

        return draw(batch["planes"], batch["rows"], batch["spans"], samples, times, NEVER)
    (ink, births), rows = batch["planes"].numpy(), batch["rows"].numpy()
    frames = empty((samples, times, rows.shape[1], ink.shape[1]))
    for page, (sample, first, stop) in enumerate(batch["spans"].tolist()):
        own = np.flatnonzero(rows[page] >= 0)
        value, born = 255 - ink[rows[page, own]], births[rows[page, own]]
        new = np.bincount(born.reshape(-1), minlength=NEVER + 1) > 0
        canvas = np.full(frames.shape[2:], 255, np.uint8)
        for moment in range(first, stop):
            if moment == first or new[moment]:
                hidden = np.greater(born, moment).view(np.uint8)
                canvas[own] = value | np.negative(hidden, out=hidden)  # 255, which is paper, where it is hidden
            frames[sample, moment] = canvas
    return torch.from_numpy(frames)[:, :, None]


@dataclass
class Form:
    """A form of pages under test, and what it took so far.

    Attributes:
        key: of the pages in a batch.
        worker: CPU seconds a sample, of each batch.
        drawn: seconds a sample, of each batch.
        travelled: bytes a sample, of each batch.
    """

    name: str
    key: str
    data: Any
    collate: Callable[[Any], Batch]
    draw: Callable[[Any, int, int], torch.Tensor]
    worker: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    travelled: list[float] = field(default_factory=list)

    def loader(self, count: int, size: int, workers: int = 0) -> DataLoader[Any]:
        def stamped(samples: Any) -> Batch:
            batch = self.collate(samples)
            batch["cpu"] = time.process_time()
            return batch

        return DataLoader(
            self.data, size, sampler=range(count), num_workers=workers, collate_fn=stamped, drop_last=workers > 0
        )

    def prepare(self, count: int, size: int) -> None:
        """Has one worker make all batches, and notes what it used from one batch to the next."""
        before = None
        for batch in self.loader(count, size, workers=1):
            if before is not None:
                self.worker.append((batch["cpu"] - before) / size)
            before = batch["cpu"]
            self.travelled.append(_bytes(batch[self.key]) / size)


def forms(output: str, frames: str) -> list[Form]:
    def data() -> ShardDataset:
        return ShardDataset(output, source="device", frames=int(frames) if frames.isdigit() else frames,
                            channels=1, shuffle=0)  # fmt: skip

    return [
        Form("glyphs and places", "pages", data(), default_collate, lambda pages, *_: pages.render()),
        Form("two planes a page", "planes", PlanesDataset(data()), with_planes, draw_planes),
    ]


def _bytes(pages: Any) -> int:
    return sum(one.nbytes for one in pages.values()) if isinstance(pages, dict) else pages.nbytes


def _moved(pages: Any, device: str) -> Any:
    return {name: one.to(device) for name, one in pages.items()} if isinstance(pages, dict) else pages.to(device)


def draw_all(tested: Sequence[Form], count: int, device: str) -> int:
    """Draws every sample in every form, and notes how long it took. Returns how many samples have the same frames."""
    equal = 0
    loaders = [form.loader(count, _DRAWN_TOGETHER[device]) for form in tested]
    for number, batches in enumerate(zip(*loaders, strict=True)):
        keys, times = batches[0]["key"], int(max(batches[0]["length"]))
        if any(batch["key"] != keys for batch in batches):
            raise SystemExit("the forms are not of the same samples")
        moved = [_moved(batch[form.key], device) for form, batch in zip(tested, batches, strict=True)]
        calls = [partial(form.draw, pages, len(keys), times) for form, pages in zip(tested, moved, strict=True)]
        for form, call in zip(tested, calls, strict=True):
            if not number:
                call()  # programs are compiled, and memory is there
            form.drawn.append(_seconds(call, device) / len(keys))
        first, other = (call() for call in calls)
        equal += sum(map(torch.equal, first, other))
    return equal


def _seconds(draw: Callable[[], Any], device: str) -> float:
    """On a CPU those of CPU time, as others may use the machine."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    _wait(device)
    started = clock()
    draw()
    _wait(device)
    return clock() - started


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def missing(device: str) -> str:
    """Why nothing can be drawn on a device; nothing where it can."""
    if device == "cuda" and not torch.cuda.is_available():
        return f"not measured: torch {torch.__version__} sees no GPU on this machine"
    if device == "cuda" and not find_spec("triton"):
        return "not measured: there is no Triton"
    return ""


def lines_of_table(tested: Sequence[Form], frames: str, note: str) -> Iterator[str]:
    for form in tested:
        drawn = note or f"{1000 * median(form.drawn):.3f}"
        bytes_each = sum(form.travelled) / len(form.travelled)
        yield f"| {form.name} | {frames} | {1000 * median(form.worker):.2f} | {bytes_each:,.0f} | {drawn} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--num-samples", type=int, default=192, help="samples (default: 192)")
    parser.add_argument("--batch-size", type=int, default=32, help="of the worker; two at least are made (default: 32)")
    parser.add_argument("--rounds", type=int, default=5, help="how often a worker makes them all (default: 5)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="where they are drawn (default: cpu)")
    parser.add_argument("--frames", nargs="+", default=["all", "49"], help="as ShardDataset's (default: all 49)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)

    count = min(options.num_samples, len(ShardDataset(options.output)))
    if count < 2:
        raise SystemExit("a batch after the first is what is timed: give an output of two samples, or more")
    size = min(options.batch_size, count // 2)
    note = missing(options.device)
    device = "cpu" if note else options.device
    name = torch.cuda.get_device_name() if device == "cuda" else f"one of {os.cpu_count()} CPUs"
    print(f"{count} samples, a worker's batches of {size}, medians; drawn by: {name}\n")
    print("| form | frames | worker: CPU ms a sample | bytes a sample that travel | ms a sample to draw |")
    print("|---|---|---|---|---|")
    equal = {}
    for frames in options.frames:
        tested = forms(options.output, frames)
        equal[frames] = draw_all(tested, count, device)
        for _ in range(options.rounds):
            for form in tested:
                form.prepare(count, size)
        print(*lines_of_table(tested, frames, note), sep="\n", flush=True)
    same = ", ".join(f"{number} of {count} with frames={frames}" for frames, number in equal.items())
    print(f"\nsamples whose frames are the same in both forms, drawn on {device}: {same}")
    if any(number < count for number in equal.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
