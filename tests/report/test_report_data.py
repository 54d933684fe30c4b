"""What a report says is what the ledger and the shards hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, environment
from hypothesis import given
from hypothesis import strategies as st
from report.reports import HOSTILE, ROWS, data_of
from shards.packing import assert_two_lines

from vwd.errors import OutputError, ShardError, UsageError
from vwd.report.choose import evenly, shares
from vwd.report.grades import read_grades
from vwd.report.media import fullest_frame
from vwd.report.page import embedded
from vwd.report.shape import read_shape
from vwd.report.totals import flat, read_totals
from vwd.report.write import write_report
from vwd.shards.entry import Entry
from vwd.shards.find_sample import find_sample
from vwd.shards.paths import find_outputs
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.video.mp4 import moov_first, read_header

SKIPPED = {7, 9}


def test_the_totals_are_those_of_the_summary(report: Path, reported: Path) -> None:
    (dataset,) = data_of(report)["datasets"]
    summary = json.loads((reported / "gsm8k" / "summary.json").read_text("utf-8"))
    for name in ("rows", "samples", "shards", "bytes"):
        assert dataset[name] == summary[name]
    assert dataset["tokens"] == [summary["prompt_tokens"], summary["answer_tokens"]]
    assert {one["code"]: one["count"] for one in dataset["skips"]} == summary["skips"]
    assert {row for one in dataset["skips"] for row, _, _ in one["examples"]} == SKIPPED
    assert sum(one["samples"] for one in dataset["rates"]) == summary["samples"]
    assert ["video.width", "160"] in dataset["contract"]


def test_every_sample_is_shown_with_its_text(report: Path, reported: Path) -> None:
    samples = data_of(report)["samples"]
    assert [one["key"] for one in samples] == [f"gsm8k_{n:06d}" for n in range(ROWS) if n not in SKIPPED]
    (paths,) = find_outputs(reported)
    for one in samples:
        found = find_sample(paths, one["key"])
        record = StoryboardRecord.parse(found.members["storyboard.json"])
        assert (one["prompt"], one["answer"], one["final"]) == (record.question, record.answer, record.final_answer)
        assert one["bytes"] == found.offsets.stop - found.offsets.start


def test_the_numbers_of_words_lead_to_their_text_and_frames(report: Path, reported: Path) -> None:
    (paths,) = find_outputs(reported)
    for one in data_of(report)["samples"]:
        board = StoryboardRecord.parse(find_sample(paths, one["key"]).members["storyboard.json"]).storyboard
        numbers = one["words"]
        assert len(numbers) == 6 * len(board.words)
        for place, word in enumerate(board.words):
            start, length, frame, x, y, width = numbers[6 * place : 6 * place + 6]
            text = one["prompt"] if frame < one["promptFrames"] else one["answer"]
            assert text[start : start + length] == word.text
            assert (frame, x, y, width) == (word.frame, word.box.x, word.box.y, word.box.width)
        assert one["tail"] == board.frames - 1 - max(word.frame for word in board.words)


def test_the_media_are_videos_for_browsers_with_all_frames(report: Path) -> None:
    for one in data_of(report)["samples"]:
        video = (report / one["video"]).read_bytes()
        assert moov_first(video) is video
        codec, width, height, frames, rate = read_header(video)
        assert (codec, width, height, frames) == ("avc1", *one["size"], one["frames"])
        assert float(rate) == pytest.approx(one["fps"])
        assert (report / one["poster"]).read_bytes()[8:12] == b"WEBP"


def test_the_poster_is_of_the_page_with_most_words(report: Path, reported: Path) -> None:
    (paths,) = find_outputs(reported)
    board = StoryboardRecord.parse(find_sample(paths, "gsm8k_000005").members["storyboard.json"]).storyboard
    assert board.pages > 1
    frame = fullest_frame(board)
    page = sum(start <= frame for start in board.page_starts) - 1
    shown = sum(word.page == page and word.frame <= frame for word in board.words)
    assert shown == max(sum(word.page == number for word in board.words) for number in range(board.pages))


def test_a_page_has_under_ten_kilobytes_a_sample(run: Run, tmp_path: Path) -> None:
    """Two hundred samples of the usual size are under 2 MB."""
    for dataset in ("gsm8k", "belle_school_math"):
        run("pack", dataset, "--rows", "builtin", "--num-samples", 6, "--out", "out", "--num-workers", 1)
    said = json.loads(run("report", "out", "--samples", 6, "--json").stdout)
    assert said["samples"] == 6
    data = data_of(tmp_path / "report")
    assert {one["dataset"] for one in data["samples"][:3]} == {"belle_school_math"}
    assert len(embedded(data["samples"]).encode()) < 6 * 8_000
    assert said["page_bytes"] - len(embedded(data["samples"]).encode()) < 100_000


def test_the_same_report_is_the_same_bytes_and_drops_what_it_no_longer_shows(reported: Path, tmp_path: Path) -> None:
    def state() -> dict[str, bytes]:
        assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]
        return {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    outputs = find_outputs(reported)
    write_report(outputs, tmp_path, 3)
    (tmp_path / "media" / "mine.mp4").write_bytes(b"mine")
    first = state()
    write_report(outputs, tmp_path, 5, num_workers=2)
    assert len(state()) == len(first) + 4
    write_report(outputs, tmp_path, 3)
    assert state() == first


def test_somebody_elses_page_is_not_replaced(reported: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>Mine</h1>", "utf-8")
    with pytest.raises(OutputError, match="is not the page of a report"):
        write_report(find_outputs(reported), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["index.html"]


def test_media_beside_no_report_are_left_alone(reported: Path, tmp_path: Path) -> None:
    other = tmp_path / "media" / "gsm8k_000000.0123456789ab.mp4"
    other.parent.mkdir()
    other.write_bytes(b"not from a report")
    write_report(find_outputs(reported), tmp_path, 1)
    assert other.is_file()
    write_report(find_outputs(reported), tmp_path, 1)
    assert not other.exists()


def test_a_damaged_video_is_an_error_that_names_the_sample(reported: Path, tmp_path: Path, run: Run) -> None:
    (paths,) = find_outputs(reported)
    span = find_sample(paths, "gsm8k_000001").offsets.members["mp4"]
    copy = tmp_path / "damaged" / "gsm8k"
    copy.mkdir(parents=True)
    subprocess.run(["cp", "-r", f"{paths.folder}/.", str(copy)], check=True)
    with (copy / "gsm8k-000000.tar").open("r+b") as tar:
        tar.seek(span.offset)
        tar.write(b"\0" * span.size)
    done = run("report", "damaged", check=False)
    assert_two_lines(done)
    assert "gsm8k_000001.mp4" in done.stderr


def test_without_h264_nothing_is_written_and_two_lines_name_the_extra(reported: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['av'] = None; sys.argv = ['vwd', 'report', sys.argv[1]]\n"
        "from vwd.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(reported)], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert_two_lines(done)
    assert "pip install 'vwd[h264]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_without_samples_is_an_error(run: Run, tmp_path: Path, reported: Path) -> None:
    folder = tmp_path / "empty" / "gsm8k"
    folder.mkdir(parents=True)
    (folder / "pack.json").write_bytes((reported / "gsm8k" / "pack.json").read_bytes())
    done = run("report", "empty", check=False)
    assert_two_lines(done)
    assert "holds no sample yet" in done.stderr
    assert not (tmp_path / "report").exists()


def entry_of(number: int, writer: dict[str, str]) -> Entry:
    return Entry(number, number * 6, number * 6 + 6, True, 6, (), 1, "", 0, 0, 3.0, 0.0, "", writer=writer)


def test_throughput_is_by_node_and_task() -> None:
    from vwd.report.totals import rates

    one, two = {"host": "a", "task": "1"}, {"host": "b", "task": "2"}
    found = rates([entry_of(0, one), entry_of(1, two), entry_of(2, one)])
    assert [(r.node, r.task, r.shards, r.samples, r.seconds) for r in found] == [
        ("a", "1", 2, 12, 6.0),
        ("b", "2", 1, 6, 3.0),
    ]
    assert found[0].samples_per_second == 2.0


def test_failures_are_shown_first_and_with_a_picture(reported: Path, report: Path, tmp_path: Path) -> None:
    known = {one["key"]: one for one in data_of(report)["samples"]}
    (tmp_path / "made.mp4").write_bytes((report / known["gsm8k_000002"]["video"]).read_bytes())
    lines = [
        {"key": "gsm8k_000012", "right": False, "expected": "5", "found": "6", "file": "made.mp4"},
        {"key": "gsm8k_000013", "right": None, "why_not": "missing"},
        {"key": "gsm8k_000000", "verdict": "right"},
    ]
    (tmp_path / "grades.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    grades = read_grades(tmp_path / "grades.jsonl")
    write_report(find_outputs(reported), tmp_path / "out", 3, grades)
    data = data_of(tmp_path / "out")
    assert data["grade"] == {"right": 1, "wrong": 1, "unjudged": 1}
    shown = {one["key"]: one for one in data["samples"]}
    assert {"gsm8k_000012", "gsm8k_000013"} < set(shown)
    assert shown["gsm8k_000012"]["note"] == "expected: 5; found: 6"
    assert (tmp_path / "out" / shown["gsm8k_000012"]["picture"]).read_bytes()[8:12] == b"WEBP"
    assert "picture" not in shown["gsm8k_000013"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing", "Expecting value"),
        ('{"samples": 3}', "no list of samples"),
        ('[{"verdict": "right"}]', "no `key`"),
        ('[{"key": "a", "verdict": "perhaps"}]', "the verdict of 'a' is none of"),
        ("[7]", "no `key`"),
    ],
)
def test_grades_that_are_none_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "grades.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=says):
        read_grades(tmp_path / "grades.json")


@pytest.mark.parametrize("form", ["lines", "list", "object"])
def test_each_form_of_grades_says_the_same(tmp_path: Path, form: str) -> None:
    objects = [{"key": "a", "verdict": "right"}, {"key": "b", "right": False}]
    text = {
        "lines": "\n".join(map(json.dumps, objects)),
        "list": json.dumps(objects),
        "object": json.dumps({"samples": objects}),
    }[form]
    (tmp_path / "grades.json").write_text(text, "utf-8")
    assert {key: one.verdict for key, one in read_grades(tmp_path / "grades.json").items()} == {
        "a": "right", "b": "wrong",
    }  # fmt: skip


@given(st.recursive(st.text() | st.just(HOSTILE), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_data_is_itself_again_and_never_ends_its_element(data: object) -> None:
    text = embedded(data)
    assert json.loads(text) == data
    assert not set("<\u2028\u2029") & set(text)


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 100))
def test_shares_are_as_equal_as_the_sizes_allow(available: list[int], wanted: int) -> None:
    given_ones = shares(available, wanted)
    assert sum(given_ones) == min(wanted, sum(available))
    assert all(0 <= one <= most for one, most in zip(given_ones, available, strict=True))
    unfilled = [one for one, most in zip(given_ones, available, strict=True) if one < most]
    assert not unfilled or max(given_ones) - min(unfilled) <= 1


@given(st.integers(0, 500), st.integers(1, 300))
def test_chosen_numbers_are_evenly_spaced(count: int, wanted: int) -> None:
    found = evenly(count, wanted)
    assert len(found) == min(count, wanted)
    gaps = {b - a for a, b in pairwise(found)}
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)


def test_nested_settings_are_flat_names_and_values() -> None:
    assert flat({"a": {"b": 1, "c": None}, "d": ["x", "y"], "e": []}) == [
        ("a.b", "1"), ("a.c", "none"), ("d", "x, y"), ("e", "none"),
    ]  # fmt: skip


def test_the_distributions_are_of_the_whole_output_also_where_the_page_shows_few(
    reported: Path, tmp_path: Path
) -> None:
    (paths,) = find_outputs(reported)
    write_report([paths], tmp_path, 2)
    data = data_of(tmp_path)
    assert len(data["samples"]) == 2
    (shape,) = data["shape"]
    figures: dict[str, Callable[[dict[str, Any]], int]] = {
        "words": lambda one: one["count"], "pages": lambda one: len(one["pages"]), "last": lambda one: one["last"],
        "prompt": lambda one: one["promptFrames"], "tail": lambda one: one["tail"], "bytes": lambda one: one["bytes"],
        "tokens": lambda one: sum(one["tokens"]), "final": lambda one: int(bool(one["final"])),
    }  # fmt: skip
    assert (shape["taken"], shape["samples"], shape["shards_read"]) == (12, 12, 3)
    write_report([paths], tmp_path, 12)
    for name, of in figures.items():
        assert shape["columns"][name] == [of(one) for one in data_of(tmp_path)["samples"]], name


def test_the_figures_of_a_large_output_are_of_evenly_spaced_samples(reported: Path) -> None:
    (paths,) = find_outputs(reported)
    every, some = read_shape(paths, 100), read_shape(paths, 4)
    assert some.taken == 4
    assert some.columns["bytes"] == [every.columns["bytes"][place] for place in (0, 3, 6, 9)]
    assert read_shape(paths, 1).shards_read == 1


def test_a_damaged_storyboard_is_an_error_that_names_the_sample(reported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "gsm8k"
    subprocess.run(["cp", "-r", str(reported / "gsm8k"), str(copy)], check=True)
    (paths,) = find_outputs(copy)
    span = find_sample(paths, "gsm8k_000001").offsets.members["storyboard.json"]
    with paths.tar(0).open("r+b") as tar:
        tar.seek(span.offset)
        tar.write(b"x")
    with pytest.raises(ShardError, match=r"gsm8k_000001\.storyboard\.json"):
        read_shape(paths, 100)


def test_skipped_rows_are_shown_with_their_text_where_the_rows_are_given(
    run: Run, reported: Path, tmp_path: Path
) -> None:
    def examples() -> dict[int, str]:
        skips = data_of(tmp_path / "report")["datasets"][0]["skips"]
        return {row: text for one in skips for row, _, text in one["examples"]}

    run("report", reported, "--samples", 1)
    assert examples() == dict.fromkeys(SKIPPED, "")
    run("report", reported, "--samples", 1, "--rows", reported.parent / "rows.jsonl")
    assert set(examples()) == SKIPPED
    assert '"A fox ' in examples()[7]
    (tmp_path / "other.jsonl").write_text('{"question": "Why?", "answer": "So."}\n')
    done = run("report", reported, "--rows", "other.jsonl", check=False)
    assert_two_lines(done, 2)
    assert "gsm8k was packed from others" in done.stderr


def test_a_torn_shard_is_counted_apart(reported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "gsm8k"
    subprocess.run(["cp", "-r", str(reported / "gsm8k"), str(copy)], check=True)
    (copy / "gsm8k-000001.tar").unlink()
    totals = read_totals(find_outputs(copy)[0])
    assert (totals.incomplete, totals.summary.shards) == (1, 2)
