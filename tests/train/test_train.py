"""`tools/train`: it learns, and a stopped run resumes as if it had not been stopped."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import time
from pathlib import Path

import cv2
import pytest
from conftest import HANG_SECONDS
from shards.packing import gsm8k, temp_files, vwd, write_lamps
from train.training import freeze_past_checkpoint, kill, lines, newest, numbers, start, train

for package in ("torch", "av", "omegaconf"):
    pytest.importorskip(package, reason="pip install 'vwd[train]'")

# Batches of 4 drop 3 of them in each epoch.
SAMPLES = 23
LONG = ("--steps", 100_000, "--checkpoint-every", 12)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed output of four uneven shards. Tests must not change it."""
    folder = tmp_path_factory.mktemp("packed")
    write_lamps(folder, SAMPLES)
    vwd(folder, *gsm8k())
    return folder / "shards" / "gsm8k"


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=pytest.mark.slow)], ids=["alone", "two-ranks"])
def killed(request: pytest.FixtureRequest, output: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The folder of a run that was killed five or more steps past its checkpoint, and its number of ranks.

    Tests must not change it.
    """
    checkpoint, ranks = tmp_path_factory.mktemp("killed"), int(request.param)
    process = start(ranks, output, checkpoint, *LONG, "--num-workers", 1)
    freeze_past_checkpoint(process, checkpoint, steps=5)
    kill(process)
    return checkpoint, ranks


@pytest.mark.slow
def test_a_killed_run_resumes_with_exactly_the_same_numbers(
    killed: tuple[Path, int], output: Path, tmp_path: Path
) -> None:
    checkpoint, ranks = killed
    undisturbed, done = numbers(checkpoint), newest(checkpoint)
    last = undisturbed[-1]["step"] + 2
    assert last - 2 >= done + 5
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    train(output, tmp_path, "--resume", "auto", "--steps", last, "--num-workers", 0, ranks=ranks)
    resumed = numbers(tmp_path)
    assert resumed[: len(undisturbed)] == undisturbed
    assert [line["step"] for line in resumed] == list(range(1, last + 1))
    assert newest(tmp_path) == last
    assert not temp_files(tmp_path)


@pytest.mark.slow
def test_a_run_resumes_with_another_number_of_ranks(killed: tuple[Path, int], output: Path, tmp_path: Path) -> None:
    checkpoint, ranks = killed
    undisturbed, done = numbers(checkpoint), newest(checkpoint)
    file = checkpoint / f"step-{done:06d}.pt"
    last = undisturbed[-1]["step"]
    train(output, tmp_path, "--resume", file, "--steps", last, ranks=3 - ranks)
    resumed, repeated = numbers(tmp_path), undisturbed[done:]
    assert [line["keys"] for line in resumed] == [line["keys"] for line in repeated]
    # The ranks' gradients are added in another order: only rounding differs.
    assert [line["loss"] for line in resumed] == pytest.approx([line["loss"] for line in repeated], rel=1e-3)


def test_sigterm_writes_a_checkpoint_and_ends_with_143(output: Path, tmp_path: Path) -> None:
    process = start(1, output, tmp_path, "--steps", 100_000, "--checkpoint-every", 100_000, "--num-workers", 2)
    try:
        deadline = time.monotonic() + HANG_SECONDS
        while len(lines(tmp_path)) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGTERM)  # as a shell or Slurm does: the loader's workers receive it, too
        _, err = process.communicate(timeout=HANG_SECONDS)
    finally:
        kill(process)
    assert process.returncode == 143, err
    assert newest(tmp_path) == lines(tmp_path)[-1]["step"] >= 3
    assert "--resume auto" in err
    assert not temp_files(tmp_path)


@pytest.mark.slow
def test_the_loss_decreases_and_checkpoints_and_sample_videos_are_written(output: Path, tmp_path: Path) -> None:
    done = train(output, tmp_path, "--steps", 60, "--checkpoint-every", 25, "--sample-every", 30)
    assert done.stdout == (tmp_path / "metrics.jsonl").read_text()
    losses = [line["loss"] for line in lines(tmp_path)]
    assert statistics.fmean(losses[-20:]) < 0.75 * statistics.fmean(losses[:20])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.yaml", "metrics.jsonl", "step-000030.mp4", "step-000050.pt", "step-000060.mp4", "step-000060.pt",
    ]  # fmt: skip
    epochs = [[key for line in lines(tmp_path) if line["epoch"] == epoch for key in line["keys"]] for epoch in (0, 1)]
    assert [len(keys) for keys in epochs] == [len(set(keys)) for keys in epochs] == [SAMPLES // 4 * 4] * 2
    assert epochs[0] != epochs[1]

    video = cv2.VideoCapture(str(tmp_path / "step-000060.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    assert [frame.shape for frame in frames] == [(4 * 16, 4 * 24 + 8 + 4 * 24, 3)] * 4
    assert frames[0][:, : 4 * 24].mean() > 150  # the real video on the left: a white page

    again = train(output, tmp_path, code=2)
    assert f"Error: {tmp_path} has a checkpoint of step 60 already\n" in again.stderr
    other = train(output, tmp_path, "--resume", "auto", "--seed", 1, code=2)
    assert "seed: existing 0, requested 1" in other.stderr
    assert [len(refused.stderr.splitlines()) for refused in (again, other)] == [2, 2]
