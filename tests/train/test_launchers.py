"""The trainer under other launchers: accelerate, and submitit on one machine and on Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest
from shards.packing import gsm8k, vwd, write_lamps
from slurm.cluster import Output, wait_for
from train.loop import PROGRAMS, run
from train.training import TINY, lines, newest, numbers, train

for package in ("torch", "av", "omegaconf"):
    pytest.importorskip(package, reason="pip install 'vwd[train]'")

pytest_plugins = ["slurm.running"]


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed output. Tests must not change it."""
    folder = tmp_path_factory.mktemp("lamps")
    write_lamps(folder, 23)
    vwd(folder, *gsm8k())
    return folder / "shards" / "gsm8k"


@pytest.mark.slow
def test_accelerate_starts_the_same_run_as_torchrun(lamps: Path, tmp_path: Path) -> None:
    for package in ("accelerate", "psutil", "safetensors"):
        pytest.importorskip(package, reason="pip install accelerate")
    train(lamps, tmp_path / "torchrun", "--steps", 8, ranks=2)
    (tmp_path / "tiny.yaml").write_text(TINY)
    done = run(
        tmp_path, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", 2, "--num_machines", 1,
        "--mixed_precision", "no", "--dynamo_backend", "no", PROGRAMS / "train.py", lamps, "--checkpoint", "accelerate",
        "--config", "tiny.yaml", "steps=8",
    )  # fmt: skip
    assert "2 rank(s)" in done.stderr
    assert numbers(tmp_path / "accelerate") == numbers(tmp_path / "torchrun")


@pytest.mark.slow
def test_submitit_trains_on_this_machine_with_the_numbers_of_a_run_without_it(lamps: Path, tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    (tmp_path / "tiny.yaml").write_text(TINY)
    line = (lamps, "--config", "tiny.yaml", "checkpoint=run", "steps=8")
    run(tmp_path, PROGRAMS / "submit.py", "--cluster", "local", *line)
    train(lamps, tmp_path / "alone", "--steps", 8)
    assert numbers(tmp_path / "run") == numbers(tmp_path / "alone")


def test_settings_are_checked_before_anything_is_submitted(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    line = ("--cluster", "local", "OUT", "checkpoint=run", "stepz=8")
    refused = run(tmp_path, PROGRAMS / "submit.py", *line, code=2)
    assert refused.stderr.startswith("Error: unknown settings: stepz\n")
    assert len(refused.stderr.splitlines()) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.slurm
def test_a_preempted_run_on_two_nodes_is_queued_again_and_has_the_numbers_of_an_undisturbed_one(
    lamps: Path, output: Output
) -> None:
    pytest.importorskip("submitit")
    folder, checkpoint = output.folder, output.folder / "run"
    (folder / "tiny.yaml").write_text(TINY)
    steps = 500
    line = ("--nodes", 2, "--partition", "main", "--timeout-min", 20, lamps, "--config", "tiny.yaml")
    done = run(
        folder, PROGRAMS / "submit.py", *line, "checkpoint=run", f"steps={steps}", "checkpoint_every=100000",
        "num_workers=0", env=output.cluster.variables,
    )  # fmt: skip
    job = done.stdout.strip()
    wait_for(lambda: len(lines(checkpoint)) >= 5, "five steps", on_timeout=lambda: _logs(checkpoint))
    output.cluster.call("scancel", "--signal=USR2", job)
    # The only checkpoint before the end is the one of the signal.
    wait_for(lambda: newest(checkpoint), "a checkpoint", on_timeout=lambda: _logs(checkpoint))
    stopped = newest(checkpoint)
    assert 5 <= stopped < steps
    wait_for(lambda: newest(checkpoint) == steps, "the end", 600, lambda: _logs(checkpoint))
    wait_for(lambda: not output.cluster.queue(), "the job to end")
    assert f"2 rank(s), from step {stopped} to {steps}" in _logs(checkpoint)
    train(lamps, folder / "undisturbed", "--steps", stopped + 5, ranks=2)
    assert numbers(checkpoint)[: stopped + 5] == numbers(folder / "undisturbed")


def _logs(checkpoint: Path) -> str:
    return "".join(path.read_text() for path in sorted((checkpoint / "jobs").glob("*_log.*")))
