"""The command lines on tools/README.md for users of other pipelines run as they are written there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment, write_rows
from records.making import damaged_rows, write_parquet
from records.servers import Served, serving
from records.test_benchmarks import mmbench

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"^\| `((?:bash|python)[^`]*tools[./](?:data_conversion|prepare|videoworddata)[^`]*)`", re.MULTILINE)
COMMANDS = OURS.findall((ROOT / "tools" / "README.md").read_text("utf-8"))


@pytest.fixture
def hub() -> Iterator[Served]:
    both = {"en/dev-0.tsv": mmbench(6).encode(), "en/test-0.tsv": mmbench(4, 50).encode()}
    with serving() as served:
        served.add_dataset("lmms-lab/MMBench_EN", both)
        served.add_dataset("lmms-lab/MMMU", {"validation-0.tsv": mmbench(3).encode(), "dev-0.tsv": mmbench(3).encode()})
        row = b'{"question_id": 1, "question": "Q?", "answers": ["a"]}\n'
        served.add_dataset("lmms-lab/textvqa", {f"{split}-0.jsonl": row for split in ("train", "validation")})
        served.files["/lite.tsv"] = mmbench(5, 500).encode()
        yield served


def test_all_of_them_are_found() -> None:
    assert len(COMMANDS) == 9


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_it_runs_as_written(tmp_path: Path, hub: Served, command: str) -> None:
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(60))
    (tmp_path / "rows").mkdir()
    rows: list[dict[str, object]] = [{"question": f"How many are {n}?", "answer": f"#### {n}"} for n in range(6)]
    write_rows(tmp_path / "rows" / "train.jsonl", rows)
    words = shlex.split(command.replace("input_dir DIR", "input_dir in").replace("output_dir DIR", "output_dir out"))
    words = [{"python": sys.executable, "URL": f"{hub.address}/lite.tsv"}.get(word, word) for word in words]
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=HANG_SECONDS,
        env=environment(
            PYTHONPATH=str(ROOT), PYTHON=sys.executable, HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0",
            VWD_MMBENCH_LITE_URL=f"{hub.address}/lite.tsv", VWD_HF_DATASET_ID_GSM8K=str(tmp_path / "rows"),
        ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
