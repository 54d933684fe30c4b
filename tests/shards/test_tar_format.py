"""A shard's tar: plain USTAR with fixed headers, four members a sample in a fixed order, the same fields in each."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from shards.damage import read_member
from shards.packing import SMALL

from vwd.shards.storyboard_json import StoryboardRecord
from vwd.shards.tar import _header
from vwd.video.mp4 import read_header

pytest_plugins = ["shards.packed"]

ORDER = ["mp4", "inference.json", "rendering.json", "storyboard.json"]


@pytest.fixture(scope="module")
def tars(three_shards: Path) -> list[Path]:
    return sorted((three_shards / "shards" / "gsm8k").glob("*.tar"))


def members(tar: Path, ending: str) -> dict[str, Any]:
    """The JSON members of one ending, by key."""
    with tarfile.open(tar) as opened:
        return {
            info.name.partition(".")[0]: json.loads(read_member(opened, info))
            for info in opened
            if info.name.partition(".")[2] == ending
        }


def types(value: Any) -> Any:
    """The shape of a JSON value: names and types; of a list, the shape that all its elements share."""
    if isinstance(value, dict):
        return {name: types(inner) for name, inner in value.items()}
    if isinstance(value, list):
        kinds = [types(inner) for inner in value]
        assert all(kind == kinds[0] for kind in kinds)
        return kinds[:1]
    return type(value)


@given(
    st.lists(st.sampled_from(["a", "é", "字", "_", "7"]), min_size=1, max_size=99).map("".join),
    st.integers(0, 3000) | st.sampled_from([8**11 - 1, 8**10]),
)
def test_headers_are_those_of_the_standard_library(name: str, size: int) -> None:
    header = tarfile.TarInfo(f"{name}.mp4"[:100])
    header.size, header.mode = size, 0o644
    try:
        expected = header.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:  # longer than its field: refused by both
        with pytest.raises(ValueError, match="too long"):
            _header(header.name, size)
    else:
        assert _header(header.name, size) == expected


def test_members_are_in_a_fixed_order_row_by_row(tars: list[Path]) -> None:
    for number, tar in enumerate(tars):
        with tarfile.open(tar) as opened:
            names = opened.getnames()
        assert names == [f"gsm8k_{row:06d}.{ending}" for row in range(number * 6, number * 6 + 6) for ending in ORDER]


def test_headers_hold_no_time_owner_or_machine(tars: list[Path]) -> None:
    for tar in tars:
        with tarfile.open(tar) as opened:
            for info in opened:
                assert (info.mtime, info.uid, info.gid, info.mode) == (0, 0, 0, 0o644)
                assert (info.uname, info.gname, info.linkname) == ("", "", "")
                assert (info.type, info.pax_headers) == (tarfile.REGTYPE, {})


def test_every_header_is_ustar_and_the_end_is_marked(tars: list[Path]) -> None:
    for tar in tars:
        data, offset, headers = tar.read_bytes(), 0, 0
        while data[offset : offset + 512].strip(b"\0"):
            header = data[offset : offset + 512]
            assert header[257:265] == b"ustar\x0000"
            assert header[156:157] == b"0"
            offset += 512 + -(-int(header[124:135], 8) // 512) * 512
            headers += 1
        assert headers == 24
        assert len(data) - offset >= 1024
        assert not data[offset:].strip(b"\0")


def test_the_prompt_members_have_the_two_documented_fields_only(tars: list[Path]) -> None:
    for task in ("inference", "rendering"):
        for key, record in members(tars[0], f"{task}.json").items():
            assert list(record) == ["video_path", "prompt"]
            assert record["video_path"] == f"gsm8k/video/{key}.mp4"


def test_the_storyboard_has_everything_else(tars: list[Path]) -> None:
    storyboard = members(tars[1], "storyboard.json")["gsm8k_000007"]
    assert (storyboard["dataset"], storyboard["index"], storyboard["language"]) == ("gsm8k", 7, "en")
    question, answer = storyboard["question"], storyboard["answer"]
    assert question == "A crate holds 9 lamps.\nHow many are in 10 crates?"
    assert answer == "There are 9*10 = 90 lamps.\nSo the answer is: 90."
    assert storyboard["final_answer"] == "90"
    assert (storyboard["frames"], storyboard["fps"], storyboard["width"], storyboard["height"]) == (60, 19.3, 160, 120)
    assert storyboard["pages"] >= storyboard["prompt_frames"] >= 1
    assert " ".join(word["text"] for word in storyboard["words"]) == f"{question} {answer}".replace("\n", " ")
    record = StoryboardRecord.from_json(storyboard)
    assert record.storyboard.pages == storyboard["pages"]
    assert record.to_json() == storyboard


def test_all_storyboards_have_the_same_fields_and_types(run: Run, tars: list[Path], tmp_path: Path) -> None:
    shapes = [types(storyboard) for tar in tars for storyboard in members(tar, "storyboard.json").values()]
    for dataset in ("tinystories", "belle_school_math", "gsm8k_chinese"):
        run("pack", dataset, "--rows", "builtin", "--num-samples", 5, *SMALL[:4], "--num-workers", 1)
        (tar,) = (tmp_path / "shards" / dataset).glob("*.tar")
        shapes += [types(storyboard) for storyboard in members(tar, "storyboard.json").values()]
    assert len(shapes) > 25
    assert all(shape == shapes[0] for shape in shapes)


def test_every_video_is_as_long_and_large_as_its_storyboard_says(tars: list[Path]) -> None:
    with tarfile.open(tars[2]) as opened:
        for info in opened:
            if info.name.endswith(".mp4"):
                header = read_header(read_member(opened, info))
                assert (header.width, header.height, header.frames) == (160, 120, 60)
                assert header.fps == 193 / 10 or str(header.fps) == "193/10"
