"""`--shuffle-seed`: the same rows in another order, which every run of the same settings finds again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import Run
from corpora.rowfiles import KINDS, write
from shards.damage import read_members
from shards.packing import (
    assert_two_lines,
    entry_file,
    gsm8k,
    lamp_rows,
    read_entry,
    seal,
    snapshot,
    tar_hashes,
    vwd,
    write_lamps,
)

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.hub import StreamRows
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.rows import take
from vwd.errors import UsageError
from vwd.shards.pack import pack_shards
from vwd.shards.settings import PackSettings
from vwd.shards.shuffle import permutation

ROWS = 17
SEED = 7


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `rows.jsonl` and its 17 rows mixed in three shards; row 4 is skipped. Not to be changed."""
    folder = tmp_path_factory.mktemp("mixed")
    write_rows_with_a_gap(folder / "rows.jsonl")
    vwd(folder, *gsm8k("--shuffle-seed", SEED))
    return folder


def write_rows_with_a_gap(path: Path) -> None:
    rows = [{key: str(value) for key, value in row.items()} for row in lamp_rows(ROWS)]
    rows[4]["answer"] = ""
    write(path, rows)


def copy_of(original: Path, to: Path) -> Path:
    """A copy of what `mixed` made, to be changed. Returns the dataset's folder."""
    shutil.copytree(original, to, dirs_exist_ok=True)
    return to / "shards" / "gsm8k"


def rows_held(folder: Path) -> list[int]:
    """The rows that the tars hold, in their order, by the keys of the videos."""
    names = [name for tar in sorted(folder.glob("*.tar")) for name, _ in read_members(tar) if name.endswith(".mp4")]
    return [int(name.removeprefix("gsm8k_").removesuffix(".mp4")) for name in names]


def test_no_row_is_lost_or_doubled_and_each_is_where_the_order_says(mixed: Path) -> None:
    held = rows_held(mixed / "shards" / "gsm8k")
    assert sorted(held) == [row for row in range(ROWS) if row != 4]
    assert held == [row for row in permutation(ROWS, SEED).tolist() if row != 4]
    assert held != sorted(held)


def test_keys_keep_the_row_s_number(mixed: Path) -> None:
    for tar in sorted((mixed / "shards" / "gsm8k").glob("*.tar")):
        for name, data in read_members(tar):
            if name.endswith(".storyboard.json"):
                told = json.loads(data)
                assert name == f"gsm8k_{told['index']:06d}.storyboard.json"
                assert told["question"].startswith(f"A crate holds {told['index'] + 2} lamps.")


def test_a_skipped_row_is_told_by_its_own_number(mixed: Path) -> None:
    entries = [read_entry(mixed / "shards" / "gsm8k", number) for number in range(3)]
    skipped = [row["index"] for entry in entries for rows in entry["skips"].values() for row in rows]
    assert skipped == [4]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 6), (6, 12), (12, 17)]


def test_a_mixed_output_is_clean(mixed: Path, run: Run) -> None:
    assert run("verify", mixed / "shards").stdout == "gsm8k: 3 shards, 16 samples: clean\n"


def test_rows_that_changed_places_are_found(mixed: Path, tmp_path: Path, run: Run) -> None:
    folder = copy_of(mixed, tmp_path)
    entry = read_entry(folder, 0)
    words = entry["sizes"].split()
    entry_file(folder, 0).write_text(json.dumps({**entry, "sizes": " ".join([words[1], words[0], *words[2:]])}))
    seal(folder, 0)
    assert "samples and skips are not the rows of this shard" in run("verify", check=False).stdout


def test_a_lost_shard_is_made_again_with_the_same_bytes(mixed: Path, tmp_path: Path, run: Run) -> None:
    folder = copy_of(mixed, tmp_path)
    before = tar_hashes(folder)
    (folder / "gsm8k-000001.tar").unlink()
    tar = folder / "gsm8k-000002.tar"
    tar.write_bytes(tar.read_bytes()[::-1])  # the same size: only --check sees it
    assert "2 of 3 shards to make" in run(*gsm8k("--shuffle-seed", SEED, "--check", workers=2)).stderr
    assert tar_hashes(folder) == before


