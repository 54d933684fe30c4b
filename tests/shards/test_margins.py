"""A language's margins are part of the contract: an output that was begun with others is not mixed with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Run
from shards.packing import assert_two_lines, forget_contract, write_lamps

LINE = ("pack", "--shard-size", 6, "--num-samples", 6, "--num-workers", 1)


def contract_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "pack.json").read_bytes()))


def test_the_contract_names_margins_that_are_not_those_of_the_first_outputs(run: Run, tmp_path: Path) -> None:
    run(*LINE, "gsm8k", "--rows", "builtin")
    run(*LINE, "belle_school_math", "--rows", "builtin")
    english, chinese = (
        contract_of(tmp_path / "shards" / name)["storyboard"] for name in ("gsm8k", "belle_school_math")
    )
    assert (english["margin_top"], english["margin_bottom"]) == (6, 2)
    assert not [name for name in (*english, *chinese) if name in ("margin_left", "margin_right")]
    assert "margin_top" not in chinese


def test_an_output_with_the_first_margins_is_not_resumed_with_others(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    run(*LINE, "gsm8k", "--rows", "rows.jsonl")
    folder = tmp_path / "shards" / "gsm8k"
    contract = contract_of(folder)
    del contract["storyboard"]["margin_top"], contract["storyboard"]["margin_bottom"]
    (folder / "pack.json").write_text(json.dumps(contract), "utf-8")
    forget_contract(folder)
    refused = run("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 6, "--num-workers", 1, check=False)
    assert_two_lines(refused)
    assert "storyboard.margin_bottom: existing 4, requested 2" in refused.stderr
    assert "storyboard.margin_top: existing 4, requested 6" in refused.stderr
