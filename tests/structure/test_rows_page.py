"""The commands of docs/rows.md are run as they stand there, on files of the names that they have."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches
from corpora.rowfiles import write
from shards.packing import SMALL, lamp_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rows.md"
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for line in block.splitlines()
]
ROWS = [{name: str(value) for name, value in row.items()} for row in lamp_rows(4)]
TALES = [{"text": f"One day {n}. It rained. Then the sun came."} for n in range(4)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file and folder that the page names."""
    import datasets

    folder = tmp_path_factory.mktemp("page")
    for kind in ("jsonl", "json", "jsonl.zst", "parquet", "csv", "tsv"):
        write(folder / f"rows.{kind}", ROWS)
    write(folder / "grown.jsonl", ROWS)
    odd = "".join(f"{row['question']}~{row['answer'].splitlines()[0]} é\n" for row in ROWS)
    (folder / "odd.csv").write_bytes(f"question~answer\n{odd}".encode("latin-1"))
    (folder / "parts").mkdir()
    for number in (1, 2):
        write(folder / f"part-{number}.jsonl", TALES)
        write(folder / "parts" / f"{number}.parquet", TALES)
    write(folder / "tales.jsonl", TALES)
    for place in ("saved", "corpora/gsm8k/dataset"):
        datasets.Dataset.from_list(ROWS).save_to_disk(str(folder / place))
    own = {"ask": "How many?", "meta": {"question": "And now?"}, "context": "Two cows.", "reply": "Two.", "result": 2}
    (folder / "own.jsonl").write_text(json.dumps(own) + "\n")
    turns = [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": "Two."}]
    (folder / "chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    return folder


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_each_command_packs_every_row(run: Run, tmp_path: Path, files: Path, number: int) -> None:
    for path in files.iterdir():
        (tmp_path / path.name).symlink_to(path)
    words = shlex.split(COMMANDS[number])
    given = dict(word.split("=", 1) for word in words[: words.index("vwd")])
    arguments = words[words.index("vwd") + 1 :]
    done = json.loads(run(*arguments, *SMALL, "--num-workers", 1, "--json", **{**caches(tmp_path), **given}).stdout)
    assert done["samples"] == done["corpus_rows"] > 0
    assert done["skips"] == {}
