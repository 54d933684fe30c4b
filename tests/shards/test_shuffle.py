"""`--shuffle-seed`: the same rows in a shuffled order, which every run with the same settings reproduces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from corpora.rowfiles import KINDS, write
from shards.damage import read_members
from shards.packing import (
    assert_two_lines,
    copy_pack,
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
from vwd.corpora.sources.hub_rows import StreamRows
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.rows import take
from vwd.errors import UsageError
from vwd.packing import pack_output
from vwd.shards.settings import PackSettings
from vwd.shards.shuffle import permutation

ROWS = 17
SEED = 7


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `rows.jsonl` and its 17 rows, shuffled into three shards; row 4 is skipped. Read-only."""
    folder = tmp_path_factory.mktemp("shuffled")
    write_rows_with_a_skip(folder / "rows.jsonl")
    vwd(folder, *gsm8k("--shuffle-seed", SEED))
    return folder


def write_rows_with_a_skip(path: Path) -> None:
    """Writes 17 rows, of which row 4 has no answer and is skipped."""
    rows = [{key: str(value) for key, value in row.items()} for row in lamp_rows(ROWS)]
    rows[4]["answer"] = ""
    write(path, rows)


def rows_in_tars(folder: Path) -> list[int]:
    """The row numbers in the tars, in order, from the keys of the videos."""
    names = [name for tar in sorted(folder.glob("*.tar")) for name, _ in read_members(tar) if name.endswith(".mp4")]
    return [int(name.removeprefix("gsm8k_").removesuffix(".mp4")) for name in names]


def test_no_row_is_lost_or_repeated_and_each_is_at_its_place_in_the_order(shuffled: Path) -> None:
    rows = rows_in_tars(shuffled / "shards" / "gsm8k")
    assert sorted(rows) == [row for row in range(ROWS) if row != 4]
    assert rows == [row for row in permutation(ROWS, SEED).tolist() if row != 4]
    assert rows != sorted(rows)


def test_keys_keep_the_number_of_the_row(shuffled: Path) -> None:
    for tar in sorted((shuffled / "shards" / "gsm8k").glob("*.tar")):
        for name, data in read_members(tar):
            if name.endswith(".storyboard.json"):
                storyboard = json.loads(data)
                assert name == f"gsm8k_{storyboard['index']:06d}.storyboard.json"
                assert storyboard["question"].startswith(f"A crate holds {storyboard['index'] + 2} lamps.")


def test_a_skipped_row_is_listed_by_its_own_number(shuffled: Path) -> None:
    entries = [read_entry(shuffled / "shards" / "gsm8k", number) for number in range(3)]
    skipped = [row["index"] for entry in entries for rows in entry["skips"].values() for row in rows]
    assert skipped == [4]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 6), (6, 12), (12, 17)]


def test_a_shuffled_output_is_clean(shuffled: Path, run: Run) -> None:
    assert run("verify", shuffled / "shards").stdout == "gsm8k: 3 shards, 16 samples: clean\n"


def test_swapped_rows_are_found(shuffled: Path, tmp_path: Path, run: Run) -> None:
    folder = copy_pack(shuffled, tmp_path)
    entry = read_entry(folder, 0)
    sizes = entry["sizes"].split()
    entry_file(folder, 0).write_text(
        json.dumps({**entry, "sizes": " ".join([sizes[0], sizes[2], sizes[1], *sizes[3:]])})
    )
    seal(folder, 0)
    assert "samples and skips are not the rows of this shard" in run("verify", check=False).stdout


def test_lost_and_damaged_shards_are_packed_again_with_the_same_bytes(shuffled: Path, tmp_path: Path, run: Run) -> None:
    folder = copy_pack(shuffled, tmp_path)
    before = tar_hashes(folder)
    (folder / "gsm8k-000001.tar").unlink()
    tar = folder / "gsm8k-000002.tar"
    tar.write_bytes(tar.read_bytes()[::-1])  # the same size: only --check notices
    done = run(*gsm8k("--shuffle-seed", SEED, "--check", workers=2))
    assert "2 to pack, 1 already complete, of 3 shards" in done.stderr
    assert tar_hashes(folder) == before


