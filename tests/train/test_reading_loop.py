"""`tools/train` closes the loop: a model trained on shards makes videos that `vwd grade` reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from shards.packing import temp_files
from train.loop import PROGRAMS, grade, pack, run

for package in ("torch", "av", "omegaconf"):
    pytest.importorskip(package, reason="pip install 'vwd[train]'")


def test_rows_for_training_and_held_out_rows_share_no_addition_and_no_sentence(tmp_path: Path) -> None:
    for folder in ("once", "again"):
        run(tmp_path, PROGRAMS / "make_rows.py", folder, "--num-samples", 1000, "--held-out", 300, "--seed", 3)
    rows = {}
    for name, wanted in (("train", 1000), ("held_out", 300)):
        text = (tmp_path / "once" / f"{name}.jsonl").read_text()
        assert text == (tmp_path / "again" / f"{name}.jsonl").read_text()
        rows[name] = [json.loads(line) for line in text.splitlines()]
        assert len(rows[name]) == wanted
    # 12 + 34 and 34 + 12 are the same addition.
    asked = {name: {tuple(sorted(row["question"].split())) for row in part} for name, part in rows.items()}
    assert not asked["train"] & asked["held_out"]
    for row in rows["train"]:
        assert row["answer"].endswith((row["final"], f"{row['final']}."))
        if "+" in row["question"]:
            first, _, second, *_ = row["question"].split()
            assert int(first) + int(second) == int(row["final"])


def test_more_rows_than_there_are_is_refused_in_two_lines(tmp_path: Path) -> None:
    refused = run(tmp_path, PROGRAMS / "make_rows.py", "rows", "--kind", "sentences", "--num-samples", 9999, code=2)
    assert refused.stderr.splitlines() == [
        "Error: there are fewer than 10,199 rows of kind sentences", "Ask for fewer, or for --kind both.",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shards of eight rows and a model that has learnt them by heart. Tests must not change it."""
    folder = tmp_path_factory.mktemp("loop")
    run(folder, PROGRAMS / "make_rows.py", "rows", "--num-samples", 8, "--held-out", 8)
    output = pack(folder, "lessons", "rows/train.jsonl")
    configs = [f"--config={PROGRAMS / 'configs' / name}.yaml" for name in ("small", "overfit")]
    run(folder, PROGRAMS / "train.py", output, "--checkpoint", "run", *configs, "--threads", 1, "device=cpu")
    return folder


@pytest.mark.slow
def test_every_word_of_eight_samples_learnt_by_heart_is_read_from_videos_made_from_noise(
    trained: Path, tmp_path: Path
) -> None:
    output = trained / "shards" / "lessons"
    for seed in (0, 1):
        videos = tmp_path / f"videos-{seed}"
        line = ("--checkpoint", trained / "run", "--input-file", output, "--device", "cpu", "--seed", seed)
        run(tmp_path, PROGRAMS / "sample.py", *line, "--output-dir", videos)
        report = grade(tmp_path, str(videos), output, "rendering")
        assert (report["n"], report["right"]) == (8, 8), report
        assert report["recall"] == report["precision"] == report["order"] == report["on_time"] == 1.0
    first = [(tmp_path / f"videos-{seed}" / "lessons_000000.mp4").read_bytes() for seed in (0, 1)]
    assert first[0] != first[1]  # made from other noise, not copied


@pytest.mark.slow
def test_another_prompt_makes_another_video(trained: Path, tmp_path: Path) -> None:
    # What is read follows the prompt, not the name of the file: the prompts are given in reverse.
    rows = [json.loads(line) for line in (trained / "rows" / "train.jsonl").read_text().splitlines()][::-1]
    prompts = [f"Question: {row['question']} Answer: {row['answer']}" for row in rows]
    (tmp_path / "prompts.txt").write_text("\n".join(prompts) + "\n")
    line = ("--checkpoint", trained / "run", "--input-file", "prompts.txt", "--output-dir", "videos", "--device", "cpu")
    run(tmp_path, PROGRAMS / "sample.py", *line)
    assert [path.name for path in sorted((tmp_path / "videos").glob("*.mp4"))] == [f"{n:06d}.mp4" for n in range(8)]
    done = run(
        tmp_path, "-m", "vwd", "grade", "videos", "--against", trained / "shards" / "lessons", "--task", "rendering",
        "--order", "prompts.txt", "--json",
    )  # fmt: skip
    assert json.loads(done.stdout)["right"] == 8


@pytest.mark.slow
def test_videos_are_the_same_for_every_batch_size_and_after_an_interruption(trained: Path, tmp_path: Path) -> None:
    output = trained / "shards" / "lessons"
    line = ("--checkpoint", trained / "run", "--input-file", output, "--device", "cpu", "--threads", 1)
    run(tmp_path, PROGRAMS / "sample.py", *line, "--output-dir", "whole", "--batch-size", 8)
    shutil.copytree(tmp_path / "whole", tmp_path / "part")
    for number in (1, 4, 7):
        (tmp_path / "part" / f"lessons_{number:06d}.mp4").unlink()
    kept = (tmp_path / "part" / "lessons_000000.mp4").stat()
    done = run(tmp_path, PROGRAMS / "sample.py", *line, "--output-dir", "part", "--batch-size", 3)
    assert "3 of 8 videos made" in done.stdout
    assert (tmp_path / "part" / "lessons_000000.mp4").stat().st_mtime_ns == kept.st_mtime_ns
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert names == [*(f"lessons_{n:06d}.mp4" for n in range(8)), "manifest.jsonl"]
    for name in names:
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not temp_files(tmp_path / "part")
    other = run(tmp_path, PROGRAMS / "sample.py", *line, "--output-dir", "part", "--steps", 3, code=2)
    assert "steps: existing 8, requested 3" in other.stderr
    assert len(other.stderr.splitlines()) == 2


@pytest.mark.slow
def test_several_checkpoints_get_a_folder_each(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("Question: 1 + 1 = ?\n")
    checkpoints = (trained / "run", trained / "run" / "step-000800.pt")
    run(
        tmp_path, PROGRAMS / "sample.py", "--checkpoint", *checkpoints, "--input-file", "prompts.txt",
        "--output-dir", "videos", "--device", "cpu",
    )  # fmt: skip
    found = {path.parent.name: path for path in (tmp_path / "videos").glob("*/000000.mp4")}
    assert sorted(found) == ["run", "run-step-000800"]
    for name, step in (("run", 1000), ("run-step-000800", 800)):
        (line,) = (tmp_path / "videos" / name / "manifest.jsonl").read_text().splitlines()
        assert json.loads(line)["checkpoint"] == f"step-{step:06d}.pt"
        assert json.loads(line)["prompt"] == "Question: 1 + 1 = ?"
