"""Which prediction belongs to which sample, and what belongs to none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vwd.errors import DecodeError, UsageError
from vwd.grade import Truth, benchmark_truths, find_predictions, read_order
from vwd.readback.files import file_frames

TRUTHS = [Truth(f"gsm8k_{n:06}", f"How many are {n}?", "", str(n), "en", None, (f"Question: {n}",)) for n in range(3)]


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_files_and_folders_of_pictures_are_named_by_key_also_in_subfolders(tmp_path: Path) -> None:
    touch(tmp_path, "gsm8k_000000.mp4", "deep/er/gsm8k_000001.webm", "gsm8k_000002/0.png", "gsm8k_000002/1.png")
    found = find_predictions(tmp_path, TRUTHS)
    assert sorted(found.files) == [truth.key for truth in TRUTHS]
    assert (found.doubled, found.foreign) == ({}, ())


def test_doubled_and_foreign_files_are_named_apart(tmp_path: Path) -> None:
    touch(tmp_path, "gsm8k_000000.mp4", "again/gsm8k_000000.gif", "holiday.mp4", "notes.txt", "gsm8k_000001.mp4")
    found = find_predictions(tmp_path, TRUTHS)
    assert list(found.files) == ["gsm8k_000001"]
    assert list(found.doubled) == ["gsm8k_000000"]
    assert [path.name for path in found.foreign] == ["holiday.mp4", "notes.txt"]


def test_the_manifest_that_a_sampler_writes_beside_its_videos_is_not_foreign(tmp_path: Path) -> None:
    touch(tmp_path, "gsm8k_000000.mp4", "manifest.jsonl", "more/manifest.jsonl")
    assert find_predictions(tmp_path, TRUTHS).foreign == (tmp_path / "more" / "manifest.jsonl",)


def test_what_is_no_video_is_foreign_and_never_opened(tmp_path: Path) -> None:
    touch(tmp_path, "gsm8k_000000/0.png", "gsm8k_000000/notes.txt", "gsm8k_000001.mov", "gsm8k_000001.png")
    os.mkfifo(tmp_path / "gsm8k_000002.mp4")
    os.mkfifo(tmp_path / "gsm8k_000000" / "1.png")
    (tmp_path / "device.mp4").symlink_to("/dev/zero")
    (tmp_path / "lost.mp4").symlink_to("nowhere")
    (tmp_path / "gsm8k_000001").symlink_to(tmp_path / "gsm8k_000000")
    found = find_predictions(tmp_path, TRUTHS)
    assert list(found.files) == ["gsm8k_000000"]
    assert [path.relative_to(tmp_path).as_posix() for path in found.foreign] == [
        "device.mp4", "gsm8k_000000/1.png", "gsm8k_000000/notes.txt", "gsm8k_000001", "gsm8k_000001.mov",
        "gsm8k_000001.png", "gsm8k_000002.mp4", "lost.mp4",
    ]  # fmt: skip
    with pytest.raises(DecodeError, match=r"0\.png is no picture"):  # and not a wait for what the pipe gives
        list(file_frames(found.files["gsm8k_000000"]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_foreign(tmp_path: Path) -> None:
    touch(tmp_path, "gsm8k_000000.mp4", "closed/gsm8k_000001.mp4")
    (tmp_path / "closed").chmod(0)
    assert find_predictions(tmp_path, TRUTHS).foreign == (tmp_path / "closed",)


@pytest.mark.parametrize("first", [0, 1])
def test_numbered_files_are_taken_in_the_order_of_a_file_of_prompts(tmp_path: Path, first: int) -> None:
    touch(tmp_path / "videos", *(f"{n + first:06}.mp4" for n in range(3)))
    (tmp_path / "prompts.txt").write_text("Question: 2\nQuestion: 0\nHow many are 1?\n")
    order = read_order(tmp_path / "prompts.txt", TRUTHS)
    assert order == ["gsm8k_000002", "gsm8k_000000", "gsm8k_000001"]
    found = find_predictions(tmp_path / "videos", TRUTHS, order)
    assert found.files["gsm8k_000002"].name == f"{first:06}.mp4"


def test_an_order_may_be_a_manifest_or_a_list_of_questions(tmp_path: Path) -> None:
    lines = [{"key": "gsm8k_000001"}, {"video_path": "video/gsm8k_000000.mp4"}, {"prompt": "Question: 2"}, {"x": 1}]
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    expected = ["gsm8k_000001", "gsm8k_000000", "gsm8k_000002", ""]
    assert read_order(tmp_path / "manifest.jsonl", TRUTHS) == expected
    (tmp_path / "questions.json").write_text(json.dumps(lines))
    assert read_order(tmp_path / "questions.json", TRUTHS) == expected


def test_an_order_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "order.jsonl").write_text("{")
    with pytest.raises(UsageError, match="no order of predictions"):
        read_order(tmp_path / "order.jsonl", TRUTHS)


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no predictions"):
        find_predictions(touch(tmp_path, "notes.txt"), TRUTHS)


@pytest.mark.parametrize("as_list", [True, False])
def test_a_benchmarks_questions_are_truths(as_list: bool) -> None:
    item = {"question": "How many?", "correct_answer": 7, "question_id": "q1"}
    questions = [{"video_filename": "a.mp4", **item}] if as_list else {"a.mp4": item}
    (truth,) = benchmark_truths(questions)
    assert (truth.key, truth.final_answer, truth.language) == ("a", "7", "en")


@pytest.mark.parametrize("questions", [3, [3], {"a.mp4": 3}, [{"question": "How many?"}]])
def test_other_questions_are_refused(questions: object) -> None:
    with pytest.raises(ValueError, match=r"item|neither"):
        benchmark_truths(questions)


def test_a_picture_that_claims_more_pixels_than_any_frame_is_not_decoded(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    (tmp_path / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))
    with pytest.raises(DecodeError, match=r"0\.png has 30000x30000 pixels"):
        list(file_frames(tmp_path))


@pytest.mark.parametrize("content", ["5", '"a"', "[" * 100_000, "{"])
def test_an_order_that_is_no_list_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "order.json").write_text(content, "utf-8")
    with pytest.raises(UsageError, match=r"order\.json is no order of predictions"):
        read_order(tmp_path / "order.json", TRUTHS)


def test_what_an_order_has_beside_samples_is_of_no_sample(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"a": 5, "gsm8k_000001": null}', "utf-8")
    assert read_order(tmp_path / "order.json", TRUTHS) == ["", "gsm8k_000001"]
