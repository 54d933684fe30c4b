"""Pages drawn on a GPU are the frames that a CPU draws, to the last bit. `tools/bench/device.sh` runs these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH, SAMPLES

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU on this machine"),
]

FORMS = [
    ("tchw", "uint8", 1, False),
    ("tchw", "uint8", 3, True),
    ("tchw", "bfloat16", 3, True),
    ("cthw", "float32", 3, False),
    ("cthw", "bfloat16", 1, False),
    ("thwc", "uint8", 3, True),
    ("thwc", "float32", 3, True),
]


def batch_of(address: Path, count: int = 6, **options: Any) -> Any:
    from vwd.stream import ShardDataset

    data = ShardDataset(address, source="device", **options)
    return next(iter(torch.utils.data.DataLoader(data, batch_size=count)))


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("size", [None, (60, 80), (40, 32), "100x100", "320x240", (90, 200)])
@pytest.mark.parametrize("frames", ["all", 5, "reveals", "first:3"])
def test_every_form_has_the_bits_of_the_cpu(uneven: Path, frames: Any, size: Any, augmented: bool) -> None:
    from vwd.stream import Augment, paint_torch

    pages = batch_of(uneven, frames=frames, size=size, mask="answer", augment=Augment() if augmented else None)["pages"]
    for layout, dtype, channels, contiguous in FORMS:
        options = {"layout": layout, "dtype": dtype, "channels": channels, "contiguous": contiguous}
        drawn, expected = pages.render("cuda", **options), pages.render("cpu", **options)
        assert drawn.is_cuda
        assert torch.equal(drawn.cpu(), expected), options
        plain = paint_torch.paint(pages.to("cuda"), replace(pages.form, **options))
        assert torch.equal(plain.cpu(), expected), options
    assert torch.equal(pages.render_mask("cuda").cpu(), pages.render_mask("cpu"))
    assert torch.equal(pages[2:4].render("cuda").cpu(), pages[2:4].render("cpu"))
    assert torch.equal(pages[3].render("cuda").cpu(), pages[3].render("cpu"))


def test_the_same_pages_give_the_same_bytes(uneven: Path) -> None:
    pages = batch_of(uneven).pop("pages").to("cuda")
    before = pages.memory.clone()
    first = pages.render(dtype="bfloat16")
    assert not first.requires_grad
    assert torch.equal(first, pages.render(dtype="bfloat16"))
    assert torch.equal(before, pages.memory)


@pytest.mark.parametrize("source", ["video", "storyboard", "device"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("contiguous", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_every_batch_can_be_pinned_and_fetched_ahead(
    uneven: Path, source: Any, channels: Any, contiguous: bool, workers: int
) -> None:
    from vwd.stream import ShardDataset, prefetch

    if source == "video":
        pytest.importorskip("av", reason=NO_TORCH)
    data = ShardDataset(
        uneven, source=source, frames=5, channels=channels, contiguous=contiguous, mask="text", shuffle=0
    )
    loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=workers, pin_memory=True)
    reference = torch.utils.data.DataLoader(
        ShardDataset(uneven, source="video" if source == "video" else "storyboard", frames=5, channels=channels,
                     mask="text", shuffle=0), batch_size=4
    )  # fmt: skip
    for batch in loader:
        assert batch["pages" if source == "device" else "video"].is_pinned()
    seen = 0
    for batch, expected in zip(prefetch(loader, "cuda"), reference, strict=True):
        assert batch["key"] == expected["key"]
        assert batch["video"].is_cuda
        assert torch.equal(batch["video"].cpu(), expected["video"])
        assert torch.equal(batch["mask"].cpu(), expected["mask"])
        seen += len(batch["key"])
    assert seen == SAMPLES
