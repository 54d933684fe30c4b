"""Luma of the video range becomes full range exactly as the table says, for every value and every shape."""

from __future__ import annotations

import numpy as np
import pytest

from vwd.stream.decode import FULL_RANGE, stretch

pytest.importorskip("cv2")


@pytest.mark.parametrize("shape", [(16, 16), (1, 256), (3, 101), (360, 640)])
def test_every_value_of_luma_is_stretched_as_the_table_says(shape: tuple[int, int]) -> None:
    luma = np.resize(np.arange(256, dtype=np.uint8), shape)
    out = np.empty(shape, np.uint8)
    stretch(luma, out)
    assert np.array_equal(out, FULL_RANGE[luma])


def test_luma_of_padded_rows_is_written_into_a_part_of_a_batch() -> None:
    padded = np.random.default_rng(0).integers(0, 256, (36, 96), np.uint8)
    batch = np.full((3, 36, 64), 7, np.uint8)
    stretch(padded[:, :64], batch[1])
    assert np.array_equal(batch[1], FULL_RANGE[padded[:, :64]])
    assert (batch[[0, 2]] == 7).all()
