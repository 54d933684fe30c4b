"""`pack.json` is the contract of an output folder: other settings are refused, and change nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Run, write_rows
from shards.packing import assert_two_lines, copy_pack, gsm8k, lamp_rows, snapshot

from vwd.errors import OutputError
from vwd.shards.contract import read_contract
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


@pytest.mark.parametrize(
    ("options", "differences"),
    [
        (("--shard-size", 9), ["shard_size is 6 there, 9 now"]),
        (("--size", "162x122"), ["video.width is 160 there, 162 now", "video.height is 120 there, 122 now"]),
        (("--frames", 61, "--fps", 24), ["video.frames is 60 there, 61 now", "video.fps is 193/10 there, 24/1 now"]),
        (("--font-size", 17), ["storyboard.font_size is 16 there, 17 now"]),
        (("--prompt-overflow", "skip"), ["storyboard.prompt_overflow is spill there, skip now"]),
        (("--zh-units", "char"), ["storyboard.zh_units is word there, char now"]),
        (("--encoder", "opencv"), ["encoder.name is mpeg4 there, opencv now", "encoder.opencv is not set there"]),
        (("--quality", 9), ["encoder.quality is 3 there, 9 now"]),
        (("--rows", "builtin"), ["source.sha256 is ", "rows is 18 there, 24 now"]),
    ],
)
def test_other_settings_are_refused_with_what_differs(
    run: Run, folder: Path, options: tuple[object, ...], differences: list[str]
) -> None:
    before = snapshot(folder)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done)
    assert "shards/gsm8k was packed with other settings" in done.stderr
    for difference in differences:
        assert difference in done.stderr
    assert snapshot(folder) == before


def test_settings_that_change_no_byte_are_no_other_settings(run: Run, folder: Path) -> None:
    assert run(*gsm8k("--num-workers", 2, "--task", 0, "--num-tasks", 2, "--num-samples", 5)).returncode == 0


def test_a_moved_rows_file_is_the_same_source(run: Run, folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "other-name.jsonl"
    moved.parent.mkdir()
    (tmp_path / "rows.jsonl").rename(moved)
    assert "3 stand" in run(*gsm8k("--rows", moved)).stderr


def test_another_row_in_the_file_is_another_source(run: Run, folder: Path, tmp_path: Path) -> None:
    rows = lamp_rows(18)
    write_rows(tmp_path / "rows.jsonl", [*rows[:17], {**rows[17], "question": "How many are left?"}])
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "source.sha256" in done.stderr


def test_the_contract_names_all_that_decides_the_bytes(folder: Path) -> None:
    contract = json.loads((folder / "pack.json").read_bytes())
    assert (contract["dataset"], contract["shard_size"], contract["rows"]) == ("gsm8k", 6, 18)
    assert contract["source"]["kind"] == "file"
    assert contract["video"] == {"width": 160, "height": 120, "frames": 60, "fps": "193/10"}
    assert contract["encoder"]["name"] == "mpeg4"
    assert len(contract["fonts"]) == 2
    assert str(folder) not in json.dumps(contract)


@pytest.mark.parametrize("content", ["{", "null", "[]", "{}", "", "7", "[" * 200_000])
def test_a_damaged_contract_cannot_be_read(folder: Path, content: str) -> None:
    (folder / "pack.json").write_text(content)
    with pytest.raises(OutputError, match=re.escape("pack.json")):
        read_contract(OutputPaths(folder.parent, "gsm8k"))


@pytest.mark.parametrize("command", ["status", "verify", "pack"])
def test_a_damaged_contract_is_an_error_in_two_lines(run: Run, folder: Path, command: str) -> None:
    (folder / "pack.json").write_text("null")
    assert_two_lines(run(*(gsm8k() if command == "pack" else (command,)), check=False))
