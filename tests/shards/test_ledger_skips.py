"""The ledger accounts for every row, as a sample or as a skip; every skipped row is listed with its code."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Run, write_rows
from shards.packing import SMALL, entry_file, lamp_rows, read_entry, snapshot

from vwd.corpora.sample import SkipCode

GOOD = lamp_rows(1)[0]
PACK = ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 6, *SMALL, "--prompt-overflow", "skip",
        "--num-workers", 1)  # fmt: skip


def row(**changes: object) -> dict[str, object]:
    return {**GOOD, **changes}


def without(column: str) -> dict[str, object]:
    return {name: value for name, value in GOOD.items() if name != column}


def test_every_skip_code_is_listed_with_its_rows_and_the_reason(run: Run, tmp_path: Path) -> None:
    write_rows(
        tmp_path / "rows.jsonl",
        [
            row(), row(question=None), row(answer=True), row(question=["a", "list"]), row(question=""),
            row(answer=" \n\t "),
            without("answer"), row(question="A fox \U0001f98a ran."), row(answer="It ran to \ue000."),
            row(question="word " * 120), row(answer="so " * 60), row(),
        ],
    )  # fmt: skip
    run(*PACK)
    folder = tmp_path / "shards" / "gsm8k"
    first, second = (read_entry(folder, number) for number in (0, 1))
    for entry in (first, second):
        assert entry["stop"] - entry["start"] == entry["samples"] + sum(map(len, entry["skips"].values()))
    assert {code: [skip["index"] for skip in skips] for code, skips in first["skips"].items()} == {
        "bad_row": [1, 2, 3],
        "empty_text": [4, 5],
    }
    assert {code: [skip["index"] for skip in skips] for code, skips in second["skips"].items()} == {
        "answer_too_long": [10],
        "bad_row": [6],
        "missing_glyph": [7, 8],
        "prompt_too_long": [9],
    }
    assert {*first["skips"], *second["skips"]} == {code.value for code in list(SkipCode)[:5]}  # those of text
    details = [skip["detail"] for entry in (first, second) for skips in entry["skips"].values() for skip in skips]
    assert all(details)
    assert "column 'question' holds null, not text" in details
    assert "column 'answer' holds true or false, not text" in details
    assert "column 'question' holds a list, not text" in details
    assert "no column 'answer'" in details
    assert any(detail.startswith("U+1F98A FOX FACE") for detail in details)
    assert any(detail.startswith("U+E000") for detail in details)
    summary = json.loads((folder / "summary.json").read_bytes())
    assert (summary["rows"], summary["samples"]) == (12, 2)
    assert summary["skips"] == {
        "answer_too_long": 1, "bad_row": 4, "empty_text": 2, "missing_glyph": 2, "prompt_too_long": 1
    }  # fmt: skip
    assert "2 shards, 2 samples: clean" in run("verify").stdout


def test_a_shard_whose_rows_are_all_skipped_has_an_entry_and_no_tar(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [row(), *[row(question=None)] * 11])
    run(*PACK)
    folder = tmp_path / "shards" / "gsm8k"
    assert [tar.name for tar in folder.glob("*.tar")] == ["gsm8k-000000.tar"]
    entry = read_entry(folder, 1)
    assert (entry["samples"], entry["bytes"], entry["sha256"]) == (0, 0, "")
    assert [skip["index"] for skip in entry["skips"]["bad_row"]] == [6, 7, 8, 9, 10, 11]


def test_a_shard_whose_rows_are_all_skipped_is_done(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [row(question="")] * 3)
    assert run(*PACK, check=False).returncode == 1
    folder = tmp_path / "shards" / "gsm8k"
    before = snapshot(folder / "ledger")
    again = run(*PACK, "--check", check=False)
    assert again.returncode == 1
    assert "0 to pack, 1 already complete, of 1 shards" in again.stderr
    assert snapshot(folder / "ledger") == before
    assert "1 of 1 done, 0 missing, 0 torn" in run("status").stdout
    assert "holds no sample: every row was skipped" in run("verify", check=False).stdout
    assert run("export-jsonl", check=False).returncode == 1
    assert list((tmp_path / "export").rglob("*.jsonl")) == []


def test_a_sample_whose_neighbours_were_all_skipped_keeps_its_row_number(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [*[row(answer=None)] * 7, row()])
    run(*PACK)
    entry = json.loads(entry_file(tmp_path / "shards" / "gsm8k", 1).read_bytes())
    assert (entry["start"], entry["stop"], entry["samples"]) == (6, 8, 1)
    run("export-jsonl", "--task", "inference")
    (exported,) = (tmp_path / "export").rglob("*.jsonl")
    assert json.loads(exported.read_text("utf-8"))["video_path"].endswith("/gsm8k/video/gsm8k_000007.mp4")
