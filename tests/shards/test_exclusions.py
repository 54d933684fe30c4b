"""`vwd decontaminate` and `vwd pack --exclude`: a benchmark's questions stay out of training."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from shards.packing import assert_two_lines, gsm8k, lamp_rows, read_entry, write_lamps

from vwd.errors import UsageError
from vwd.inspect.decontaminate import Benchmark
from vwd.limits import MAX_ROW_BYTES

LONG = "A train leaves the town at nine and meets thirteen other trains before it stops at last in the harbour"
CHINESE = "一箱灯有十二盏，小明买了四箱，又送给小红五盏，还剩多少盏灯？"


def packed(run: Run, tmp_path: Path) -> None:
    """Eighteen rows, of which rows 4 and 11 are the benchmark's, one of them with other words around it."""
    rows = lamp_rows(18)
    rows[4] = {"question": f"{LONG}. How many trains is that?", "answer": "It is 14.\n#### 14"}
    rows[11] = {"question": f"Well: {LONG.upper()}, said he?", "answer": "It is 14.\n#### 14"}
    write_rows(tmp_path / "rows.jsonl", rows)
    write_rows(tmp_path / "test.jsonl", [{"id": "x", "problem": "Who?"}, {"id": "y", "problem": f"{LONG}, or not?"}])
    run(*gsm8k())


def test_rows_that_a_benchmark_has_are_listed_and_left_out(run: Run, tmp_path: Path) -> None:
    packed(run, tmp_path)
    done = run("decontaminate", "--against", "test.jsonl")
    assert "2 of 18 samples share 13 words in a row with one of 4 texts; their rows are in exclude.json" in done.stdout
    report = json.loads((tmp_path / "exclude.json").read_bytes())
    assert report["rows"] == [4, 11]
    assert [(one["key"], one["against"], one["against_row"]) for one in report["matches"]] == [
        ("gsm8k_000004", "test.jsonl", 1), ("gsm8k_000011", "test.jsonl", 1)
    ]  # fmt: skip
    run(*gsm8k("--exclude", "exclude.json", "--out", "clean"))
    clean = tmp_path / "clean" / "gsm8k"
    skips = [read_entry(clean, number)["skips"] for number in range(3)]
    assert [[skip["index"] for skip in one.get("excluded", [])] for one in skips] == [[4], [11], []]
    contract = json.loads((clean / "pack.json").read_bytes())
    assert contract["exclude"]["rows"] == "2"
    assert len(contract["exclude"]["sha256"]) == 64
    again: list[Any] = json.loads(
        run("decontaminate", "clean", "--against", "test.jsonl", "--json").stdout
    )["matches"]  # fmt: skip
    assert again == []
    run("verify", "clean")


def test_another_list_does_not_resume_an_output(run: Run, tmp_path: Path) -> None:
    packed(run, tmp_path)
    run("decontaminate", "--against", "test.jsonl")
    done = run(*gsm8k("--exclude", "exclude.json"), check=False)
    assert_two_lines(done)
    assert "exclude" in done.stderr


def test_a_list_is_refused_for_other_rows(run: Run, tmp_path: Path) -> None:
    packed(run, tmp_path)
    run("decontaminate", "--against", "test.jsonl")
    write_lamps(tmp_path, 18)
    done = run(*gsm8k("--exclude", "exclude.json", "--out", "clean"), check=False)
    assert_two_lines(done)
    assert "the list given as --exclude is of other rows" in done.stderr


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"rows": [-1], "source": {}}', '{"rows": ["1"], "source": {}}'])
def test_what_is_no_list_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    write_lamps(tmp_path, 1)
    (tmp_path / "exclude.json").write_text(content)
    done = run(*gsm8k("--exclude", "exclude.json"), check=False)
    assert_two_lines(done)
    assert "no list of rows to exclude" in done.stderr


def test_a_benchmark_without_text_is_a_failure_and_not_clean(run: Run, tmp_path: Path) -> None:
    packed(run, tmp_path)
    write_rows(tmp_path / "empty.jsonl", [{"id": 1, "text": "yes"}])
    done = run("decontaminate", "--against", "empty.jsonl", check=False)
    assert_two_lines(done)
    assert not (tmp_path / "exclude.json").exists()


def test_rows_of_the_benchmark_that_were_not_compared_are_a_failure(run: Run, tmp_path: Path) -> None:
    packed(run, tmp_path)
    with (tmp_path / "test.jsonl").open("a") as file:
        file.write(json.dumps({"problem": "x" * MAX_ROW_BYTES}) + "\n")
    done = run("decontaminate", "--against", "test.jsonl", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "not compared: 1 rows of the benchmark, which cannot be read"
    assert json.loads((tmp_path / "exclude.json").read_bytes())["rows"] == [4, 11]


def test_thirteen_words_in_a_row_are_shared_and_twelve_are_not() -> None:
    words = LONG.split()
    benchmark = Benchmark()
    benchmark.add(LONG, "b", 7)
    assert benchmark.find(" ".join(["so", *words[:13], "then"])) == ("b", 7, " ".join(words[:13]).lower())
    assert benchmark.find(" ".join([*words[:12], "dozen"])) is None


def test_chinese_is_compared_by_characters_whatever_the_punctuation() -> None:
    benchmark = Benchmark()
    benchmark.add(CHINESE, "b", 0)
    assert benchmark.find("请问，" + CHINESE.replace("，", " ")) is not None
    assert benchmark.find(CHINESE[:8] + "一二三四" + CHINESE[12:16]) is None


@pytest.mark.parametrize(
    "other",
    [
        LONG.upper(),
        LONG.replace(" ", ", "),
        LONG.replace("train", "tra\N{ZERO WIDTH SPACE}in").replace("harbour", "har\N{SOFT HYPHEN}bour"),
        "".join(chr(ord(char) + 0xFEE0) if "a" <= char <= "z" else char for char in LONG),  # full-width letters
    ],
    ids=["case", "punctuation", "invisible", "full-width"],
)
def test_the_same_words_are_found_however_they_are_written(other: str) -> None:
    benchmark = Benchmark()
    benchmark.add(other, "b", 0)
    assert benchmark.find(LONG) is not None


def test_a_letter_with_its_accent_apart_is_the_same_letter() -> None:
    words = "Élodie a déjà acheté trente-six pâtés à la fête où Noël mangeait des crêpes brûlées"
    benchmark = Benchmark()
    benchmark.add(unicodedata.normalize("NFD", words), "b", 0)
    assert benchmark.find(unicodedata.normalize("NFC", words)) is not None


def test_other_words_for_the_same_are_not_found() -> None:
    benchmark = Benchmark()
    benchmark.add(LONG, "b", 0)
    assert benchmark.find(LONG.replace("town", "city").replace("other", "more")) is None


def test_a_short_text_counts_only_where_it_is_all_of_a_samples() -> None:
    benchmark = Benchmark()
    benchmark.add("How many lamps are there?", "b", 0)
    benchmark.add("Yes", "b", 1)
    assert benchmark.find("how many lamps are there") is not None
    assert benchmark.find("Say: how many lamps are there") is None
    assert benchmark.find("Yes") is None
    assert benchmark.short == 1


def test_too_few_words_in_a_row_are_refused() -> None:
    with pytest.raises(UsageError):
        Benchmark(3)
