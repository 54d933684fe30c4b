"""Pages, drawn where they are needed, are the frames of `source="storyboard"`, to the last bit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream.streaming import NO_TORCH, SAMPLES
from text.boards import DRAWABLE, LANGUAGES, PACED_SPECS, SPECS, sample_of

from vwd.errors import ShardError, UsageError
from vwd.stream.form import TensorFormat
from vwd.stream.frame_selection import Frames
from vwd.stream.lines import lines_of
from vwd.stream.render import render, text_mask
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]

FONTS = Fonts()
SELECTIONS: list[Any] = ["all", 5, 1, "first:3", "stride:7", "reveals", "reveals:4", 24]
FORMS = [
    {"layout": layout, "dtype": dtype, "channels": channels, "contiguous": contiguous}
    for layout, dtype, channels, contiguous in [
        ("tchw", "uint8", 1, False),
        ("tchw", "uint8", 3, False),
        ("cthw", "uint8", 3, True),
        ("thwc", "uint8", 3, True),
        ("tchw", "float32", 1, False),
        ("cthw", "bfloat16", 3, False),
        ("thwc", "float32", 3, True),
    ]
]


def loader(address: Path, source: str = "device", batch: int = 6, **options: Any) -> Any:
    from vwd.stream import ShardDataset

    return torch.utils.data.DataLoader(ShardDataset(address, source=source, **options), batch_size=batch)  # type: ignore[arg-type]


def first_batches(address: Path, **options: Any) -> tuple[Any, Any]:
    """The first batch as pages, and as frames."""
    return next(iter(loader(address, **options))), next(iter(loader(address, "storyboard", **options)))


@pytest.mark.parametrize("size", [None, (60, 80), (33, 41), "320x240", (90, 200)])
@pytest.mark.parametrize("frames", SELECTIONS)
def test_pages_and_masks_are_drawn_as_the_storyboard_s(uneven: Path, frames: Any, size: Any) -> None:
    pages, drawn = first_batches(uneven, frames=frames, size=size, mask="answer")
    assert torch.equal(pages["pages"].render("cpu"), drawn["video"])
    assert torch.equal(pages["pages"].render_mask(), drawn["mask"])
    assert pages["key"] == drawn["key"]
    assert torch.equal(pages["length"], drawn["length"])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())))
def test_every_form_of_the_pages_is_that_of_the_storyboard(uneven: Path, form: dict[str, Any]) -> None:
    pages, drawn = first_batches(uneven, frames="reveals", **form)
    video = pages["pages"].render()
    assert torch.equal(video, drawn["video"])
    assert (video.dtype, video.shape) == (drawn["video"].dtype, drawn["video"].shape)
    assert (pages["pages"].dtype, pages["pages"].shape) == (video.dtype, tuple(video.shape))
    default = next(iter(loader(uneven, frames="reveals")))["pages"]
    assert torch.equal(default.render(**form), video)


@pytest.mark.parametrize("options", [{"size": None}, {"size": (60, 80)}, {"mask": "text"}])
def test_plain_torch_draws_what_the_cpu_draws(uneven: Path, options: dict[str, Any]) -> None:
    from vwd.stream import Augment, paint_torch

    for augment in (None, Augment()):
        batch = next(iter(loader(uneven, frames=5, augment=augment, **options)))
        pages = batch["pages"]
        assert torch.equal(paint_torch.paint(pages, pages.form), pages.render())
        if pages.form.mask:
            assert torch.equal(paint_torch.paint_mask(pages, pages.form), pages.render_mask())


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(DRAWABLE, DRAWABLE, LANGUAGES, SPECS | PACED_SPECS), min_size=1, max_size=3),
    st.sampled_from(SELECTIONS),
)
def test_any_storyboards_are_drawn_alike(texts: list[Any], selection: Any) -> None:
    from vwd.stream.pages import Pages

    size = (50, 70)
    frames = Frames.parse(selection)
    laid_out = [lay_out(sample_of(prompt, answer, lang), spec, FONTS) for prompt, answer, lang, spec in texts]
    drawn: list[tuple[Storyboard, Any]] = []
    for board in laid_out:
        if isinstance(board, Storyboard):
            wanted = frames.select(board)
            try:
                render(board, wanted, np.empty((len(wanted), *size), np.uint8))
            except ShardError:
                with pytest.raises(ShardError):
                    lines_of(board, wanted, "text")
            else:
                drawn.append((board, wanted))
    if not drawn:
        return
    form = TensorFormat(frames, "device", size, channels=1, mask="text")
    pages = Pages.of([lines_of(board, wanted, "text") for board, wanted in drawn], form)
    for (board, wanted), single in zip(drawn, pages, strict=True):
        for shape in (size, (board.height, board.width)):
            expected = np.empty((len(wanted), *shape), np.uint8)
            render(board, wanted, expected)
            assert np.array_equal(single.render(size=shape)[:, 0].numpy(), expected)
            assert np.array_equal(single.render_mask(size=shape).numpy(), text_mask(board, wanted, shape, "text"))


def test_pages_are_cut_collated_pickled_and_printed(uneven: Path) -> None:
    pages = next(iter(loader(uneven, frames="reveals")))["pages"]
    video = pages.render()
    assert [len(part) for part in pages.split(4)] == [4, 2]
    for number, single in enumerate(pages):
        length = single.lengths[0]
        assert torch.equal(single.render(), video[number, :length])
    assert torch.equal(pages[2:4].render(), video[2:4, : max(pages.lengths[2:4])])
    assert torch.equal(pickle.loads(pickle.dumps(pages)).render(), video)
    assert torch.equal(pages.clone().cpu().to("cpu").render(), video)
    assert "Pages(shape=[6, " in repr(pages)
    with pytest.raises(IndexError):
        pages[6]
    with pytest.raises(TypeError, match="no step"):
        pages[::2]


def test_samples_of_different_batches_make_a_batch(uneven: Path) -> None:
    from torch.utils.data import default_collate

    from vwd.stream import ShardDataset

    pages = ShardDataset(uneven, source="device", frames="reveals", mask="text", shuffle=0)
    drawn = ShardDataset(uneven, source="storyboard", frames="reveals", mask="text", shuffle=0)
    order = [5, 0, 9, 3]
    mixed = default_collate([pages[number] for number in order])
    expected = default_collate([drawn[number] for number in order])
    assert torch.equal(mixed["pages"].render(), expected["video"])
    assert torch.equal(mixed["pages"].render_mask(), expected["mask"])


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_through_workers_and_prefetch_is_that_of_the_storyboard(uneven: Path, workers: int) -> None:
    from vwd.stream import ShardDataset, prefetch

    data = ShardDataset(uneven, source="device", frames=3, mask="text")
    batches = list(prefetch(torch.utils.data.DataLoader(data, batch_size=4, num_workers=workers), "cpu"))
    expected = list(loader(uneven, "storyboard", 4, frames=3, mask="text"))
    assert sum(len(batch["key"]) for batch in batches) == SAMPLES
    for batch, other in zip(batches, expected, strict=True):
        assert batch["key"] == other["key"]
        assert torch.equal(batch["video"], other["video"])
        assert torch.equal(batch["mask"], other["mask"])


def test_rendering_changes_nothing_and_gives_the_same_bytes(uneven: Path) -> None:
    pages = next(iter(loader(uneven)))["pages"]
    memory = pages.memory.clone()
    first = pages.render(dtype="float32")
    assert not first.requires_grad
    assert torch.equal(first, pages.render(dtype="float32"))
    assert torch.equal(pages.memory, memory)


def test_a_look_is_a_function_of_seed_epoch_and_position_and_is_recorded(uneven: Path) -> None:
    from vwd.stream import Augment, ShardDataset

    def batch(epoch: int, seed: int = 0) -> Any:
        data = ShardDataset(uneven, source="device", frames=2, augment=Augment(), shuffle=0, seed=seed)
        data.set_epoch(epoch)
        return next(iter(torch.utils.data.DataLoader(data, batch_size=4)))

    one, same, later, other = batch(0), batch(0), batch(1), batch(0, seed=1)
    assert torch.equal(one["pages"].render(), same["pages"].render())
    for name, value in one["look"].items():
        assert torch.equal(value, same["look"][name])
    for different in (later, other):
        assert not torch.equal(one["look"]["ink"], different["look"]["ink"])
        assert not torch.equal(one["pages"].render(), different["pages"].render())


def test_what_pages_cannot_do_is_refused(uneven: Path) -> None:
    from vwd.stream import Augment, ShardDataset

    pages = next(iter(loader(uneven, frames=2)))["pages"]
    with pytest.raises(UsageError, match="no mask"):
        pages.render_mask()
    with pytest.raises(UsageError, match="dtype="):
        pages.render(dtype="int8")
    with pytest.raises(UsageError, match=r"Pages\.to"):
        pages.to(torch.float32)
    with pytest.raises(UsageError, match="augment= with source='storyboard'"):
        ShardDataset(uneven, source="storyboard", augment=Augment())
