"""A shard is a pure function of the plan and its number: its bytes do not depend on who packs it, or how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run
from shards.packing import SMALL, gsm8k, tar_hashes, temp_files, write_lamps

pytest_plugins = ["shards.packed"]


def test_packing_the_same_rows_twice_gives_the_same_bytes(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--out", "again"))
    hashes = tar_hashes(tmp_path / "again" / "gsm8k")
    assert len(hashes) == 3
    assert hashes == tar_hashes(three_shards / "shards" / "gsm8k")


def test_two_workers_pack_the_same_bytes_as_one(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k(workers=2))
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(three_shards / "shards" / "gsm8k")


def test_three_tasks_pack_the_same_bytes_as_one(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    for task in (2, 0, 1):
        run(*gsm8k("--task", task, "--num-tasks", 3))
        assert (folder / f"gsm8k-{task:06d}.tar").is_file()
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert temp_files(folder) == []


@pytest.mark.parametrize(
    ("dataset", "encoder"), [("belle_school_math", "mpeg4"), ("tinystories", "h264"), ("gsm8k_chinese", "opencv")]
)
def test_every_encoder_gives_the_same_bytes_with_any_number_of_workers(
    run: Run, tmp_path: Path, dataset: str, encoder: str
) -> None:
    for out, workers in (("one", 1), ("two", 2)):
        run("pack", dataset, "--rows", "builtin", "--num-samples", 6, "--shard-size", 3, *SMALL[:4],
            "--encoder", encoder, "--out", out, "--num-workers", workers)  # fmt: skip
    hashes = tar_hashes(tmp_path / "one" / dataset)
    assert len(hashes) == 2
    assert hashes == tar_hashes(tmp_path / "two" / dataset)


def test_a_slice_of_the_rows_packs_the_same_bytes_as_all_rows(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--start-idx", 6, "--num-samples", 6))
    all_shards = tar_hashes(three_shards / "shards" / "gsm8k")
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == {"gsm8k-000001.tar": all_shards["gsm8k-000001.tar"]}
