"""Real ranks under torchrun, over gloo, in step: none hangs at the end of an epoch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from stream.streaming import NO_TORCH, SAMPLES

pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_end_every_epoch_together_and_share_all_samples(uneven: Path, tmp_path: Path, ranks: int) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks),
            str(Path(__file__).with_name("ranks.py")), str(uneven), str(tmp_path), "0", "2", "3",
        ],
        env=environment(OMP_NUM_THREADS="1", PYTHONPATH=":".join(sys.path)),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reports = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert len(reports) == ranks
    for run in reports[0]:
        assert len({len(report[run]) for report in reports}) == 1, run
        counted = Counter(key for report in reports for batch in report[run] for key in batch)
        assert len(counted) == SAMPLES, run
        assert set(counted.values()) == {1}, run
    for report in reports:
        assert report["0 workers, epoch 1"] == report["2 workers, epoch 1"] == report["3 workers, epoch 1"]
        assert report["0 workers, epoch 0"] != report["0 workers, epoch 1"]
