"""The recipes of docs/training.md run as written, with two ranks, and give every sample exactly once an epoch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from stream.streaming import NO_TORCH, SAMPLES

pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training.md"
PREPARED = """
import torch
from accelerate import Accelerator
from vwd.stream import ShardDataset

data = ShardDataset("shards/gsm8k", source="device", frames=8)
for batch in Accelerator().prepare(torch.utils.data.DataLoader(data, batch_size=2, num_workers=WORKERS)):
    pass
"""


def recipe(name: str) -> str:
    """The program for a framework."""
    if not find_spec(name):
        pytest.skip(f"pip install {name}")
    (found,) = re.findall(rf"```python\n# {name}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def run(program: str, uneven: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program on two ranks, in a folder that has the shards."""
    (folder / "shards").mkdir()
    (folder / "shards" / "gsm8k").symlink_to(uneven)
    (folder / "program.py").write_text(program, "utf-8")
    return subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
            str(Path(__file__).with_name("recipe.py")), "program.py", ".",
        ],
        cwd=folder,
        env=environment(OMP_NUM_THREADS="1", ACCELERATE_USE_CPU="true", PYTHONPATH=":".join(sys.path)),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("framework", ["accelerate", "lightning", "transformers"])
def test_every_sample_comes_once_in_each_epoch_in_another_order(uneven: Path, tmp_path: Path, framework: str) -> None:
    done = run(recipe(framework), uneven, tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    reports = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    assert [report["sizes"] for report in reports] == [[2], [2]]
    ranks = [report["seen"] for report in reports]
    for epoch in ("0", "1"):
        counted = Counter(key for rank in ranks for key in rank[epoch])
        assert len(counted) == SAMPLES
        assert set(counted.values()) == {1}
    assert ranks[0]["0"] != ranks[0]["1"]


def test_lightning_goes_on_in_the_middle_of_an_epoch(uneven: Path, tmp_path: Path) -> None:
    program = recipe("lightning")
    kept = 'pl.callbacks.ModelCheckpoint("kept", filename="{step}", every_n_train_steps=2, save_top_k=-1)'
    whole = program.replace("logger=False", f"logger=False, callbacks=[{kept}]")
    assert whole != program
    (tmp_path / "whole").mkdir()
    done = run(whole, uneven, tmp_path / "whole")
    assert done.returncode == 0, done.stderr[-4000:]
    # Of six batches an epoch. After the sixth, its epoch has ended, and it is saved before that is known.
    for step in (4, 6, 10):
        resumed = program.replace("num_workers=1)", f'num_workers=1), ckpt_path="../whole/kept/step={step}.ckpt"')
        assert resumed != program
        folder = tmp_path / f"from {step}"
        folder.mkdir()
        done = run(resumed, uneven, folder)
        assert done.returncode == 0, done.stderr[-4000:]
        for rank in range(2):
            before, after = (
                json.loads((one / f"{rank}.json").read_text())["seen"] for one in (tmp_path / "whole", folder)
            )
            left = before["0"][2 * step :] + before["1"][2 * max(0, step - 6) :]  # the last of epoch 0 may be padding
            assert after.get("0", []) + after["1"] == left


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_that_accelerate_has_prepared_is_refused(uneven: Path, tmp_path: Path, workers: int) -> None:
    recipe("accelerate")
    done = run(PREPARED.replace("WORKERS", str(workers)), uneven, tmp_path)
    assert done.returncode != 0
    assert "leave that out of accelerate's prepare" in done.stderr
