"""Rows added behind the end of a source extend its output, which is then as if all had been packed at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from corpora.rowfiles import write
from hypothesis import given, settings
from hypothesis import strategies as st
from shards.packing import assert_two_lines, gsm8k, lamp_rows

from vwd.corpora.registry import own_corpus
from vwd.corpora.sources.open import open_file, open_given
from vwd.corpora.sources.prefix import extends

MINE = own_corpus("mine", "a", "b", "en")


def text_rows(count: int) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in lamp_rows(count)]


def tars(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "gsm8k").glob("*.tar"))}


def entry(folder: Path, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "gsm8k" / "ledger" / f"gsm8k-{number:06d}.json").read_bytes())
    return found


@pytest.mark.parametrize(
    "kind", ["jsonl", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("jsonl.gz", "csv", "csv.zst"))]
)
def test_added_rows_are_packed_and_only_the_last_short_shard_is_packed_again(
    run: Run, tmp_path: Path, kind: str
) -> None:
    write(tmp_path / f"rows.{kind}", text_rows(9))
    run(*gsm8k("--rows", f"rows.{kind}"))
    first = entry(tmp_path / "shards", 0)
    write(tmp_path / f"rows.{kind}", text_rows(20))
    assert_two_lines(run(*gsm8k("--rows", f"rows.{kind}"), check=False))
    assert "3 to pack, 1 already complete, of 4 shards" in run(*gsm8k("--rows", f"rows.{kind}", "--append")).stderr
    assert entry(tmp_path / "shards", 0) == first
    assert "20 samples: clean" in run("verify").stdout
    run(*gsm8k("--rows", f"rows.{kind}", "--out", "fresh"))
    assert tars(tmp_path / "shards") == tars(tmp_path / "fresh")
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert [(one["rows"], one["source"]["kind"]) for one in contract["appended"]] == [(9, "file")]
    assert "0 to pack, 4 already complete" in run(*gsm8k("--rows", f"rows.{kind}")).stderr


@pytest.mark.slow
def test_a_further_file_extends_the_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    for number, name in enumerate(("a.parquet", "b.parquet", "c.parquet")):
        write(tmp_path / "rows" / name, text_rows(21)[7 * number : 7 * number + 7])
        run(*gsm8k("--rows", "rows", "--append"))
    assert "21 samples: clean" in run("verify").stdout
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert [one["rows"] for one in contract["appended"]] == [7, 14]


def test_until_the_short_shard_is_packed_again_verify_says_so(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", text_rows(9))
    run(*gsm8k())
    write(tmp_path / "rows.jsonl", text_rows(20))
    run(*gsm8k("--append", "--num-samples", 6))
    done = run("verify", check=False)
    assert done.returncode == 1
    assert "gsm8k-000001: foreign" in done.stdout
    assert "its rows end at 9, where more were added" in done.stdout
    run(*gsm8k())
    assert "20 samples: clean" in run("verify").stdout


def test_rows_that_do_not_begin_with_the_output_s_are_refused(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", text_rows(9))
    run(*gsm8k())
    before = (tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes()
    others = [
        [*text_rows(8), {"question": "New?", "answer": "Yes.\n#### 1"}, *text_rows(3)],
        text_rows(8),
        text_rows(20)[1:],
    ]
    for rows in others:
        write(tmp_path / "rows.jsonl", rows)
        done = run(*gsm8k("--append"), check=False)
        assert_two_lines(done)
        assert "do not begin with the 9 that it was packed from" in done.stderr
    assert (tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes() == before


@pytest.mark.parametrize(("options", "what"), [(("--frames", 61), "video.frames"), (("--shard-size", 7), "shard_size")])
def test_other_settings_are_refused_all_the_same(
    run: Run, tmp_path: Path, options: tuple[object, ...], what: str
) -> None:
    write(tmp_path / "rows.jsonl", text_rows(3))
    run(*gsm8k())
    write(tmp_path / "rows.jsonl", text_rows(9))
    done = run(*gsm8k("--append", *options), check=False)
    assert_two_lines(done)
    assert what in done.stderr
    assert "source" not in done.stderr


def test_shuffled_rows_cannot_be_added_to(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", text_rows(3))
    run(*gsm8k("--shuffle-seed", 1))
    write(tmp_path / "rows.jsonl", text_rows(9))
    done = run(*gsm8k("--shuffle-seed", 1, "--append"), check=False)
    assert_two_lines(done)
    assert "shuffled" in done.stderr


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(['{"a": "1"}', '{"a": "22"}', ""]), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(0, 8),
)  # fmt: skip
def test_any_lines_extend_their_first_ones_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], line_break: str, ended: bool, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    lines, first = ['{"a": "0"}', *lines], ['{"a": "0"}', *lines[:cut]]
    (folder / "all.jsonl").write_bytes(line_break.join(lines).encode())
    (folder / "first.jsonl").write_bytes((line_break.join(first) + line_break * ended).encode())
    (folder / "other.jsonl").write_bytes((line_break.join(first).replace("0", "3") + line_break * ended).encode())
    source, prefix, other = (open_file(folder / f"{name}.jsonl") for name in ("all", "first", "other"))
    begins = (folder / "all.jsonl").read_bytes().startswith((folder / "first.jsonl").read_bytes())
    if source.count > prefix.count:
        assert extends(source, prefix.identity, prefix.count) is begins
    assert not extends(source, other.identity, other.count)


def test_a_longer_last_line_is_no_added_row(tmp_path: Path) -> None:
    (tmp_path / "before.csv").write_text("a,b\n1,2")
    (tmp_path / "after.csv").write_text("a,b\n1,23\n4,5\n")
    before = open_file(tmp_path / "before.csv")
    assert not extends(open_file(tmp_path / "after.csv"), before.identity, before.count)


def test_the_last_of_several_files_may_have_grown(tmp_path: Path) -> None:
    rows = text_rows(12)
    for folder, last in (("before", 8), ("after", 12)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.parquet", rows[:4])
        write(tmp_path / folder / "b.jsonl", rows[4:last])
    before, after = (
        open_given([str(tmp_path / name / file) for file in ("a.parquet", "b.jsonl")], MINE)
        for name in ("before", "after")
    )
    assert extends(after, before.identity, 8)
    assert not extends(before, after.identity, 12)


def test_a_contract_by_which_nothing_was_packed_binds_nobody(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [{"q": "กกก", "a": "ขขข", "question": "Who?", "answer": "I."}] * 3)
    command = ("pack", "mine", "--rows", "rows.jsonl", "--language", "en", "--num-workers", 1)
    done = run(*command, "--prompt-column", "q", "--answer-column", "a", check=False)
    assert "all 3 rows were skipped" in done.stderr
    run(*command, "--prompt-column", "question", "--answer-column", "answer")
    assert "3 samples: clean" in run("verify").stdout
    done = run(*command, "--prompt-column", "q", "--answer-column", "a", check=False)
    assert_two_lines(done)
    assert "was packed with other settings" in done.stderr


def test_a_shard_under_a_contract_that_was_replaced_is_not_published(tmp_path: Path) -> None:
    from dataclasses import replace

    from vwd.corpora.registry import find_corpus
    from vwd.errors import ContractError
    from vwd.shards.builder import ShardBuilder, ShardJob
    from vwd.shards.contract_file import ensure_contract
    from vwd.shards.ledger import Ledger
    from vwd.shards.paths import OutputPaths
    from vwd.shards.plan import ShardRange
    from vwd.shards.settings import PackSettings
    from vwd.shards.spills import Spills
    from vwd.shards.text_videos import TextVideos

    corpus, paths = find_corpus("gsm8k"), OutputPaths(tmp_path, "gsm8k")
    rows = open_file(write(tmp_path / "rows.jsonl", text_rows(2)))
    settings = PackSettings(out=tmp_path)
    content = TextVideos(corpus, corpus.schemas[0], settings)
    contract = content.contract(rows)
    paths.folder.mkdir()
    paths.ledger.mkdir()
    ensure_contract(paths, replace(contract, shard_size=7))
    job = ShardJob(content, rows, Ledger(paths, contract), settings, Spills.of(paths))
    with pytest.raises(ContractError, match="shard_size"):
        ShardBuilder(job).build(ShardRange(0, 0, 2, True), lambda: None)
    assert not paths.tar(0).exists()
    assert not paths.entry(0).exists()