def test_tasks_and_slices_pack_the_same_shards(shuffled: Path, tmp_path: Path, run: Run) -> None:
    write_rows_with_a_skip(tmp_path / "rows.jsonl")
    run(*gsm8k("--shuffle-seed", SEED, "--num-samples", 8))
    run(*gsm8k("--shuffle-seed", SEED, "--task", 1, "--num-tasks", 2))
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(shuffled / "shards" / "gsm8k")


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (("--shuffle-seed", 8), "shuffle_seed: existing 7, requested 8"),
        ((), "shuffle_seed: existing 7, requested not set"),
    ],
)
def test_a_different_seed_is_refused(
    shuffled: Path, tmp_path: Path, run: Run, options: tuple[object, ...], difference: str
) -> None:
    folder = copy_pack(shuffled, tmp_path)
    before = snapshot(folder)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done)
    assert difference in done.stderr
    assert snapshot(folder) == before


def test_a_different_seed_packs_the_same_samples_in_a_different_order(shuffled: Path, tmp_path: Path, run: Run) -> None:
    write_rows_with_a_skip(tmp_path / "rows.jsonl")
    run(*gsm8k("--shuffle-seed", 10**20))
    other, original = tmp_path / "shards" / "gsm8k", shuffled / "shards" / "gsm8k"
    assert rows_in_tars(other) != rows_in_tars(original)

    def members(folder: Path) -> dict[str, bytes]:
        return {name: data for tar in folder.glob("*.tar") for name, data in read_members(tar)}

    assert members(other) == members(original)


def test_an_export_picks_rows_by_their_number(shuffled: Path, tmp_path: Path, run: Run) -> None:
    run("export-jsonl", shuffled / "shards", "--start-idx", 3, "--num-samples", 5)
    videos = sorted(path.name for path in (tmp_path / "export" / "gsm8k" / "video").iterdir())
    assert videos == [f"gsm8k_{row:06d}.mp4" for row in (3, 5, 6, 7)]
    text = (tmp_path / "export" / "gsm8k" / "gsm8k_inference_video_data_3.jsonl").read_text()
    lamps = {int(json.loads(line)["prompt"].split(" lamps")[0].rsplit(" ", 1)[1]) for line in text.splitlines()}
    assert lamps == {5, 7, 8, 9}


@pytest.mark.parametrize("kind", KINDS)
def test_any_rows_are_taken_in_any_order_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    expected = [{"a": f"Row {n}", "b": f"“{n}”\nand {n}"} for n in range(1500)]
    rows = open_file(write(tmp_path / f"rows.{kind}", expected))
    order = permutation(1500, SEED).tolist()
    for start in (0, 100, 1400):
        assert list(take(rows, order[start : start + 100])) == [expected[row] for row in order[start : start + 100]]
    scattered = [1499, 0, 700]
    assert list(take(rows, scattered)) == [expected[row] for row in scattered]
    assert list(take(rows, order)) == [expected[row] for row in order]
    assert list(take(rows, [3, 1500, 4])) == [expected[3]]
    assert list(take(rows, [])) == []


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet", "csv"])
def test_every_kind_of_file_is_packed_in_the_same_order(shuffled: Path, tmp_path: Path, run: Run, kind: str) -> None:
    write_rows_with_a_skip(tmp_path / f"rows.{kind}")
    run("pack", "gsm8k", "--rows", f"rows.{kind}", *gsm8k("--shuffle-seed", SEED)[4:])
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(shuffled / "shards" / "gsm8k")


@pytest.mark.parametrize("count", [None, 100])
def test_a_stream_is_refused_before_anything_is_written(tmp_path: Path, count: int | None) -> None:
    rows = StreamRows(None, {"kind": "hub"}, ("question", "answer"), count)
    settings = PackSettings(out=tmp_path / "shards", shuffle_seed=SEED, num_samples=10)
    with pytest.raises(UsageError, match="any order") as refused:
        pack_output(find_corpus("gsm8k"), rows, settings)
    assert "vwd download" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_one_row_can_be_shuffled(tmp_path: Path, run: Run) -> None:
    write_lamps(tmp_path, 1)
    run(*gsm8k("--shuffle-seed", 0))
    assert rows_in_tars(tmp_path / "shards" / "gsm8k") == [0]
