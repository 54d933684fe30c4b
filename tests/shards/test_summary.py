"""What a run writes to `summary.json` and prints: the totals of the ledger."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Run
from shards.packing import copy_pack, gsm8k, read_entry, write_lamps

from vwd.shards.tokens import count_tokens

pytest_plugins = ["shards.packed"]


def test_the_summary_adds_up_the_ledger(three_shards: Path) -> None:
    folder = three_shards / "shards" / "gsm8k"
    entries = [read_entry(folder, number) for number in range(3)]
    summary = json.loads((folder / "summary.json").read_bytes())
    for name in ("samples", "bytes", "prompt_tokens", "answer_tokens"):
        assert summary[name] == sum(entry[name] for entry in entries) > 0
    assert (summary["dataset"], summary["shards"], summary["rows"], summary["corpus_rows"]) == ("gsm8k", 3, 18, 18)
    assert summary["skips"] == {}
    assert summary["bytes"] == sum(tar.stat().st_size for tar in folder.glob("*.tar"))
    assert summary["samples_per_second"] > 0


def test_tokens_are_counted_in_the_text_as_drawn(three_shards: Path, run: Run) -> None:
    folder = three_shards / "shards" / "gsm8k"
    prompts = [f"A crate holds {n + 2} lamps.\nHow many are in {n + 3} crates?" for n in range(6)]
    assert read_entry(folder, 0)["prompt_tokens"] == sum(map(count_tokens, prompts))


def test_json_of_a_run_is_the_summary_and_what_this_run_packed(run: Run, tmp_path: Path, three_shards: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    (folder / "gsm8k-000002.tar").unlink()
    done = run(*gsm8k("--json"))
    result = json.loads(done.stdout)
    assert (result.pop("made"), result.pop("failed")) == (1, [])
    assert result == json.loads((folder / "summary.json").read_bytes())


def test_json_of_a_failed_run_names_the_shard(run: Run, tmp_path: Path) -> None:
    rows = write_lamps(tmp_path, 8)
    rows.write_text(rows.read_text("utf-8") + "not JSON\n", "utf-8")
    done = run(*gsm8k("--json"), check=False)
    assert done.returncode == 1
    (failed,) = json.loads(done.stdout)["failed"]
    assert failed["shard"] == "gsm8k-000001"
    assert "line 9" in failed["what"]


def test_the_printed_summary_agrees_with_the_file(run: Run, tmp_path: Path, three_shards: Path) -> None:
    copy_pack(three_shards, tmp_path)
    printed = run(*gsm8k()).stdout
    summary = json.loads((tmp_path / "shards" / "gsm8k" / "summary.json").read_bytes())
    assert "3 (0 new)" in printed
    assert "18 of 18: 18 samples, 0 skipped (none)" in printed
    assert f"{summary['prompt_tokens']:,} in prompts, {summary['answer_tokens']:,} in answers" in printed


def test_the_summary_covers_all_tasks(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    for task in (0, 1):
        run(*gsm8k("--task", task, "--num-tasks", 2))
    assert json.loads((tmp_path / "shards" / "gsm8k" / "summary.json").read_bytes())["samples"] == 12
