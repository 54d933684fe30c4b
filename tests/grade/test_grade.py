"""Videos that a model might have made are graded: right, wrong, or not to be judged, which is not wrong."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from reading_back.pages import ENGLISH, board_of, sized
from shards.packing import assert_two_lines, send, start, wait_until

from vwd.grade import Graded, Truth, find_predictions, grade, grade_reading, make_report
from vwd.grade.grade import TASKS, Task
from vwd.grade.parallel import in_order
from vwd.grade.videothinkbench import evaluation_results
from vwd.readback import read_frames
from vwd.text.storyboard import Storyboard
from vwd.video.encoders import get_encoder
from vwd.video.frames import grey_frames
from vwd.video.spec import VideoSpec

pytest_plugins = ["shards.packed"]

BOARD = board_of(*ENGLISH)
TRUTH = Truth("gsm8k_000000", *ENGLISH, "42", "en", BOARD)


def graded(board: Storyboard, task: Task) -> Graded:
    """The verdict on a video that shows another storyboard."""
    return grade_reading(read_frames(grey_frames(board), "en"), TRUTH, task)


def changed(old: str, new: str) -> Storyboard:
    question, answer = ENGLISH
    assert old in answer
    return board_of(question, answer.replace(old, new))


@pytest.mark.parametrize("task", TASKS)
def test_a_video_of_the_truth_is_right_in_every_column(task: Task) -> None:
    one = graded(BOARD, task)
    assert one.right
    if one.rendering:
        score = one.rendering
        assert (score.cer, score.ned, score.precision, score.recall, score.f1, score.order) == (0, 1, 1, 1, 1, 1)
        assert (score.on_time, score.late, score.lost_at_turns) == (1, 0, 0)
    else:
        assert one.inference
        assert (one.inference.how, one.inference.similarity, one.inference.reached) == ("stated", 1, True)


@pytest.mark.parametrize("task", TASKS)
def test_dashes_and_letters_that_look_like_others_are_right_in_a_video_of_the_truth(task: Task) -> None:
    text = "Who—of Анна and Tom—earns 5 μm more?", "Анна—for she works—earns more.\nSo the answer is: Анна—Tom"
    board = board_of(*text)
    truth = Truth("gsm8k_000000", *text, "Анна—Tom", "en", board)
    one = grade_reading(read_frames(grey_frames(board), "en"), truth, task)
    assert one.right
    if one.inference:
        assert one.inference.similarity == 1


def test_another_digit_is_caught_and_named() -> None:
    one = graded(changed("is: 42", "is: 47"), "inference")
    assert not one.right
    assert one.inference
    assert (one.inference.expected, one.inference.found) == ("42", "47")
    rendered = graded(changed("is: 42", "is: 47"), "rendering")
    assert rendered.rendering
    assert rendered.rendering.differences == ("42. → 47.",)
    assert 0 < rendered.rendering.cer < 0.02


def test_two_words_in_the_place_of_each_other_are_caught() -> None:
    one = graded(changed("She earns", "earns She"), "rendering")
    assert not one.right
    assert one.rendering
    assert one.rendering.f1 == 1
    assert one.rendering.order < 1
    assert graded(changed("She earns", "earns She"), "inference").right


def test_words_that_appear_late_are_counted() -> None:
    frames = grey_frames(BOARD)
    late = np.concatenate([frames[:1], frames[:1], frames[:-2]])
    score = grade_reading(read_frames(late, "en"), TRUTH, "rendering").rendering
    assert score
    assert score.exact
    answer = sum(word.frame > 0 for word in BOARD.words) / len(BOARD.words)
    assert score.late == pytest.approx(2 * answer)
    assert score.on_time == pytest.approx(1 - answer)


def test_the_question_alone_is_no_answer() -> None:
    one = grade_reading(read_frames(grey_frames(BOARD)[:1], "en"), TRUTH)
    assert one.inference
    assert one.inference.how == "none"
    assert not one.right


def test_what_cannot_be_judged_is_not_wrong(tmp_path: Path) -> None:
    keys = ("exact", "small", "noise", "broken", "twice", "absent")
    truths = [Truth(key, *ENGLISH, "42", "en", BOARD) for key in keys]
    (tmp_path / "more").mkdir()
    video = get_encoder("mpeg4").encode(BOARD, VideoSpec(frames=BOARD.frames))
    for name in ("exact.mp4", "twice.mp4", "more/twice.mp4", "stranger.mp4"):
        (tmp_path / name).write_bytes(video)
    (tmp_path / "broken.mp4").write_bytes(video[:200])
    import cv2

    for key, frames in (
        ("small", sized(320, 180)(grey_frames(BOARD))),
        ("noise", np.random.default_rng(0).integers(0, 256, (2, 360, 640), np.uint8)),
    ):
        (tmp_path / key).mkdir()
        for number, frame in enumerate(frames):
            cv2.imwrite(str(tmp_path / key / f"{number}.png"), frame)
    predictions = find_predictions(tmp_path, truths)
    all_graded = list(grade(truths, predictions))
    verdicts = {one.truth.key: one.unjudged or one.right for one in all_graded}
    assert verdicts == {
        "exact": True, "small": True, "noise": "unreadable", "broken": "undecodable", "twice": "doubled",
        "absent": "missing",
    }  # fmt: skip
    report = make_report("inference", all_graded, predictions).to_json()
    assert (report["n"], report["accuracy"], report["samples"], report["foreign"]) == (2, 1.0, 6, 1)
    assert report["accuracy_of_all"] == pytest.approx(2 / 6)
    assert report["unjudged"] == {"missing": 1, "doubled": 1, "undecodable": 1, "unreadable": 1}
    results = evaluation_results(all_graded)
    assert [one["status"] for one in results] == ["success", "success", "error", "error", "error", "error"]
    assert results[2]["last_frame_judgment"] is None


def test_the_command_grades_exported_videos(run: Run, three_shards: Path, tmp_path: Path) -> None:
    out = three_shards / "shards"
    run("export-jsonl", out, "--base-dir", tmp_path / "export")
    videos = tmp_path / "export" / "gsm8k" / "video"
    (videos / "gsm8k_000003.mp4").unlink()
    arguments = ("grade", videos, "--against", out, "--json", "--samples", tmp_path / "samples.jsonl")
    for task in TASKS:
        report = json.loads(run(*arguments, "--task", task, "--out", tmp_path / "report.json").stdout)
        assert (report["task"], report["n"], report["accuracy"]) == (task, 17, 1.0)
        assert report["unjudged"]["missing"] == 1
        written = json.loads((tmp_path / "report.json").read_text())
        assert [one["right"] for one in written["verdicts"]] == [number != 3 or None for number in range(18)]
        assert (tmp_path / written["verdicts"][0]["file"]).is_file()
        del written["verdicts"]
        assert written == report
        assert len((tmp_path / "samples.jsonl").read_text().splitlines()) == 18


@pytest.mark.slow
def test_verdicts_are_the_same_and_in_the_same_order_in_any_number_of_processes(tmp_path: Path) -> None:
    boards = [changed("is: 42", f"is: {40 + n % 4}") for n in range(8)]
    truths = (Truth(f"gsm8k_{n:06}", *ENGLISH, "42", "en", board) for n, board in enumerate(boards))
    for n, board in enumerate(boards[:-1]):
        video = get_encoder("mpeg4").encode(board, VideoSpec(frames=board.frames))
        (tmp_path / f"gsm8k_{n:06}.mp4").write_bytes(video if n != 3 else video[:300])
    kept = list(truths)
    predictions = find_predictions(tmp_path, kept)
    one, two = (list(grade(iter(kept), predictions, num_workers=workers)) for workers in (1, 2))
    assert [each.to_json() for each in one] == [each.to_json() for each in two]
    assert [each.truth.key for each in two] == [truth.key for truth in kept]
    reports = [make_report("inference", found, predictions).to_json() for found in (one, two)]
    assert reports[0] == reports[1]
    assert reports[0]["unjudged"] == {"missing": 1, "doubled": 0, "undecodable": 1, "unreadable": 0}


@pytest.mark.slow
def test_a_killed_run_leaves_no_half_of_a_report(three_shards: Path, tmp_path: Path, run: Run) -> None:
    out = three_shards / "shards"
    run("export-jsonl", out, "--base-dir", tmp_path / "export")
    videos, reports = tmp_path / "export" / "gsm8k" / "video", tmp_path / "reports"
    process = start(
        tmp_path, "grade", videos, "--against", out, "--num-workers", 2, "--samples", reports / "samples.jsonl",
        "--out", reports / "report.json", "--export-videothinkbench", reports / "results.json",
    )  # fmt: skip
    wait_until(process, reports, ".tmp/samples.jsonl.*")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate()
    assert [path.name for path in reports.iterdir()] == [".tmp"]


def test_a_prediction_that_kills_its_process_is_undecodable_and_the_others_are_graded(tmp_path: Path) -> None:
    found = list(in_order(fatal_two, iter(range(5)), 2, lambda item, how: f"{item} {how}"))
    assert found == ["0", "1", "2 the worker process was killed by SIGKILL", "3", "4"]


def fatal_two(number: int) -> str:
    """What a decoder might do with a bad file."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return str(number)


def test_the_command_refuses_what_is_no_truth(run: Run, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    (tmp_path / "questions.json").write_text("3")
    assert_two_lines(run("grade", "videos", "--against", "questions.json", check=False), 2)
    (tmp_path / "questions.json").write_text('{"a.mp4": {"question": "How many?", "correct_answer": "7"}}')
    assert_two_lines(run("grade", "videos", "--against", "questions.json", "--task", "rendering", check=False), 2)
    shown = run("grade", "videos", "--against", "questions.json").stdout
    assert "1 undecodable" in shown
    (tmp_path / "videos" / os.fsdecode(b"caf\xe9.txt")).touch()
    os.mkfifo(tmp_path / "videos" / "b.mp4")
    done = run("grade", "videos", "--against", "questions.json", "--out", "report.json")
    assert "files of no sample: 2" in done.stdout
    assert "of no sample: videos/b.mp4" in done.stdout
    named = json.loads((tmp_path / "report.json").read_text())["foreign_files"]
    assert named == ["videos/b.mp4", os.fsdecode(b"videos/caf\xe9.txt")]
