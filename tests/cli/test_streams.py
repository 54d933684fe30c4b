"""Results on stdout, messages on stderr; a traceback only with --debug."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, environment
from shards.packing import gsm8k, lamp_rows, write_lamps

pytest_plugins = ["shards.packed"]


def test_packing_prints_its_summary_on_stdout_and_its_plan_on_stderr(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    done = run(*gsm8k())
    assert done.stdout.splitlines()[0] == "shards/gsm8k"
    assert "samples" in done.stdout
    assert "to pack" not in done.stdout
    assert done.stderr == "gsm8k: 1 to pack, 0 already complete, of 1 shards; 1 worker(s), to shards/gsm8k\n"


@pytest.mark.parametrize("command", ["status", "verify", "export-jsonl", "export-opensora", "export-parquet"])
def test_reading_an_output_prints_nothing_on_stderr(run: Run, three_shards: Path, command: str) -> None:
    done = run(command, three_shards / "shards")
    assert done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "command", ["status", "verify", "export-jsonl", "export-opensora", "export-sat", "export-parquet", "datasets"]
)
def test_with_json_stdout_is_a_single_document(run: Run, three_shards: Path, command: str) -> None:
    output = () if command == "datasets" else (three_shards / "shards",)
    results = json.loads(run(command, *output, "--json").stdout)
    assert isinstance(results, list)
    assert all(result["dataset"] for result in results)


def test_errors_leave_stdout_empty(run: Run) -> None:
    done = run("status", "nowhere", "--json", check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [("status", "nowhere"), ("verify", "nowhere"), ("export-jsonl", "nowhere"), ("pack", "nothing"),
     ("pack", "gsm8k", "--rows", "nothing.jsonl"), ("download", "--dataset", "nothing")],
)  # fmt: skip
def test_a_failure_shows_a_traceback_only_with_debug(run: Run, arguments: tuple[str, ...]) -> None:
    plain = run(*arguments, check=False)
    assert "Traceback" not in plain.stderr
    debugged = run(*arguments, "--debug", check=False)
    assert "Traceback" in debugged.stderr
    assert plain.returncode in (1, 2)
    assert debugged.returncode != 0


def test_a_reader_that_closes_the_pipe_causes_no_error_message(three_shards: Path) -> None:
    command = f"'{sys.executable}' -m vwd verify --json '{three_shards / 'shards'}' | true"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


def test_own_rows_are_packed_under_their_own_name(run: Run, tmp_path: Path) -> None:
    rows = [{"ask": row["question"], "reply": row["answer"], "note": 7} for row in lamp_rows(3)]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("pack", "my-lamps_2", "--rows", "mine.jsonl", "--prompt-column", "ask", "--answer-column", "reply",
        "--language", "en", "--size", "320x180", "--font-size", 16, "--num-workers", 1)  # fmt: skip
    run("export-jsonl")
    (first, *_) = (tmp_path / "export" / "my-lamps_2" / "my-lamps_2_rendering_video_data_0.jsonl").open("rb")
    # The cleaning of a corpus, which removes the calculator's annotations, does not apply to your own rows.
    assert json.loads(first)["prompt"] == (
        "Question: A crate holds 2 lamps.\nHow many are in 3 crates? Answer: There are 2*3 = <<2*3=6>>6 lamps.\n#### 6"
    )


def test_own_chinese_rows_are_packed_by_their_language(run: Run, tmp_path: Path) -> None:
    row = {"题目": "盒子里有三个红球和两个蓝球。一共有几个球？", "解答": "三加二等于五。一共有五个球。"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    run("pack", "balls", "--rows", "mine.jsonl", "--prompt-column", "题目", "--answer-column", "解答",
        "--language", "zh", "--size", "320x180", "--font-size", 16, "--num-workers", 1)  # fmt: skip
    run("export-jsonl", "--task", "rendering")
    (line,) = (tmp_path / "export" / "balls" / "balls_rendering_video_data_0.jsonl").open("rb")
    assert json.loads(line)["prompt"] == (
        "问题：盒子里有三个红球和两个蓝球。\n一共有几个球？答案：三加二等于五。\n一共有五个球。"
    )


@pytest.mark.parametrize("missing", ["--prompt-column", "--answer-column", "--language", "--rows"])
def test_own_rows_need_their_columns_and_language(run: Run, tmp_path: Path, missing: str) -> None:
    write_lamps(tmp_path, 1)
    given = {"--rows": "rows.jsonl", "--prompt-column": "question", "--answer-column": "answer", "--language": "en"}
    given.pop(missing)
    done = run("pack", "mine", *[part for pair in given.items() for part in pair], check=False)
    assert done.returncode == 2
    assert missing in done.stderr.splitlines()[0]


def test_the_h264_encoder_packs_videos_that_verify(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run(*gsm8k("--encoder", "h264"))
    assert "1 shards, 6 samples: clean" in run("verify").stdout
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert contract["encoder"]["name"] == "h264"
    assert b"avc1" in (tmp_path / "shards" / "gsm8k" / "gsm8k-000000.tar").read_bytes()
