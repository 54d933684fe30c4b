"""Every command of README.md and docs/*.md is run as it stands there, and ends well."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment, vwd_process, write_rows
from corpora.hubs import caches
from corpora.rowfiles import write
from records.making import damaged_rows, write_parquet
from records.test_benchmarks import mmbench
from slurm.commands import Commands, queueing
from structure.documented import (
    ENDLESS,
    LEFT_OUT,
    PAGES,
    REPLACED,
    ROOT,
    RUN_ELSEWHERE,
    Block,
    as_run,
    blocks,
    left_out,
)

BLOCKS = blocks()
BUILTIN = ROOT / "vwd" / "corpora" / "builtin"
CORPORA = {"gsm8k_train": "gsm8k", "belle_school_math_500": "belle_school_math", "tinystories_500": "tinystories"}


def test_the_pages_have_commands_and_the_tables_name_some_of_them() -> None:
    """An entry that fits nothing any more would hide the next command that begins like it."""
    commands = [command for block in BLOCKS for command in block.commands]
    assert len(commands) > 80
    assert {left_out(command) for command in commands} - {None} == set(LEFT_OUT)
    for old in REPLACED:
        assert any(old in command for command in commands), old
    for page, test in RUN_ELSEWHERE.items():
        assert page in PAGES
        assert (ROOT / test).is_file()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a page names; `packed` in it holds what its commands may find packed already."""
    folder = tmp_path_factory.mktemp("documented")
    for name, corpus in CORPORA.items():  # benchmarks take seconds a row
        (folder / f"{name}.jsonl").write_bytes(first_rows(corpus, 4))
    rows = [json.loads(line) for line in (BUILTIN / "gsm8k.jsonl").read_text("utf-8").splitlines()]
    # Row 20 cannot be drawn, so that skipped rows are not only said to be shown.
    write_rows(folder / "rows.jsonl", [*rows[:20], {**rows[20], "answer": "A fox \U0001f98a."}, *rows[21:]])
    write_rows(folder / "test.jsonl", [rows[3]])
    write(folder / "riddles.csv", [{"riddle": "What has keys and no locks?", "solution": "A piano."}])
    (folder / "recipe.yaml").write_text(yaml_of("docs/records.md"))
    arguments = ("pack", "gsm8k", "--rows", "rows.jsonl", "--out", "packed", "--shard-size", 12)
    assert vwd_process(arguments, folder, environment()).returncode == 0
    predictions = ("export-jsonl", "packed/gsm8k", "--base-dir", "exported")
    done = vwd_process(predictions, folder, environment())
    assert done.returncode == 0, done.stderr
    (folder / "exported" / "gsm8k" / "video").rename(folder / "videos")
    question = {"question": rows[0]["question"], "correct_answer": "7"}
    (folder / "questions.json").write_text(json.dumps({"gsm8k_000000.mp4": question}))
    return folder


def first_rows(corpus: str, count: int) -> bytes:
    """The first built-in rows, as JSON lines."""
    return b"".join((BUILTIN / f"{corpus}.jsonl").read_bytes().splitlines(keepends=True)[:count])


def yaml_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8").split("```yaml\n")[1].split("```")[0]


@pytest.fixture
def folder(prepared: Path, tmp_path: Path, block: Block) -> Path:
    """Where a block is run: beside a checkout's folders, with what it names."""
    for path in prepared.iterdir():
        if path.is_file() or path.name == "videos":
            (tmp_path / path.name).symlink_to(path)
    for name in ("tools", "slurm", "fonts"):
        (tmp_path / name).symlink_to(ROOT / name)
    if not any("vwd pack gsm8k" in command for command in block.commands):  # else it makes its own
        for base in ("shards", "OUT"):
            shutil.copytree(prepared / "packed", tmp_path / base)
    if block.page == "docs/records.md":
        write_parquet(tmp_path / "data" / "part.parquet", damaged_rows(20))
        raw = tmp_path / "data" / "raw" / "mmbench"
        raw.mkdir(parents=True)
        (raw / "MMBench_DEV_EN.tsv").write_text(mmbench(20))
        (raw / "MMBench_TEST_EN.tsv").write_text(mmbench(10, 100, answer=""))
        arguments = ("prepare", "--dataset", "mmbench", "--subset", "en", "--splits", "train=dev", "--download-images")
        if any("data/processed" in command for command in block.commands):
            assert vwd_process(arguments, tmp_path, environment()).returncode == 0
    return tmp_path


@pytest.fixture
def variables(folder: Path, block: Block) -> dict[str, str]:
    """The environment: `vwd` and `python` are this checkout's, the hub is a folder of rows, Slurm is small programs."""
    commands = Commands(folder / "bin")
    queueing(commands)
    for name, words in {"vwd": "-m vwd", "python": ""}.items():
        (commands.folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (commands.folder / name).chmod(0o755)
    hub = {}
    # Of the hub's own corpora a submission knows how many rows there are, and needs no hub.
    slurm = any("slurm" in command for command in block.commands)
    for corpus in ("gsm8k", "tinystories") if not slurm else ():
        (folder / "hub" / corpus).mkdir(parents=True)
        for split in ("train", "test"):  # clips for models are large, and each is encoded as H.264
            few = first_rows(corpus, 4 if "--preset" in str(block.commands) else 24)
            (folder / "hub" / corpus / f"{split}.jsonl").write_bytes(few)
        hub[f"VWD_HF_DATASET_ID_{corpus.upper()}"] = str(folder / "hub" / corpus)
    path = ":".join([str(ROOT), *sys.path])
    return environment(**commands.variables, **hub, **caches(folder), PYTHONPATH=path)


RUN_HERE = [block for block in BLOCKS if block.page not in RUN_ELSEWHERE]


@pytest.mark.slow
@pytest.mark.parametrize("block", RUN_HERE, ids=str)
def test_every_command_of_a_block_ends_well(block: Block, folder: Path, variables: dict[str, str]) -> None:
    for command in block.commands:
        if left_out(command):
            continue
        endless = any(word in command for word in ENDLESS)
        code, said = (until_it_speaks if endless else to_its_end)(as_run(command), folder, variables)
        assert code == 0, f"{block}: {command}\n{said}"
        assert "Traceback" not in said, f"{block}: {command}\n{said}"


def to_its_end(command: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """Exit code and all that it prints."""
    done = subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def until_it_speaks(command: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """The same for a command that a user ends by Ctrl-C, once it has printed what it is for."""
    said = folder / "said"
    with said.open("wb") as file:
        process = subprocess.Popen(
            ["bash", "-euc", command], cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + HANG_SECONDS
    wanted = "http://" if "--serve" in command else "gsm8k"
    while process.poll() is None and wanted not in said.read_text("utf-8"):
        assert time.monotonic() < deadline, said.read_text("utf-8")
        time.sleep(0.1)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    return process.wait(HANG_SECONDS), said.read_text("utf-8")
