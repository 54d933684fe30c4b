"""Folders of Parquet files become shards: every row counted once, whatever the workers, kills and damage."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import webdataset
from conftest import HANG_SECONDS, Run, environment
from PIL import Image
from records.making import damage_counts, damaged_rows, jpeg, row, turns, write_parquet
from shards.packing import assert_two_lines

from vwd.records.keys import record_key

ROOT = Path(__file__).resolve().parents[2]


def convert(run: Run, *options: object, check: bool = True) -> dict[str, Any]:
    """Converts `in` to `out`, and returns what it prints as JSON."""
    done = run("convert-parquet", "--input-dir", "in", "--output-dir", "out", *options, "--json", check=check)
    printed: dict[str, Any] = json.loads(done.stdout)
    return {**printed, "code": done.returncode, "stderr": done.stderr}


def read(out: Path, group: str = "*") -> list[dict[str, Any]]:
    """The samples of all shards, as webdataset reads them."""
    tars = sorted(map(str, out.glob(f"{group}_[0-9][0-9][0-9][0-9][0-9][0-9].tar")))
    return [sample for tar in tars for sample in webdataset.WebDataset(tar, shardshuffle=False)]


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.tar"))}


def assert_adds_up(counts: dict[str, Any], rows: int) -> None:
    assert counts["total"] == rows
    assert counts["valid"] + counts["invalid"] == rows
    assert sum(counts["reasons"].values()) == counts["invalid"]


def test_rows_become_samples_of_json_and_jpg(run: Run, tmp_path: Path) -> None:
    write_parquet(
        tmp_path / "in" / "llava" / "a.parquet", [row("a.b/1", jpeg(1)), row("2", None, conversations=turns("Hi"))]
    )
    counts = convert(run)
    assert_adds_up(counts, 2)
    first, second = read(tmp_path / "out")
    assert (first["__key__"], second["__key__"]) == ("a%2Eb%2F1", "2")
    assert first["jpg"] == jpeg(1)
    assert json.loads(first["json"]) == {"id": "a.b/1", "conversations": turns(), "data_source": "made"}
    assert "jpg" not in second
    assert (tmp_path / "out" / "llava_000000.tar").is_file()
    assert (tmp_path / "out" / ".progress" / "llava.done").read_text() == "valid_samples: 2\ntotal_samples: 2\n"


def test_each_kind_of_damage_is_counted_and_costs_its_row_alone(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(400)[:250])
    write_parquet(tmp_path / "in" / "g" / "b.parquet", damaged_rows(400)[250:])
    counts = convert(run, "--max-samples-per-shard", 100)
    assert_adds_up(counts, 400)
    assert counts["reasons"] == damage_counts(400)
    samples = read(tmp_path / "out")
    assert len(samples) == len({sample["__key__"] for sample in samples}) == counts["valid"]
    for sample in samples:
        Image.open(io.BytesIO(sample["jpg"])).load()
    assert run("verify", "out").stdout.startswith("g: 4 shards")


def test_kept_rows_are_counted_once_and_name_their_fault(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(240))
    counts = convert(run, "--no-skip-invalid", "--max-samples-per-shard", 100)
    assert_adds_up(counts, 240)
    assert counts["reasons"] == damage_counts(240)
    named = Counter(json.loads(sample["json"]).get("invalid", "") for sample in read(tmp_path / "out"))
    assert named.pop("") == counts["valid"]
    assert named == {code: count for code, count in counts["reasons"].items() if not code.startswith("id_")}
    assert counts["kept"] == sum(named.values())
    assert run("verify", "out").returncode == 0


def test_the_bytes_are_the_same_for_any_number_of_workers(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(300), group_rows=37)
    one, many = [
        (convert(run, "--num-workers", workers, "--output-dir", f"out{workers}"), contents(tmp_path / f"out{workers}"))
        for workers in (1, 3)
    ]
    assert one[1] == many[1]
    assert one[0]["reasons"] == many[0]["reasons"]


def test_subfolders_whose_names_begin_alike_do_not_meet(run: Run, tmp_path: Path) -> None:
    for name in ("llava", "llava_next", "llava_000000"):
        write_parquet(tmp_path / "in" / name / "a.parquet", [row(str(n)) for n in range(3)])
    assert_adds_up(convert(run), 9)
    before = contents(tmp_path / "out")
    assert sorted(before) == ["llava_000000.tar", "llava_000000_000000.tar", "llava_next_000000.tar"]
    (tmp_path / "out" / "llava_000000.tar").unlink()
    assert_adds_up(convert(run, "--resume"), 9)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize("name", ["_x", "-x", "数据 1", "A.b", "%41", "x" * 120])
def test_any_name_of_a_subfolder_is_taken(run: Run, tmp_path: Path, name: str) -> None:
    write_parquet(tmp_path / "in" / name / "a.parquet", [row("1")])
    counts = convert(run)
    assert_adds_up(counts, 1)
    assert counts["groups"][0]["name"] == name
    assert len(read(tmp_path / "out")) == 1


def test_a_broken_file_is_named_and_its_folder_is_taken_up_again(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "bad" / "a.parquet", damaged_rows(60, "x"))
    whole = write_parquet(tmp_path / "in" / "bad" / "b.parquet", damaged_rows(60, "y")).read_bytes()
    write_parquet(tmp_path / "in" / "good" / "a.parquet", damaged_rows(60))
    (tmp_path / "in" / "bad" / "b.parquet").write_bytes(whole[:-100])
    broken = convert(run, check=False)
    assert broken["code"] == 1
    assert "b.parquet" in broken["stderr"]
    assert_adds_up(broken, 60)
    progress = tmp_path / "out" / ".progress"
    assert [path.name for path in progress.glob("*.done")] == ["good.done"]
    (tmp_path / "in" / "bad" / "b.parquet").write_bytes(whole)
    assert_adds_up(convert(run), 180)
    assert sorted(path.name for path in progress.glob("*.done")) == ["bad.done", "good.done"]


def test_a_file_broken_in_its_middle_fails_its_folder_until_it_is_mended(run: Run, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "in" / "g" / "b.parquet", damaged_rows(300), group_rows=50)
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(100, "other"))
    whole = path.read_bytes()
    # The last quarter of the data pages; ids are read, images are not.
    import pyarrow.parquet as pq

    group = pq.ParquetFile(path).metadata.row_group(4)
    column = next(group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "image.bytes")
    start = column.dictionary_page_offset or column.data_page_offset
    path.write_bytes(
        whole[:start] + bytes(column.total_compressed_size) + whole[start + column.total_compressed_size :]
    )
    broken = convert(run, "--max-samples-per-shard", 50, check=False)
    assert broken["code"] == 1
    assert "b.parquet" in broken["stderr"]
    assert 0 < broken["total"] < 400
    path.write_bytes(whole)
    mended = convert(run, "--max-samples-per-shard", 50)
    assert "made anew" in mended["stderr"]
    assert_adds_up(mended, 400)
    assert len({sample["__key__"] for sample in read(tmp_path / "out")}) == mended["valid"]


def test_a_tar_that_was_touched_is_named_with_how_to_make_it_again(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(40))
    write_parquet(tmp_path / "in" / "empty" / "a.parquet", [row(None)])
    convert(run, "--max-samples-per-shard", 20)
    before = contents(tmp_path / "out")
    tar = tmp_path / "out" / "g_000001.tar"
    tar.write_bytes(before[tar.name].replace(b"made", b"MADE", 1))
    done = run("verify", "out", check=False)
    assert done.returncode == 1
    assert "g_000001: the sha256 differs" in done.stdout
    assert done.stderr.splitlines() == [
        "'vwd show --skips' says why rows were skipped.",
        "Remove the damaged tars, and run 'vwd convert-parquet' or 'vwd pack-records', whichever made them, with the "
        "same settings to make them again.",
    ]
    tar.unlink()
    convert(run, "--max-samples-per-shard", 20)
    assert contents(tmp_path / "out") == before
    assert "g: 2 shards, 36 samples: clean" in run("verify", "out", check=False).stdout


def test_other_settings_or_rows_than_a_complete_folders_are_refused(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", [row("1")])
    convert(run)
    assert "shard_size" in convert(run, "--max-samples-per-shard", 7, check=False)["stderr"]
    write_parquet(tmp_path / "in" / "g" / "a.parquet", [row("2")])
    refused = convert(run, check=False)
    assert refused["code"] == 1
    assert "source" in refused["stderr"]
    assert "--output-dir" in refused["stderr"]


def test_a_missing_input_is_two_lines_and_leaves_no_output(run: Run, tmp_path: Path) -> None:
    done = run("convert-parquet", "--input_dir", "nowhere", "--output_dir", "out", check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert "--input-dir" in done.stderr
    assert not (tmp_path / "out").exists()


def test_log_levels_say_more_and_less(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(60))
    said = {
        level: run("convert-parquet", "--input_dir", "in", "--output_dir", level, "--log_level", level).stderr
        for level in ("DEBUG", "INFO", "WARNING")
    }
    assert "row 9: image_missing" in said["DEBUG"]
    assert "1 shards to make" in said["INFO"]
    assert "image_missing" not in said["INFO"]
    assert said["WARNING"] == ""


def shell(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    """The documented command, in a process of its own."""
    script = ROOT / "tools" / "data_conversion" / "run_convert.sh"
    return subprocess.Popen(
        ["bash", str(script), "--input_dir", "in", "--output_dir", "out", *options],
        cwd=tmp_path, env=environment(PYTHON=sys.executable), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_documented_command_prints_the_documented_statistics(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(120))
    process = shell(tmp_path, "--max_samples_per_shard", "50", "--num_workers", "2", "--resume")
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 0, err
    assert out.splitlines() == [
        "total samples    120", "valid samples    108", "invalid samples  12",
        *(f"  {code}: {count}" for code, count in sorted(damage_counts(120).items())),
        "output folder    out", "total shards     3",
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_kills_lose_and_double_nothing_of_ten_thousand_rows(tmp_path: Path) -> None:
    rows = damaged_rows(10_000)
    for number in range(4):
        write_parquet(
            tmp_path / "in" / ("one" if number < 3 else "two") / f"{number}.parquet",
            rows[number * 2500 : (number + 1) * 2500],
        )
    options = ("--max_samples_per_shard", "500", "--num_workers", "2")
    for kill in range(10):
        process = shell(tmp_path, *options)
        time.sleep(0.8 + 0.17 * kill)
        process.kill()
        process.communicate(timeout=HANG_SECONDS)
    process = shell(tmp_path, *options, "--resume")
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 0, err
    printed = dict(line.rsplit(None, 1) for line in out.splitlines() if "folder" not in line)
    counts = {name.strip(" :"): int(value.replace(",", "")) for name, value in printed.items()}
    # The first row of an id in another folder is no duplicate.
    expected = damage_counts(10_000)
    assert counts["total samples"] == 10_000
    assert counts["valid samples"] + counts["invalid samples"] == 10_000
    assert {code: counts[code] for code in expected} == expected
    keys = [sample["__key__"] for sample in read(tmp_path / "out")]
    faulty = {9 + 10 * n for n in range(1000)}
    assert sorted(keys) == sorted(record_key(f"row/{n:05d}.jpg") for n in range(10_000) if n not in faulty)


def test_a_conversion_that_makes_no_sample_fails_and_says_why(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a" / "x.parquet", [row(str(n), b"no image") for n in range(3)])
    for _ in range(2):  # as it does when nothing is left to do
        done = run("convert-parquet", "--input-dir", "in", "--output-dir", "out", check=False)
        assert done.returncode == 1
        assert "Error: out: all 3 rows were skipped (image_unreadable 3)" in done.stderr


def test_a_shard_of_more_rows_than_any_count_is_refused_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "a" / "x.parquet", [row("1", jpeg(1))])
    done = run(
        "convert-parquet", "--input-dir", "in", "--output-dir", "out", "--max-samples-per-shard", "9" * 30, check=False
    )
    assert_two_lines(done, 2)
    assert not list((tmp_path / "out").rglob("pack.json"))
    assert convert(run)["valid"] == 1


WITHOUT_FRESH_INTERPRETERS = """
import vwd.shards.pool
vwd.shards.pool._SPAWN.Process = None
from vwd.__main__ import main
main()
"""


def test_every_process_of_a_conversion_is_forked(tmp_path: Path) -> None:
    for name in "ab":
        write_parquet(tmp_path / "in" / name / "rows.parquet", [row(str(number)) for number in range(200)])
    given = ["convert-parquet", "--input-dir", "in", "--output-dir", "out", "--num-workers", "2"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FRESH_INTERPRETERS, *given], cwd=tmp_path, capture_output=True, text=True,
        check=False, env=environment(), timeout=HANG_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(read(tmp_path / "out")) == 400
