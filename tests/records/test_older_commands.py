"""The command lines of older pipelines, as their users type them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from records.servers import Served, serving
from records.test_benchmarks import mmbench, records

ROOT = Path(__file__).resolve().parents[2]


def tool(tmp_path: Path, module: str, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m tools.<module>` in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", f"tools.{module}", *options], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(PYTHONPATH=str(ROOT), **env), timeout=HANG_SECONDS,
    )  # fmt: skip


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_both_tasks_export_the_same_videos_with_their_own_prompts(tmp_path: Path) -> None:
    options = ("--num_samples", "4", "--start_idx", "3", "--base_dir", "own", "--num_workers", "1", "--rows", "builtin")
    for task in ("inference", "rendering"):
        done = tool(tmp_path, f"videoworddata.{task}", "gsm8k", *options)
        assert done.returncode == 0, done.stderr
        assert f"+ vwd export-jsonl own/shards/gsm8k --base-dir own --task {task}" in done.stderr
    folder = tmp_path / "own" / "gsm8k"
    videos = sorted(path.name for path in (folder / "video").iterdir())
    assert videos == [f"gsm8k_{index:06d}.mp4" for index in range(3, 7)]
    inference, rendering = [lines(folder / f"gsm8k_{task}_video_data_3.jsonl") for task in ("inference", "rendering")]
    assert [one["video_path"] for one in inference] == [str(folder / "video" / name) for name in videos]
    assert all(whole["prompt"].startswith(asked["prompt"]) for asked, whole in zip(inference, rendering, strict=True))
    assert set(inference[0]) == {"video_path", "prompt"}


def test_a_start_beyond_the_rows_is_an_error(tmp_path: Path) -> None:
    done = tool(tmp_path, "videoworddata.inference", "gsm8k", "--start_idx", "5000", "--rows", "builtin")
    assert done.returncode == 2
    assert "beyond the last of 24 rows" in done.stderr


def test_broken_videos_of_an_export_are_named_and_made_again(tmp_path: Path) -> None:
    make = ("videoworddata.inference", "gsm8k", "--num_samples", "2", "--rows", "builtin")
    assert tool(tmp_path, *make).returncode == 0
    video = tmp_path / "data" / "gsm8k" / "video" / "gsm8k_000001.mp4"
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) // 2])
    found = tool(tmp_path, "videoworddata.check_integrity", "--dry-run")
    assert (found.returncode, video.exists()) == (1, True)
    assert "gsm8k_000001.mp4: broken" in found.stdout
    assert tool(tmp_path, "videoworddata.check_integrity").returncode == 1
    assert not video.exists()
    assert tool(tmp_path, *make).returncode == 0
    assert video.read_bytes() == whole
    assert tool(tmp_path, "videoworddata.check_integrity", "--min-size", "1k").returncode == 0


def test_corpora_are_listed_by_the_older_name(tmp_path: Path) -> None:
    done = tool(tmp_path, "videoworddata.download_datasets", "--list")
    assert done.returncode == 0
    assert "tinystories" in done.stdout


@pytest.fixture
def hub() -> Iterator[Served]:
    with serving() as served:
        served.add_dataset(
            "lmms-lab/MMBench_EN", {"data/dev-0.tsv": mmbench(6).encode(), "data/test-0.tsv": mmbench(4, 50).encode()}
        )
        served.add_dataset("lmms-lab/MMMU", {"data/validation-0.tsv": mmbench(3).encode()})
        served.add_dataset("lmms-lab/textvqa", {"data/validation-0.jsonl": b'{"question_id": 1, "question": "Q?"}\n'})
        served.files["/lite.tsv"] = mmbench(5, 500).encode()
        yield served


def test_all_four_benchmarks_are_made_by_one_command(tmp_path: Path, hub: Served) -> None:
    done = tool(
        tmp_path, "prepare.download_and_prepare", "--lang", "en", "--mmbench_lite_url", f"{hub.address}/lite.tsv",
        HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    processed = tmp_path / "data" / "processed"
    counts = {path.relative_to(processed).as_posix(): len(records(path)) for path in sorted(processed.rglob("*.jsonl"))}
    assert counts == {
        "mmbench/mmbench_test.jsonl": 4, "mmbench/mmbench_train.jsonl": 6, "mmbench_core/mmbench_core_train.jsonl": 11,
        "mmbench_lite/mmbench_lite_train.jsonl": 5, "mmmu/mmmu_validation.jsonl": 3,
        "textvqa/textvqa_validation.jsonl": 1,
    }  # fmt: skip


def test_the_other_two_programs_take_hyphens_and_underscores(tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text(mmbench(6))
    for options in (("--max-samples", "2", "--output-dir", "o"), ("--max_samples", "2", "--output_dir", "o")):
        done = tool(
            tmp_path,
            "prepare.prepare_dataset",
            "--dataset",
            "mmbench",
            "--splits",
            "dev",
            "--source",
            "dev.tsv",
            *options,
        )
        assert done.returncode == 0, done.stderr
        assert len(records(tmp_path / "o" / "mmbench" / "mmbench_dev.jsonl")) == 2
    (tmp_path / "r.yaml").write_text("datasets: [{name: mmbench, splits: [dev], source: dev.tsv}]")
    done = tool(tmp_path, "prepare.prepare_all", "--recipe", "r.yaml", "--mode", "fast_dev", "--export_parquet")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.parquet").is_file()
