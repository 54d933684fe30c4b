"""`vwd pack --dry-run` says what packing gives, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run, write_rows
from shards.packing import SMALL, assert_two_lines, lamp_rows

SKIPPED = {"missing_glyph": (3, 4, 9, 11), "bad_row": (5,)}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    made = lamp_rows(40)
    for row in SKIPPED["missing_glyph"]:
        made[row]["question"] = "A fox \U0001f98a ran."
    made[5]["answer"] = None
    return write_rows(tmp_path / "rows.jsonl", made)


def command(*more: object) -> tuple[object, ...]:
    return ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 10, *SMALL, "--num-workers", 1, *more)


def test_counts_and_skips_are_those_of_packing_and_nothing_is_written(rows: Path, run: Run, tmp_path: Path) -> None:
    said = json.loads(run(*command("--dry-run", "--json")).stdout)
    assert list(tmp_path.iterdir()) == [rows]
    packed = json.loads(run(*command("--json")).stdout)
    for name in ("rows", "samples", "skips", "shards"):
        assert said[name] == packed[name]
    assert said["bytes"] == pytest.approx(packed["bytes"], rel=0.25)
    assert [one["row"] for one in said["examples"]["missing_glyph"]] == list(SKIPPED["missing_glyph"][:3])
    assert said["measured"] == "probe"
    assert json.loads(run(*command("--dry-run", "--json")).stdout)["measured"] == "ledger"


def test_the_lines_name_rows_that_would_be_skipped(rows: Path, run: Run) -> None:
    said = run(*command("--dry-run")).stdout
    assert "gsm8k: nothing is packed; 40 rows\n" in said
    assert "  samples  35 in 4 shards, about " in said
    assert "  skipped  5 (bad_row 1, missing_glyph 4)\n" in said
    assert "row 5  bad_row: column 'answer' holds null, not text" in said


def test_workers_without_rows_are_named_with_what_to_change(rows: Path, run: Run) -> None:
    said = run(*command("--dry-run", "--num-workers", 8)).stdout
    assert "  CPUs     4 of 8 worker(s) have rows to pack\n" in said
    assert said.endswith("  note     there are too few rows for more: lower --num-workers to 4\n")
    found = json.loads(run(*command("--dry-run", "--num-workers", 8, "--json")).stdout)
    assert (found["workers"], found["num_workers"]) == (4, 8)
    assert found["wall_seconds"] <= found["seconds"]
    assert "note" not in run(*command("--dry-run")).stdout


def test_a_sample_is_spread_over_the_rows(rows: Path, run: Run) -> None:
    said = json.loads(run(*command("--dry-run", "--sample", 4, "--json")).stdout)
    assert (said["rows"], said["looked_at"], said["samples"]) == (40, 4, 4)  # rows 0, 10, 20 and 30


def test_rows_that_would_all_be_skipped_are_an_error(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [{"question": "\U0001f98a", "answer": "7"}] * 3)
    done = run(*command("--dry-run"), check=False)
    assert_two_lines(done)
    assert "none of 3 rows that were looked at would have a sample (missing_glyph 3); row 0: U+1F98A" in done.stderr
    assert "docs/languages.md" in done.stderr


def test_a_sample_without_a_dry_run_is_refused(rows: Path, run: Run) -> None:
    assert_two_lines(run(*command("--sample", 4), check=False), 2)


def test_a_run_that_skips_most_rows_says_so(run: Run, tmp_path: Path) -> None:
    made = lamp_rows(5)
    for row in made[:3]:
        row["question"] = None
    write_rows(tmp_path / "rows.jsonl", made)
    done = run(*command())
    assert "Warning: shards/gsm8k: 3 of 5 rows were skipped (bad_row 3); row 0: " in done.stderr
    assert "Name the columns that hold text, --prompt-column" in done.stderr
    listing = done.stderr.splitlines()[-1].split("'")[1]
    assert listing == "vwd show shards/gsm8k --skips --code bad_row"
    assert run(*listing.split()[1:]).stdout.count("bad_row") == 3


@pytest.mark.parametrize(
    ("row", "remedy"),
    [
        ({"question": "Why?", "answer": "word " * 99}, "Give more --frames, or --pace fit"),
        ({"question": "\U0001f98a", "answer": "7"}, "docs/languages.md"),
    ],
)
def test_a_run_that_skips_every_row_says_what_to_do(
    row: dict[str, object], remedy: str, run: Run, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", [row] * 3)
    done = run(*command(), check=False)
    assert done.returncode == 1
    assert "all 3 rows were skipped" in done.stderr
    assert remedy in done.stderr
