"""`pack.json` is the contract of an output folder: different settings are refused, and change nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Run, write_rows
from shards.packing import assert_two_lines, copy_pack, gsm8k, lamp_rows, snapshot

from vwd.errors import OutputError
from vwd.shards.contract_file import read_contract
from vwd.shards.paths import OutputPaths
from vwd.video.mpeg4.encoder import VERSION

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


@pytest.mark.parametrize(
    ("options", "differences"),
    [
        (("--shard-size", 9), ["shard_size: existing 6, requested 9"]),
        (
            ("--size", "162x122"),
            ["video.width: existing 160, requested 162", "video.height: existing 120, requested 122"],
        ),
        (
            ("--frames", 61, "--fps", 24),
            ["video.frames: existing 60, requested 61", "video.fps: existing 193/10, requested 24/1"],
        ),
        (("--font-size", 17), ["storyboard.font_size: existing 16, requested 17"]),
        (("--prompt-overflow", "skip"), ["storyboard.prompt_overflow: existing spill, requested skip"]),
        (("--zh-units", "char"), ["storyboard.zh_units: existing word, requested char"]),
        (
            ("--pace", "fit", "--prompt-hold", 2, "--separator", "always"),
            [
                "storyboard.pace: existing word, requested fit",
                "storyboard.prompt_hold: existing 1, requested 2",
                "storyboard.separator: existing auto, requested always",
            ],
        ),
        (
            ("--encoder", "opencv"),
            ["encoder.name: existing mpeg4, requested opencv", "encoder.opencv: existing not set, requested "],
        ),
        (("--quality", 9), ["encoder.quality: existing 3, requested 9"]),
        (("--rows", "builtin"), ["source.sha256: existing ", "rows: existing 18, requested 24"]),
    ],
)
def test_different_settings_are_refused_and_the_differences_named(
    run: Run, folder: Path, options: tuple[object, ...], differences: list[str]
) -> None:
    before = snapshot(folder)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done)
    assert "shards/gsm8k was packed with other settings" in done.stderr
    for difference in differences:
        assert difference in done.stderr
    assert snapshot(folder) == before


@pytest.mark.parametrize("version", ["1", "x", ""])
def test_an_encoder_s_version_that_cannot_be_made_is_refused(run: Run, folder: Path, version: str) -> None:
    contract = json.loads((folder / "pack.json").read_bytes())
    contract["encoder"]["version"] = version
    (folder / "pack.json").write_text(json.dumps(contract))
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert f"encoder.version: existing {version}, requested {VERSION}" in done.stderr


def test_settings_that_do_not_affect_the_bytes_are_accepted(run: Run, folder: Path) -> None:
    assert run(*gsm8k("--num-workers", 2, "--task", 0, "--num-tasks", 2, "--num-samples", 5)).returncode == 0


def test_a_moved_rows_file_is_the_same_source(run: Run, folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "other-name.jsonl"
    moved.parent.mkdir()
    (tmp_path / "rows.jsonl").rename(moved)
    assert "0 to pack, 3 already complete, of 3 shards" in run(*gsm8k("--rows", moved)).stderr


def test_a_file_with_a_changed_row_is_a_different_source(run: Run, folder: Path, tmp_path: Path) -> None:
    rows = lamp_rows(18)
    write_rows(tmp_path / "rows.jsonl", [*rows[:17], {**rows[17], "question": "How many are left?"}])
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "source.sha256" in done.stderr


def test_the_contract_names_everything_that_determines_the_bytes(folder: Path) -> None:
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
@pytest.mark.parametrize("damage", ["a field less", "another encoding"])
def test_what_readers_refuse_is_not_resumed_either(run: Run, folder: Path, command: str, damage: str) -> None:
    contract = json.loads((folder / "pack.json").read_bytes())
    assert contract.pop("shuffle_seed") is None
    text = json.dumps(contract)
    (folder / "pack.json").write_bytes(text.encode() if damage == "a field less" else text.encode("utf-16-le"))
    done = run(*(gsm8k() if command == "pack" else (command,)), check=False)
    assert_two_lines(done)
    assert "pack.json: not the contract of an output" in done.stderr


@pytest.mark.parametrize("command", ["status", "verify", "pack"])
def test_a_damaged_contract_is_an_error_in_two_lines(run: Run, folder: Path, command: str) -> None:
    (folder / "pack.json").write_text("null")
    assert_two_lines(run(*(gsm8k() if command == "pack" else (command,)), check=False))
