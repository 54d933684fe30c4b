"""Frames drawn on the CPU take the memory of the last ones that were freed, and never of any that somebody has."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from stream.streaming import NO_TORCH

from vwd.stream import spare_memory
from vwd.stream.spare_memory import empty

torch = pytest.importorskip("torch", reason=NO_TORCH)

SHAPE = (2, 3, 5)


@pytest.fixture(autouse=True)
def _nothing_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    monkeypatch.setattr(spare_memory, "_spare", [])


def address(array: Any) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


def test_memory_that_was_freed_is_used_again() -> None:
    first = empty(SHAPE)
    where = address(first)
    del first
    again = empty(SHAPE)
    assert address(again) == where
    assert again.shape == SHAPE
    assert again.flags.c_contiguous


def test_one_piece_of_memory_is_spare_at_most() -> None:
    several = [empty(SHAPE) for _ in range(3)]
    several.clear()
    assert len(spare_memory._spare) == 1


def test_memory_of_another_size_is_let_go() -> None:
    first = empty(SHAPE)
    del first
    assert empty((7,)).shape == (7,)
    assert not [one for one in spare_memory._spare if one.size == np.prod(SHAPE)]


PARTS: dict[str, Callable[[Any], Any]] = {
    "a slice": lambda whole: whole[0],
    "another shape": lambda whole: whole.reshape(-1),
    "a tensor": torch.from_numpy,
    "a row of a tensor": lambda whole: torch.from_numpy(whole).unsqueeze(2)[0],
    "an array of a tensor": lambda whole: torch.from_numpy(whole)[0].numpy(),
}


@pytest.mark.parametrize("part", PARTS)
def test_memory_that_somebody_has_is_not_used_again(part: str) -> None:
    whole: Any = empty(SHAPE)
    whole[:] = 7
    kept = PARTS[part](whole)
    del whole
    other = empty(SHAPE)
    other[:] = 0
    assert bool((kept == 7).all())


def test_memory_of_tensors_is_used_again() -> None:
    tensor = torch.from_numpy(empty(SHAPE))
    where = tensor.data_ptr()
    del tensor
    assert address(empty(SHAPE)) == where