def test_tasks_and_slices_make_the_same_shards(mixed: Path, tmp_path: Path, run: Run) -> None:
    write_rows_with_a_gap(tmp_path / "rows.jsonl")
    run(*gsm8k("--shuffle-seed", SEED, "--num-samples", 8))
    run(*gsm8k("--shuffle-seed", SEED, "--task", 1, "--num-tasks", 2))
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(mixed / "shards" / "gsm8k")


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--shuffle-seed", 8), "shuffle_seed is 7 there, 8 now"), ((), "shuffle_seed is 7 there, not set now")],
)
def test_another_seed_is_refused(mixed: Path, tmp_path: Path, run: Run, options: tuple[object, ...], told: str) -> None:
    folder = copy_of(mixed, tmp_path)
    before = snapshot(folder)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done)
    assert told in done.stderr
    assert snapshot(folder) == before


def test_another_seed_is_another_order_of_the_same_samples(mixed: Path, tmp_path: Path, run: Run) -> None:
    write_rows_with_a_gap(tmp_path / "rows.jsonl")
    run(*gsm8k("--shuffle-seed", 10**20))
    mine, theirs = tmp_path / "shards" / "gsm8k", mixed / "shards" / "gsm8k"
    assert rows_held(mine) != rows_held(theirs)

    def members(folder: Path) -> dict[str, bytes]:
        return {name: data for tar in folder.glob("*.tar") for name, data in read_members(tar)}

    assert members(mine) == members(theirs)


def test_an_export_picks_rows_by_their_number(mixed: Path, tmp_path: Path, run: Run) -> None:
    run("export-jsonl", mixed / "shards", "--start-idx", 3, "--num-samples", 5)
    videos = sorted(path.name for path in (tmp_path / "export" / "gsm8k" / "video").iterdir())
    assert videos == [f"gsm8k_{row:06d}.mp4" for row in (3, 5, 6, 7)]
    text = (tmp_path / "export" / "gsm8k" / "gsm8k_inference_video_data_3.jsonl").read_text()
    lamps = {int(json.loads(line)["prompt"].split(" lamps")[0].rsplit(" ", 1)[1]) for line in text.splitlines()}
    assert lamps == {5, 7, 8, 9}


@pytest.mark.parametrize("kind", KINDS)
def test_any_rows_are_taken_in_any_order_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    told = [{"a": f"Row {n}", "b": f"“{n}”\nand {n}"} for n in range(1500)]
    rows = open_file(write(tmp_path / f"rows.{kind}", told))
    order = permutation(1500, SEED).tolist()
    for start in (0, 100, 1400):
        assert list(take(rows, order[start : start + 100])) == [told[row] for row in order[start : start + 100]]
    far = [1499, 0, 700]
    assert list(take(rows, far)) == [told[row] for row in far]
    assert list(take(rows, order)) == [told[row] for row in order]
    assert list(take(rows, [3, 1500, 4])) == [told[3]]
    assert list(take(rows, [])) == []


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet", "csv"])
def test_every_kind_of_file_is_packed_in_the_same_order(mixed: Path, tmp_path: Path, run: Run, kind: str) -> None:
    write_rows_with_a_gap(tmp_path / f"rows.{kind}")
    run("pack", "gsm8k", "--rows", f"rows.{kind}", *gsm8k("--shuffle-seed", SEED)[4:])
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(mixed / "shards" / "gsm8k")


@pytest.mark.parametrize("count", [None, 100])
def test_a_stream_is_refused_before_anything_is_written(tmp_path: Path, count: int | None) -> None:
    rows = StreamRows(None, {"kind": "hub"}, ("question", "answer"), count)
    settings = PackSettings(out=tmp_path / "shards", shuffle_seed=SEED, num_samples=10)
    with pytest.raises(UsageError, match="any order") as refused:
        pack_shards(find_corpus("gsm8k"), rows, settings)
    assert "vwd download" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_mixed_pack_of_one_row_is_that_row(tmp_path: Path, run: Run) -> None:
    write_lamps(tmp_path, 1)
    run(*gsm8k("--shuffle-seed", 0))
    assert rows_held(tmp_path / "shards" / "gsm8k") == [0]
