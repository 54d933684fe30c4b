"""What holds for every export: texts are complete, a second run writes nothing, hostile tars are refused."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from export.exporting import RECORD, names
from export.others import EXPORTS, HARD_TEXTS, listed_keys, of_rows, packed, records, text_of, with_prompts
from export.test_export_resume import many_samples
from export.test_hostile_tars import HOSTILE
from shards.damage import read_members, write_members
from shards.packing import copy_pack, gsm8k, send, snapshot, start, temp_files, wait_until, write_lamps

from vwd.errors import OutputError, ShardError
from vwd.shards.paths import OutputPaths

pytest_plugins = ["export.exported", "shards.packed"]

ALL = pytest.mark.parametrize("which", EXPORTS)


def keys(*rows: int) -> list[str]:
    return [f"gsm8k_{row:06d}" for row in rows]


@ALL
def test_every_text_is_exported_byte_for_byte(three_shards: Path, tmp_path: Path, which: str) -> None:
    paths = with_prompts(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar", tmp_path / "in", HARD_TEXTS)
    EXPORTS[which](paths, tmp_path / "out")
    assert [text_of(record) for record in records(tmp_path / "out" / "gsm8k", which)] == HARD_TEXTS


@ALL
def test_a_second_run_writes_nothing(three_shards: Path, tmp_path: Path, which: str) -> None:
    paths = packed(three_shards / "shards" / "gsm8k")
    first = EXPORTS[which](paths, tmp_path)
    before = snapshot(tmp_path)
    assert first.written == len(before) - 1  # besides the record of whose samples they are
    assert (first.samples, first.unchanged) == (18, 0)
    second = EXPORTS[which](paths, tmp_path)
    assert snapshot(tmp_path) == before
    assert (second.samples, second.written, second.unchanged) == (18, 0, 3 if which == "parquet" else 18)


@ALL
def test_only_damaged_files_are_written_again(three_shards: Path, tmp_path: Path, which: str) -> None:
    paths = packed(three_shards / "shards" / "gsm8k")
    EXPORTS[which](paths, tmp_path)
    before = {name: file for name, file in snapshot(tmp_path).items() if not name.endswith(RECORD)}
    cut = {name for name in before if not name.endswith(".mp4")} if which == "parquet" else set(sorted(before)[:2])
    for name in cut:
        os.truncate(tmp_path / name, 30)
    assert EXPORTS[which](paths, tmp_path).written == len(cut)
    after = {name: file for name, file in snapshot(tmp_path).items() if not name.endswith(RECORD)}
    assert {name: data for name, (_, data) in after.items()} == {name: data for name, (_, data) in before.items()}
    assert {name for name in after if after[name] != before[name]} == cut


@ALL
def test_a_slice_is_one_file_of_its_rows(three_shards: Path, tmp_path: Path, which: str) -> None:
    result = EXPORTS[which](packed(three_shards / "shards" / "gsm8k"), tmp_path, **of_rows(which, 4, 5))
    assert result.samples == 5
    assert listed_keys(tmp_path / "gsm8k", which) == keys(4, 5, 6, 7, 8)
    listing = [name for name in names(tmp_path / "gsm8k") if name != "video" and name != "parquet"]
    assert all(path.split(".")[0].endswith("_4") for path in listing)
    assert len(listing) == (1 if which == "parquet" else 2)


@ALL
def test_a_slice_that_was_not_packed_is_refused(three_shards: Path, tmp_path: Path, which: str) -> None:
    with pytest.raises(OutputError, match="no shard holds rows from 100 on"):
        EXPORTS[which](packed(three_shards / "shards" / "gsm8k"), tmp_path, **of_rows(which, 100, 5))
    assert snapshot(tmp_path) == {}


@ALL
def test_shards_that_are_torn_or_missing_are_named_and_left_out(
    run: Run, three_shards: Path, tmp_path: Path, which: str
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    (folder / "gsm8k-000000.tar").write_bytes(b"")
    (folder / "gsm8k-000001.tar").unlink()
    (folder / "ledger" / "gsm8k-000001.json").unlink()
    done = run(f"export-{which}", "--num-samples", 18, check=False)
    assert done.returncode == 1
    assert "left out: gsm8k-000000 is torn (tar is missing or not" in done.stderr
    assert "as recorded); run 'vwd pack' again to complete it" in done.stderr
    assert "left out: gsm8k-000001 is missing" in done.stderr
    assert listed_keys(tmp_path / "export" / "gsm8k", which) == keys(*range(12, 18))


@ALL
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_tar_is_refused_and_leaves_nothing(three_shards: Path, tmp_path: Path, which: str, kind: str) -> None:
    members = read_members(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar")
    write_members(tmp_path / "in" / "gsm8k" / "gsm8k-000000.tar", HOSTILE[kind](members))
    before = snapshot(tmp_path)
    with pytest.raises(ShardError, match=r"gsm8k-000000\.tar"):
        EXPORTS[which](OutputPaths(tmp_path / "in", "gsm8k"), tmp_path / "a" / "b" / "out")
    assert snapshot(tmp_path) == before


IMPOSSIBLE: dict[str, list[object]] = {
    "height": [0, -1, "360", None, True, 1e9, 2**40],
    "fps": [0, "19.3", None, float("nan"), float("inf")],
    "words": ["three", None],
    "language": [7, "\ud800"],
}


@ALL
@pytest.mark.parametrize(("field", "value"), [(field, value) for field in IMPOSSIBLE for value in IMPOSSIBLE[field]])
def test_a_storyboard_with_an_impossible_field_is_refused_and_leaves_nothing(
    three_shards: Path, tmp_path: Path, which: str, field: str, value: object
) -> None:
    members = [
        (name, json.dumps({**json.loads(data), field: value}).encode() if "5.storyboard" in name else data)
        for name, data in read_members(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar")
    ]
    write_members(tmp_path / "in" / "gsm8k" / "gsm8k-000000.tar", members)
    before = snapshot(tmp_path)
    with pytest.raises(ShardError, match=f"gsm8k_000005.storyboard.json has an invalid {field}"):
        EXPORTS[which](OutputPaths(tmp_path / "in", "gsm8k"), tmp_path / "out")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("verb", ["jsonl", *EXPORTS])
def test_half_a_surrogate_pair_in_a_prompt_is_refused_in_two_lines(
    run: Run, three_shards: Path, tmp_path: Path, verb: str
) -> None:
    with_prompts(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar", tmp_path / "in", ["\ud83d"] * 6)
    done = run(f"export-{verb}", "in", check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 2
    assert "gsm8k_000000.rendering.json has an invalid prompt" in done.stderr


def test_a_shuffled_pack_is_exported_completely_and_sliced_by_row(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--shuffle-seed", 5))
    run("export-jsonl")
    listed = [json.loads(line) for path in (tmp_path / "export").rglob("*_rendering_*") for line in path.open("rb")]
    assert sorted(Path(record["video_path"]).stem for record in listed) == keys(*range(18))
    for which, export in EXPORTS.items():
        export(OutputPaths(tmp_path / "shards", "gsm8k"), tmp_path / which)
        in_order = listed_keys(tmp_path / which / "gsm8k", which)
        assert sorted(in_order) == keys(*range(18))
        assert in_order != sorted(in_order)
        export(OutputPaths(tmp_path / "shards", "gsm8k"), tmp_path / "part" / which, **of_rows(which, 2, 3))
        assert sorted(listed_keys(tmp_path / "part" / which / "gsm8k", which)) == keys(2, 3, 4)


def test_a_missing_shard_of_a_shuffled_pack_is_reported_only_if_it_holds_rows_of_the_slice(
    run: Run, tmp_path: Path
) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--shuffle-seed", 5))
    paths = OutputPaths(tmp_path / "shards", "gsm8k")
    holder = next(n for n in (0, 1, 2) if "gsm8k_000000.mp4" in [name for name, _ in read_members(paths.tar(n))])
    elsewhere = next(  # a row that would be in this shard if the rows were in order
        row for row in range(6 * holder, 6 * holder + 6)
        if f"gsm8k_{row:06d}.mp4" not in [name for name, _ in read_members(paths.tar(holder))]
    )  # fmt: skip
    paths.tar(holder).unlink()
    paths.entry(holder).unlink()
    done = run("export-opensora", "--start-idx", elsewhere, "--num-samples", 1)
    assert "left out" not in done.stderr
    done = run("export-opensora", "--num-samples", 18, check=False)
    assert f"{paths.shard_name(holder)} is missing" in done.stderr


@ALL
def test_a_signal_stops_an_export_cleanly_and_the_next_run_completes_it(
    run: Run, three_shards: Path, tmp_path: Path, which: str
) -> None:
    many_samples(tmp_path, three_shards)
    process = start(tmp_path, f"export-{which}")
    wait_until(process, tmp_path / "export", "gsm8k/.tmp/*")
    send(process, signal.SIGTERM, whole_group=False)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 143, stderr
    assert temp_files(tmp_path / "export") == []
    assert list((tmp_path / "export").rglob("*_0.*")) == []
    run(f"export-{which}")
    assert len(listed_keys(tmp_path / "export" / "gsm8k", which)) == 300


@pytest.mark.slow
@ALL
def test_an_export_killed_repeatedly_ends_like_one_that_was_not(
    run: Run, three_shards: Path, tmp_path: Path, which: str
) -> None:
    many_samples(tmp_path, three_shards)
    run(f"export-{which}")
    expected = {name: data for name, (_, data) in snapshot(tmp_path / "export").items()}
    shutil.rmtree(tmp_path / "export")
    moments = random.Random(7)
    for _ in range(3):
        process = start(tmp_path, f"export-{which}")
        wait_until(process, tmp_path / "export", "gsm8k/.tmp/*")
        time.sleep(moments.uniform(0.0, 0.1))
        if process.poll() is None:
            send(process, signal.SIGKILL, whole_group=True)
        process.communicate(timeout=HANG_SECONDS)
        finished = {name: data for name, (_, data) in snapshot(tmp_path / "export").items() if ".tmp" not in name}
        assert finished.items() <= expected.items()
    run(f"export-{which}")
    assert {name: data for name, (_, data) in snapshot(tmp_path / "export").items()} == expected
