"""What `vwd grade` writes is what a report shows, by the commands themselves, on videos disturbed in known ways."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment
from report.reports import data_of

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("av", reason="PyAV is not installed: the videos of reports are encoded with it")


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten samples, and a video of each as a model might have made it: one of each kind."""
    folder = tmp_path_factory.mktemp("graded") / "made"
    subprocess.run(
        [sys.executable, ROOT / "tools" / "grade" / "disturbed.py", folder, "--each", "5"],
        env=environment(PYTHONPATH=f"{ROOT}:{':'.join(sys.path)}"), check=True, capture_output=True,
        timeout=HANG_SECONDS,
    )  # fmt: skip
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "counts", "note"),
    [
        ("inference", {"right": 6, "wrong": 1, "unjudged": 3}, "expected: "),
        ("rendering", {"right": 5, "wrong": 2, "unjudged": 3}, "expected → found: "),
    ],
)
def test_right_wrong_and_unjudged_are_counted_and_failures_shown(
    run: Run, disturbed: Path, tmp_path: Path, task: str, counts: dict[str, int], note: str
) -> None:
    # In another folder than the videos, so that their paths must lead there.
    run("grade", disturbed / "videos", "--against", disturbed / "shards", "--task", task, "--out", "judged/report.json")
    run("report", disturbed / "shards", "--samples", 6, "--grade", "judged/report.json")
    data = data_of(tmp_path / "report")
    assert data["grade"] == counts
    failed = {one["key"]: one for one in data["samples"] if one.get("verdict") != "right"}
    assert len(failed) == counts["wrong"] + counts["unjudged"]
    for one in failed.values():
        if one["verdict"] == "wrong":
            assert one["note"].startswith(note)
        pictured = one["note"].split(": ")[1].split(";")[0] not in ("missing", "undecodable")
        assert bool(one.get("picture")) == pictured, one["note"]
        if pictured:
            assert (tmp_path / "report" / one["picture"]).read_bytes()[8:12] == b"WEBP"
