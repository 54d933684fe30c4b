"""A batch on its way from a worker: small tensors inside the message, and no descriptor for them."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]


def sent(batch: dict[str, Any]) -> tuple[int, Any]:
    """Bytes of a batch's message, and what is read from it."""
    from vwd.stream.parcel import Parcel

    message = ForkingPickler.dumps(Parcel(batch))
    return len(message), ForkingPickler.loads(message)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(7), torch.tensor([True, False, True]), torch.tensor(3), torch.zeros(0, 4),
        torch.rand(5, 3).to(torch.bfloat16), torch.rand(6, 8).T, torch.arange(400_000), torch.rand(3, 1).expand(3, 5),
    ],
    ids=lambda tensor: f"{tensor.dtype}-{list(tensor.shape)}",
)  # fmt: skip
def test_any_tensor_arrives_as_it_was(tensor: Any) -> None:
    _, read = sent({"before": torch.tensor([True]), "own": {"it": tensor}, "text": ["a"]})
    assert type(read) is dict
    assert list(read) == ["before", "own", "text"]
    arrived = read["own"]["it"]
    assert (arrived.dtype, arrived.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(arrived, tensor)
    arrived.zero_()
    assert read["before"].all()


@pytest.mark.parametrize("options", [{}, {"augment": True, "mask": "text"}])
def test_a_batch_of_pages_is_all_in_its_message(uneven: Path, options: dict[str, Any]) -> None:
    from vwd.stream import Augment, ShardDataset

    if options.pop("augment", False):
        options["augment"] = Augment()
    data = ShardDataset(uneven, source="device", **options)
    loader = torch.utils.data.DataLoader(data, batch_size=6)
    batch = next(iter(loader))
    size, read = sent(batch)
    assert size > batch["pages"].nbytes
    assert torch.equal(read["pages"].render(), batch["pages"].render())
    assert repr(read["pages"]) == repr(batch["pages"])
    assert read["pages"].is_pinned() == batch["pages"].is_pinned()
    for name in ("length", "index", "position", "padding"):
        assert torch.equal(read[name], batch[name])


@pytest.mark.parametrize("source", ["device", "storyboard"])
def test_workers_send_plain_batches(uneven: Path, source: Any) -> None:
    from vwd.stream import ShardDataset

    data = ShardDataset(uneven, source=source, frames=3)
    kinds = {
        workers: [type(batch) for batch in torch.utils.data.DataLoader(data, batch_size=6, num_workers=workers)]
        for workers in (0, 2)
    }
    assert kinds == {0: [dict] * 4, 2: [dict] * 4}
