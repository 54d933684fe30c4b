"""Bad input: two lines that say what is wrong and what to do next, the right exit code, and no partial output."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import pytest
from conftest import Run, write_rows
from shards.packing import SMALL, assert_two_lines, gsm8k, lamp_rows, write_lamps

from vwd.cli.command import with_flags
from vwd.cli.main import cli

OWN = ("--prompt-column", "question", "--answer-column", "answer", "--language", "en")


def nothing_was_packed(tmp_path: Path) -> bool:
    return not (tmp_path / "shards").exists()


@pytest.mark.parametrize(
    ("name", "near"), [("gsm8", "gsm8k"), ("tinystory", "tinystories"), ("belle", "belle_school_math")]
)
def test_an_unknown_corpus_names_the_nearest(run: Run, tmp_path: Path, name: str, near: str) -> None:
    done = run("pack", name, "--rows", "builtin", check=False)
    assert_two_lines(done, code=2)
    assert f"Did you mean '{near}'?" in done.stderr
    assert nothing_was_packed(tmp_path)


def test_a_missing_column_is_named_with_the_existing_ones(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [{"problem": "How many?", "solution": "Two."}])
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "needs the column(s) 'question', 'answer'; the rows have 'problem', 'solution'" in done.stderr
    assert "--prompt-column" in done.stderr
    assert nothing_was_packed(tmp_path)


def test_a_missing_column_that_the_user_chose_is_named_too(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 3)
    done = run("pack", "mine", "--rows", "rows.jsonl", *OWN[:3], "reply", *OWN[4:], check=False)
    assert_two_lines(done)
    assert "'question', 'reply'; the rows have 'question', 'answer'" in done.stderr


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.csv", "rows.parquet"])
def test_an_empty_file_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    done = run(*gsm8k("--rows", name), check=False)
    assert_two_lines(done)
    assert name in done.stderr
    assert nothing_was_packed(tmp_path)


def test_a_csv_without_rows_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("question,answer\n")
    done = run(*gsm8k("--rows", "rows.csv"), check=False)
    assert_two_lines(done)
    assert "rows.csv has no rows" in done.stderr


@pytest.mark.parametrize("name", ["rows.txt", "rows.parquet.gz", "rows", "rows.jsonl.xz"])
def test_an_unsupported_kind_of_file_lists_the_supported_ones(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("anything")
    done = run(*gsm8k("--rows", name), check=False)
    assert_two_lines(done)
    assert ".jsonl, .jsonl.gz, .parquet, .csv" in done.stderr


@pytest.mark.parametrize("name", ["none.jsonl", "none.jsonl.gz", "none.csv", "none.parquet"])
def test_a_missing_file_is_named(run: Run, tmp_path: Path, name: str) -> None:
    done = run(*gsm8k("--rows", name), check=False)
    assert_two_lines(done)
    assert name in done.stderr
    assert "No such file or directory" in done.stderr
    assert nothing_was_packed(tmp_path)


def test_a_folder_without_rows_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").mkdir()
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "rows.jsonl: holds no file of rows" in done.stderr


def test_a_broken_first_line_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n{not JSON}\n")
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "rows.jsonl, line 2: not JSON" in done.stderr


def test_a_csv_line_with_too_many_fields_is_named(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["question", "answer"], ["How many?", "Two."], ["How", "many", "more?"]])
    done = run(*gsm8k("--rows", "rows.csv"), check=False)
    assert_two_lines(done)
    assert "rows.csv, line 3" in done.stderr


@pytest.mark.parametrize("name", ["../escape", "a/b", "Großes", "with space", ".hidden", "-x", ""])
def test_a_name_that_is_not_a_safe_key_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(1))
    before = sorted(tmp_path.parent.rglob("*"))
    done = run("pack", "--rows", "rows.jsonl", *OWN, *SMALL, "--", name, check=False)
    assert_two_lines(done, code=2)
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--size", "161x120"), "odd side"),
        (("--size", "160"), "--size 160"),
        (("--size", "-2x-2"), "no room"),
        (("--size", "32x32"), "no room"),
        (("--font-size", 300), "a font of 300 px"),
        (("--frames", 1), "a video of 1 frames"),
        (("--frames", -5), "a video of -5 frames"),
        (("--fps", 0), "0 frames a second"),
        (("--fps", "1/0"), "--fps 1/0"),
        (("--fps", "fast"), "--fps fast"),
        (("--fps", "nan"), "--fps nan"),
        (("--fps", "1e999999999"), "--fps 1e999999999"),
        (("--fps", "1e-999999999"), "--fps 1e-999999999"),
        (("--fps", f"{'9' * 5000}/1"), "--fps 9999"),
        (("--shard-size", 0), "--shard-size 0"),
        (("--num-samples", 0), "--num-samples 0"),
        (("--start-idx", 3), "Take 0 or 6"),
        (("--start-idx", -6), "--start-idx -6"),
        (("--start-idx", 18), "beyond the last of 18 rows"),
        (("--task", 3, "--num-tasks", 3), "--task 3 of --num-tasks 3"),
        (("--encoder", "opencv", "--quality", 5), "quality"),
    ],
)
def test_impossible_options_are_refused(run: Run, tmp_path: Path, options: tuple[object, ...], message: str) -> None:
    write_lamps(tmp_path, 18)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done, code=2)
    assert message in done.stderr
    assert nothing_was_packed(tmp_path)


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        (("--shard-size", 10, "--start-idx", 5), ("--start-idx 5", "--shard-size")),
        (("--num-samples", 0), ("--num-samples 0",)),
        (("--task", 4, "--num-tasks", 3), ("--task 4 of --num-tasks 3",)),
        (("--encoder", "opencv", "--quality", 5), ("--quality 5 with --encoder opencv",)),
    ],
)
def test_arguments_in_library_messages_are_shown_as_options(
    run: Run, options: tuple[object, ...], flags: tuple[str, ...]
) -> None:
    done = run("pack", "gsm8k", "--rows", "builtin", *options, check=False)
    assert_two_lines(done, code=2)
    assert all(flag in done.stderr for flag in flags)
    assert "`" not in done.stderr


def test_only_arguments_that_are_options_are_shown_as_such() -> None:
    text = "`shard_size` of `pack.json`, `repo_id` and `ls`; `train_fps`, `interval`"
    with click.Context(cli):
        assert with_flags(text) == "--shard-size of `pack.json`, `repo_id` and `ls`; --train-fps, --interval"
    assert with_flags("`shard_size`") == "`shard_size`"


@pytest.mark.parametrize(
    "arguments",
    [("pack",), ("pack", "gsm8k", "--encoder", "av2"), ("pack", "gsm8k", "--num-workers", "0"), ("verify", "--jobs"),
     ("no-such-verb",), ("status", "one", "two"), ("pack", "gsm8k", "--frames", "many")],
)  # fmt: skip
def test_usage_errors_exit_with_2_and_point_to_help(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, check=False)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unreachable_hub_is_reported_with_the_alternatives(run: Run, tmp_path: Path) -> None:
    done = run("pack", "gsm8k", HF_HOME=str(tmp_path / "hub"), check=False)
    assert_two_lines(done)
    for alternative in ("vwd download --dataset gsm8k", "--rows FILE or builtin"):
        assert alternative in done.stderr
    assert nothing_was_packed(tmp_path)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--decode", "--sample-rate"),
        ("export", "--for", "musubi", "--split", "val", "--val-fraction"),
        ("meta", "filter", "x.csv", "--aesmin"),
        ("meta", "cut", "x.csv", "--save-dir", "c", "--max-seconds"),
    ],
)
def test_what_is_no_number_is_in_no_range(run: Run, words: tuple[str, ...], value: str) -> None:
    done = run(*words, value, check=False)
    assert done.returncode == 2
    assert "Invalid value for '--" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("pack", "gsm8k", "--rows", "builtin", "--num-workers", "9" * 10),
        ("pack", "gsm8k", "--rows", "builtin", "--cache-mb", "9" * 20),
        ("pack", "gsm8k", "--rows", "builtin", "--shard-size", "9" * 30),
        ("verify", "--num-workers", "9" * 10),
        ("export", "--for", "musubi", "--start-idx", "9" * 30),
    ],
)
def test_numbers_beyond_all_counts_are_refused(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    if words[0] != "pack":
        write_lamps(tmp_path, 3)
        run(*gsm8k())
    done = run(*words, check=False)
    assert done.returncode == 2
    assert "unexpected" not in done.stderr
