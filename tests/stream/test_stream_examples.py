"""The examples of README and docs/training.md run as they are written, also on a machine without a GPU."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from shards.packing import vwd
from stream.streaming import NO_TORCH

pytest.importorskip("torch", reason=NO_TORCH)
pytest.importorskip("av", reason=NO_TORCH)

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("# accelerate", "# lightning", "# transformers")  # run by test_stream_frameworks.py


def examples(page: str) -> list[str]:
    """The programs on a page that read shards."""
    found = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    return [one for one in found if "vwd.stream" in one and not one.startswith(FRAMEWORKS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages' examples would be run: a folder with the built-in rows, packed."""
    folder = tmp_path_factory.mktemp("examples")
    vwd(folder, "pack", "gsm8k", "--rows", "builtin", "--num-workers", 1)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/training.md"])
def test_every_example_runs_as_it_is_written(folder: Path, page: str) -> None:
    programs = examples(page)
    assert programs
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, env=environment(PYTHONPATH=":".join(sys.path)),
            capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, program + done.stderr
        assert done.stdout or "print" not in program
