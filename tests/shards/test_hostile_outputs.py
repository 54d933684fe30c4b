"""What stands in an output in place of its files, and what its files say to a terminal: faults that fuzzing found."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from shards.damage import rebuild
from shards.packing import assert_two_lines, copy_pack, entry_file, forget_contract, gsm8k, read_entry, seal, tar_hashes
from text.boards import board_of, sample_of

from vwd.errors import OutputError, ShardError
from vwd.shards import members
from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths
from vwd.storage.objects import read_if_exists
from vwd.video.mp4 import Mp4Error, read_header
from vwd.video.spec import VideoSpec

pytest_plugins = ["shards.packed"]

SECONDS = 120


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def put_folder(path: Path) -> None:
    path.mkdir()


def put_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def put_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


THINGS = (put_pipe, put_folder, put_link_to_itself, put_endless_device)


@pytest.mark.parametrize("put", THINGS)
@pytest.mark.parametrize("name", ["ledger/gsm8k-000001.json", "gsm8k-000001.tar"])
def test_what_is_no_file_is_a_torn_shard(run: Run, folder: Path, put: Callable[[Path], None], name: str) -> None:
    (folder / name).unlink()
    put(folder / name)
    (status,) = json.loads(run("status", "--json", timeout=SECONDS).stdout)
    assert status["torn"] == ["gsm8k-000001"]
    verified = run("verify", check=False, timeout=SECONDS)
    assert verified.returncode == 1
    assert "1 problem(s)\n  gsm8k-000001: " in verified.stdout


@pytest.mark.parametrize("put", THINGS)
def test_what_is_no_file_in_place_of_a_sidecar_is_named(run: Run, folder: Path, put: Callable[[Path], None]) -> None:
    (folder / "shardindex.json").unlink()
    put(folder / "shardindex.json")
    indexed = run("index", check=False, timeout=SECONDS)
    assert_two_lines(indexed)
    assert "shardindex.json: not a regular file" in indexed.stderr
    verified = run("verify", check=False, timeout=SECONDS)
    assert verified.returncode == 1
    assert "shardindex.json: not a regular file" in verified.stdout


def test_reading_what_is_no_file_leaves_nothing_open(folder: Path) -> None:
    entry_file(folder, 1).unlink()
    entry_file(folder, 1).mkdir()
    ledger = open_ledger(OutputPaths(folder.parent, "gsm8k"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert [ledger.lookup(1).state for _ in range(5)] == [State.TORN] * 5
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_sidecar_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "sizes.json").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(OutputError, match=r"sizes\.json: 1,000,000,000,000 bytes, more than"):
        read_if_exists(tmp_path / "sizes.json")


@pytest.mark.parametrize("verb", ["export-jsonl", "export-opensora", "export-sat", "export-parquet"])
def test_an_export_to_a_link_to_itself_is_two_lines(run: Run, folder: Path, tmp_path: Path, verb: str) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "gsm8k").symlink_to("gsm8k")
    assert_two_lines(run(verb, check=False))


def test_a_dangling_link_in_place_of_the_temporary_folder_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / ".tmp").symlink_to(tmp_path / "elsewhere")
    (folder / "sizes.json").unlink()
    refused = run("index", check=False)
    assert_two_lines(refused)
    assert ".tmp is a symbolic link" in refused.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_rows_that_are_a_link_to_itself_are_two_lines(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").symlink_to("rows.jsonl")
    assert_two_lines(run(*gsm8k(), check=False))
    assert_two_lines(run("slurm", "plan", *gsm8k()[1:], check=False))


def test_a_folder_in_place_of_a_tar_is_named_by_pack(run: Run, folder: Path) -> None:
    (folder / "gsm8k-000001.tar").unlink()
    (folder / "gsm8k-000001.tar").mkdir()
    done = run(*gsm8k(), check=False)
    assert done.returncode == 1
    assert "gsm8k-000001.tar: Is a directory\nMove away what stands there, and run again." in done.stderr


def test_a_contract_that_is_nested_without_end_is_two_lines(run: Run, folder: Path) -> None:
    (folder / "pack.json").write_bytes(b'{"dataset": ' + b"[" * 100_000)
    for verb in ("status", "verify", "index", "export-jsonl"):
        assert_two_lines(run(verb, check=False))


# What `--check` keeps.


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("sizes", lambda text: text.replace(":", ";")),
        ("sizes", lambda text: ""),
        ("checksums", lambda text: base64.b64encode(bytes(len(base64.b64decode(text)))).decode()),
        ("checksums", lambda text: text[:-8]),
    ],
)
def test_check_packs_a_shard_again_whose_entry_does_not_describe_its_members(
    run: Run, folder: Path, three_shards: Path, field: str, damage: Callable[[str], str]
) -> None:
    entry = read_entry(folder, 1)
    entry_file(folder, 1).write_text(json.dumps({**entry, field: damage(entry[field])}), "utf-8")
    assert run("verify", check=False).returncode == 1
    assert "1 to pack, 2 already complete" in run(*gsm8k("--check")).stderr
    assert "18 samples: clean" in run("verify").stdout
    assert read_entry(folder, 1)[field] == entry[field]
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")


def test_check_keeps_what_is_intact(run: Run, folder: Path) -> None:
    assert "0 to pack, 3 already complete" in run(*gsm8k("--check")).stderr


# What is printed.


def printed(done: subprocess.CompletedProcess[str]) -> str:
    """What a command has written; none of it may steer a terminal."""
    text = done.stdout + done.stderr
    assert not [char for char in text if ord(char) < 32 and char not in "\n\t"]
    assert not [char for char in text if "\x7f" <= char <= "\x9f" or "\u202a" <= char <= "\u202e"]
    return text


@pytest.mark.parametrize("value", ["\x1b[2J\x1b[1;1H", "\x9b2J", "\u202edesrever", "\ud800", "\r\x08\x07"])
def test_text_from_files_cannot_steer_a_terminal(run: Run, folder: Path, value: str) -> None:
    entry = read_entry(folder, 1)
    entry_file(folder, 1).write_text(json.dumps({**entry, "sizes": value + entry["sizes"]}), "utf-8")
    contract = json.loads((folder / "pack.json").read_bytes())
    first = printed(run("verify", check=False))
    assert "gsm8k-000001" in first
    assert "Traceback" not in first
    (folder / "pack.json").write_text(json.dumps({**contract, "members": [value]}), "utf-8")
    forget_contract(folder)
    for verb in ("status", "verify", "export-jsonl"):
        done = run(verb, check=False)
        assert_two_lines(done)
        printed(done)


def test_the_results_of_a_script_are_printable_and_still_json(run: Run, folder: Path) -> None:
    entry = read_entry(folder, 1)
    entry_file(folder, 1).write_text(
        json.dumps({**entry, "sizes": entry["sizes"].replace(" ", " \x9b\u202e", 1)}), "utf-8"
    )
    done = run("verify", "--json", check=False)
    assert "\\u009b\\u202e" in printed(done)
    (result,) = json.loads(done.stdout)
    assert "\x9b\u202e" in result["problems"][0]["what"]


def test_an_error_of_the_library_is_printable_and_not_endless() -> None:
    error = ShardError("\x1b[2J" + "9" * 10**6, "a hint")
    assert error.what.startswith("\\u001b[2J999")
    assert len(error.what) < 3000


def test_a_box_is_named_in_letters_that_can_be_printed() -> None:
    with pytest.raises(Mp4Error, match=r"the '\\x00\\x1b\[2' box is cut short"):
        read_header(b"\x00\x00\x00\x04\x00\x1b[2")


# Members.


def test_a_video_whose_chunk_offsets_are_impossible_is_a_problem(run: Run, folder: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        at = data.find(b"stco") + 8
        return data[:at] + b"\xff" * 4 + data[at + 4 :] if name == "gsm8k_000006.mp4" else data

    rebuild(folder, 1, swap_moov_and(change))
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert "gsm8k_000006: the video is broken: the 'stco' box is cut short" in verified.stdout


def swap_moov_and(change: Callable[[str, bytes], bytes]) -> Callable[[str, bytes], bytes]:
    """Videos whose header comes last, so that its offsets matter."""

    def changed(name: str, data: bytes) -> bytes:
        if not name.endswith(".mp4"):
            return data
        start = data.index(b"moov") - 4
        end = start + int.from_bytes(data[start : start + 4], "big")
        return change(name, data[:start] + data[end:] + data[start:end])

    return changed


def test_a_member_that_is_too_large_is_refused_before_it_is_read(run: Run, folder: Path) -> None:
    large = json.dumps({"video_path": "x", "prompt": "a" * 17_000_000}).encode()
    rebuild(folder, 1, lambda name, data: large if name == "gsm8k_000006.inference.json" else data)
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert "gsm8k_000006.inference.json: not a JSON object: 17,000,0" in verified.stdout
    exported = run("export-jsonl", check=False)
    assert_two_lines(exported)


@pytest.mark.parametrize("size", [-1, 256_000_001, 2**62])
def test_a_header_with_an_impossible_size_is_refused(run: Run, folder: Path, size: int) -> None:
    tar = folder / "gsm8k-000001.tar"
    data = bytearray(tar.read_bytes())
    data[124:136] = b"\x80" + size.to_bytes(11, "big") if size >= 0 else (size % 2**96).to_bytes(12, "big")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    tar.write_bytes(data)
    seal(folder, 1)
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert f"'gsm8k_000006.mp4' has {size:,} bytes, not 0 to 256,000,000" in verified.stdout


def test_a_video_that_no_reader_takes_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "LARGEST_MEMBER", 1000)
    board, sample = board_of("How many?", "Two."), sample_of("How many?", "Two.")
    assert members.sample_members(sample, board, VideoSpec(), bytes(1000))
    with pytest.raises(ShardError, match=r"mp4 has 1,001 bytes, more than the 1,000 that readers take"):
        members.sample_members(sample, board, VideoSpec(), bytes(1001))


def test_a_rate_that_would_take_hours_to_compute_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    for rate in ("1e999999999", "1e-999999999", "1e9_999_999", "1" * 1000, "1/0"):
        assert_two_lines(run(*gsm8k("--fps", rate), check=False, timeout=SECONDS), code=2)
