"""`tools/bench/planes.py` makes the same frames of glyphs and of planes, and says so only where they are the same."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]


@pytest.fixture
def planes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program, as a module."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "tools" / "bench"))
    return import_module("planes")


def measured(planes: Any, uneven: Path, *options: str) -> None:
    planes.main([str(uneven), "--num-samples", "8", "--batch-size", "4", "--rounds", "1", *options])


def test_both_forms_are_measured_and_give_the_same_frames(planes: Any, uneven: Path, capsys: Any) -> None:
    measured(planes, uneven, "--frames", "all", "5")
    printed = capsys.readouterr().out
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith(("| glyphs", "| two"))]
    assert [row[1] for row in rows] == ["all", "all", "5", "5"]
    assert all(float(figure.strip(" |").replace(",", "")) > 0 for row in rows for figure in row[2:])
    assert "8 of 8 with frames=all, 8 of 8 with frames=5" in printed


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_said_not_to_be(planes: Any, uneven: Path, capsys: Any) -> None:
    measured(planes, uneven, "--frames", "5", "--device", "cuda")
    printed = capsys.readouterr().out
    assert printed.count("sees no GPU on this machine |") == 2
    assert "drawn on cpu: 8 of 8" in printed


def test_another_frame_ends_with_exit_code_1(
    planes: Any, uneven: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_made = planes.planes_of

    def damaged(lines: Any) -> Any:
        made = really_made(lines)
        made["planes"][0, 20, 20] ^= 1  # of the ink, of the first sample of each batch
        made["planes"][1, 20, 20] = 0
        return made

    monkeypatch.setattr(planes, "planes_of", damaged)
    with pytest.raises(SystemExit) as ended:
        measured(planes, uneven, "--frames", "5")
    assert ended.value.code == 1
    assert "6 of 8 with frames=5" in capsys.readouterr().out
