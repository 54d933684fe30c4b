"""A broken line fails only its own shard, and is reported with file and line number; the other shards are packed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines, gsm8k, lamp_rows, tar_hashes, temp_files

pytest_plugins = ["shards.packed"]

BROKEN = '{"question": "How many lamps are'


def write_broken(folder: Path, name: str = "rows.jsonl") -> None:
    """Writes 18 rows, of which the eighth, in the second of three shards, is cut short."""
    lines = [json.dumps(row) for row in lamp_rows(18)]
    text = "\n".join([*lines[:7], BROKEN, *lines[8:]]) + "\n"
    data = text.encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_line_fails_only_its_own_shard(
    run: Run, tmp_path: Path, three_shards: Path, name: str, workers: int
) -> None:
    write_broken(tmp_path, name)
    done = run(*gsm8k("--rows", name, workers=workers), check=False)
    assert done.returncode == 1
    assert f"Error: gsm8k-000001: {name}, line 8: not JSON" in done.stderr
    assert done.stderr.count("Error: ") == 1
    expected = tar_hashes(three_shards / "shards" / "gsm8k")
    del expected["gsm8k-000001.tar"]
    folder = tmp_path / "shards" / "gsm8k"
    assert tar_hashes(folder) == expected
    assert temp_files(folder) == []
    assert "2 of 3 done, 1 missing, 0 torn" in run("status").stdout


def test_a_failed_shard_is_reported_without_a_traceback(run: Run, tmp_path: Path) -> None:
    write_broken(tmp_path)
    done = run(*gsm8k(), check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_with_debug_a_failed_shard_is_reported_with_its_traceback(run: Run, tmp_path: Path) -> None:
    write_broken(tmp_path)
    done = run(*gsm8k("--debug"), check=False)
    assert done.returncode == 1
    assert "JSONDecodeError" in done.stderr


def test_a_fixed_file_is_a_different_source_and_is_refused(run: Run, tmp_path: Path) -> None:
    write_broken(tmp_path)
    run(*gsm8k(), check=False)
    fixed = (tmp_path / "rows.jsonl").read_text("utf-8").replace(BROKEN, json.dumps(lamp_rows(8)[7]))
    (tmp_path / "rows.jsonl").write_text(fixed, "utf-8")
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "source.sha256" in done.stderr
    assert run(*gsm8k("--out", "fresh")).returncode == 0


def test_a_broken_shard_fails_again_in_the_next_run_and_complete_shards_are_kept(run: Run, tmp_path: Path) -> None:
    write_broken(tmp_path)
    run(*gsm8k("--num-samples", 12), check=False)
    again = run(*gsm8k("--num-samples", 12), check=False)
    assert again.returncode == 1
    assert "1 to pack, 1 already complete, of 2 shards" in again.stderr
    assert "line 8" in again.stderr
