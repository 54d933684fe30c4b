"""`vwd index`: sidecars for other readers of shards, from the ledger alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from conftest import Run
from index.indexed import SMALL_FILES, fill_with_zeros, read_json, samples, sidecars
from shards.packing import (
    assert_two_lines,
    copy_pack,
    entry_file,
    forget_contract,
    gsm8k,
    read_entry,
    snapshot,
    tar_hashes,
    temp_files,
    write_lamps,
)

from vwd.index.write import KINDS, stale_sidecars, write_index
from vwd.inspect.verify import verify_output
from vwd.shards.checksums import format_checksums
from vwd.shards.paths import OutputPaths
from vwd.shards.sizes import SampleSizes, format_sizes, tar_bytes

pytest_plugins = ["index.outputs", "shards.packed"]

LARGE = (
    {f"gsm8k-{number}{ending}" for number in ("000000", "000002") for ending in (".tar.idx", ".idx", ".meta.jsonl")}
    | {f".nv-meta/{name}" for name in (".info.json", "split.yaml", "dataset.yaml", "index.sqlite", "index.uuid")}
)  # fmt: skip


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


def test_a_complete_pack_writes_the_small_sidecars(folder: Path) -> None:
    assert set(sidecars(folder)) == SMALL_FILES


def test_an_incomplete_pack_writes_none(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    (tmp_path / "rows.jsonl").open("a").write("{broken\n")
    assert run(*gsm8k(), check=False).returncode == 1
    assert len(tar_hashes(tmp_path / "shards" / "gsm8k")) == 2
    assert sidecars(tmp_path / "shards" / "gsm8k") == {}


def test_the_last_of_several_tasks_to_end_writes_them(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    for task, expected in ((1, set()), (0, SMALL_FILES)):
        run(*gsm8k("--task", task, "--num-tasks", 2))
        assert set(sidecars(tmp_path / "shards" / "gsm8k")) == expected
    assert list(read_json(tmp_path / "shards" / "gsm8k" / "sizes.json").values()) == [6, 6]


def test_a_pack_that_grows_updates_them(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    folder = tmp_path / "shards" / "gsm8k"
    run(*gsm8k("--num-samples", 4))
    assert read_json(folder / "sizes.json") == {"gsm8k-000000.tar": 4}
    run(*gsm8k())
    assert read_json(folder / "sizes.json") == {"gsm8k-000000.tar": 6, "gsm8k-000001.tar": 6}
    assert "num_examples: 12" in (folder / "README.md").read_text()


def test_sizes_count_the_samples_of_each_tar(folder: Path) -> None:
    counted = {tar.name: len(samples(tar)) for tar in sorted(folder.glob("*.tar"))}
    assert counted == {"gsm8k-000000.tar": 5, "gsm8k-000002.tar": 5}
    assert read_json(folder / "sizes.json") == counted


def test_the_shard_index_describes_each_tar(folder: Path) -> None:
    index = read_json(folder / "shardindex.json")
    assert (index["__kind__"], index["wids_version"], index["name"]) == ("wids-shard-index-v1", 1, "gsm8k")
    assert index["shardlist"] == [
        {
            "url": tar.name,
            "nsamples": len(samples(tar)),
            "filesize": tar.stat().st_size,
        }
        for tar in sorted(folder.glob("*.tar"))
    ]


def test_sha256sum_accepts_the_sums_and_refuses_a_changed_tar(folder: Path) -> None:
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "gsm8k-000000.tar: OK\ngsm8k-000002.tar: OK\n"
    fill_with_zeros(folder)
    assert subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 1


def test_all_writes_every_kind_and_prints_their_number(run: Run, folder: Path) -> None:
    assert run("index", "--all").stdout == (
        "shards/gsm8k: 11 files written, 4 unchanged\n  webdataset reads shards/gsm8k/gsm8k-{000000,000002}.tar\n"
    )
    assert set(sidecars(folder)) == SMALL_FILES | LARGE


def test_indexing_twice_writes_nothing(run: Run, folder: Path) -> None:
    run("index", "--all")
    before = snapshot(folder)
    (result,) = json.loads(run("index", "--all", "--json").stdout)
    assert result == {
        "dataset": "gsm8k", "pattern": "gsm8k-{000000,000002}.tar", "written": [], "unchanged": 15, "left_out": []
    }  # fmt: skip
    assert snapshot(folder) == before


def test_only_the_requested_kinds_are_written(run: Run, folder: Path) -> None:
    for name in SMALL_FILES:
        (folder / name).unlink()
    run("index", "--dali")
    assert set(sidecars(folder)) == {"gsm8k-000000.idx", "gsm8k-000002.idx"}
    run("index")
    assert set(sidecars(folder)) == {"gsm8k-000000.idx", "gsm8k-000002.idx"} | SMALL_FILES


def test_the_tars_are_not_opened(run: Run, folder: Path) -> None:
    kinds = ("--webdataset", "--hf", "--energon", "--dali")
    run("index", *kinds)
    expected = sidecars(folder)
    for name in expected:
        (folder / name).unlink()
    fill_with_zeros(folder)
    run("index", *kinds)
    assert sidecars(folder) == expected


def test_an_output_in_another_place_packed_by_more_workers_has_the_same_sidecars(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("index", "--all")
    run(*gsm8k("--sat-meta", "--out", "other", workers=2))
    run("index", "other/gsm8k", "--all")
    assert sidecars(tmp_path / "other" / "gsm8k") == sidecars(folder)


def test_an_output_with_torn_shards_is_refused_and_nothing_is_written(run: Run, folder: Path) -> None:
    tar = folder / "gsm8k-000002.tar"
    tar.write_bytes(tar.read_bytes()[:-512])
    entry_file(folder, 0).write_bytes(b"{")
    before = snapshot(folder)
    done = run("index", "--all", check=False)
    assert_two_lines(done)
    assert "torn: gsm8k-000000, gsm8k-000002" in done.stderr
    assert "vwd pack" in done.stderr
    assert done.stdout == ""
    assert snapshot(folder) == before


def test_a_tar_that_is_not_in_the_ledger_is_named(run: Run, folder: Path) -> None:
    (folder / "gsm8k-000000.tar").rename(folder / "gsm8k-000009.tar")
    entry_file(folder, 0).unlink()
    done = run("index", check=False)
    assert_two_lines(done)
    assert "not in the ledger: gsm8k-000009.tar" in done.stderr
    assert "move the tar away" in done.stderr


def test_an_output_without_any_shard_must_be_packed_first(run: Run, folder: Path) -> None:
    for path in [*folder.glob("*.tar"), *folder.glob("ledger/*")]:
        path.unlink()
    done = run("index", check=False)
    assert_two_lines(done)
    assert "no shard in this folder" in done.stderr
    for name in SMALL_FILES:
        (folder / name).unlink()
    done = run("verify", check=False)
    assert done.returncode == 1
    assert "has no shards" in done.stdout


def test_an_output_whose_rows_were_all_skipped_is_no_output_to_index(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "How many?", "answer": ""}\n' * 2)
    done = run(*gsm8k(), check=False)
    assert done.returncode == 1
    assert "0 samples, 2 skipped" in done.stdout
    assert run("verify", check=False).returncode == 1
    assert "0 files written" in run("index", "--all").stdout
    assert sidecars(tmp_path / "shards" / "gsm8k") == {}


@pytest.mark.parametrize(
    "name", ["SHA256SUMS", "sizes.json", "shardindex.json", "gsm8k-000000.idx", "gsm8k-000002.tar.idx",
             ".nv-meta/index.uuid", ".nv-meta/.info.json"]
)  # fmt: skip
def test_verify_names_a_stale_sidecar_and_index_rewrites_it(folder: Path, name: str) -> None:
    paths = OutputPaths(folder.parent, "gsm8k")
    write_index(paths, KINDS)
    assert verify_output(paths).problems == ()
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + b"\1")
    assert verify_output(paths).stale == (name,)
    write_index(paths, KINDS)
    assert (folder / name).read_bytes() == content


def test_a_shard_index_that_still_has_md5_sums_is_no_problem(folder: Path) -> None:
    paths, path = OutputPaths(folder.parent, "gsm8k"), folder / "shardindex.json"
    write_index(paths, KINDS)
    index = json.loads(path.read_bytes())
    index["shardlist"] = [{**shard, "md5sum": "0" * 32} for shard in index["shardlist"]]
    path.write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    assert stale_sidecars(paths) == []
    index["shardlist"][0]["nsamples"] += 1
    path.write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    assert stale_sidecars(paths) == ["shardindex.json"]


def test_a_sidecar_that_cannot_be_read_is_a_problem(folder: Path) -> None:
    paths = OutputPaths(folder.parent, "gsm8k")
    write_index(paths, KINDS)
    (folder / "sizes.json").unlink()
    (folder / "sizes.json").symlink_to("/proc/self/mem")  # gives an input/output error to everybody
    (problem,) = verify_output(paths).problems
    assert "sizes.json: cannot be read: Input/output error" in problem.what


def test_a_card_is_stale_when_its_counts_differ_but_not_when_its_wording_does(folder: Path) -> None:
    paths, path = OutputPaths(folder.parent, "gsm8k"), folder / "README.md"
    write_index(paths, KINDS)
    content = path.read_text("utf-8")
    path.write_text(content.replace("## How it was made", "## Made by"), "utf-8")
    assert verify_output(paths).clean
    path.write_text(content.replace("num_examples: ", "num_examples: 1"), "utf-8")
    assert verify_output(paths).stale == ("README.md",)
    write_index(paths, KINDS)
    assert path.read_text("utf-8") == content
    assert verify_output(paths).problems == ()


def test_a_readme_written_by_the_user_is_kept_and_is_not_a_problem(run: Run, folder: Path) -> None:
    (folder / "README.md").write_text("# Mine\n")
    run("index", "--all")
    assert "clean" in run("verify").stdout
    run(*gsm8k("--sat-meta"))
    assert (folder / "README.md").read_text() == "# Mine\n"


def test_all_datasets_of_a_base_folder_are_indexed(run: Run, three_shards: Path, tmp_path: Path) -> None:
    copy_pack(three_shards, tmp_path)
    rows = ("--rows", "rows.jsonl", "--prompt-column", "question", "--answer-column", "answer", "--language", "en")
    run("pack", "mine", *rows, "--size", "160x120", "--font-size", 16, "--frames", 60, "--num-samples", 2)
    results = json.loads(run("index", "--dali", "--json").stdout)
    assert {result["dataset"]: result["written"] for result in results} == {
        "gsm8k": [f"gsm8k-00000{n}.idx" for n in range(3)],
        "mine": ["mine-000000.idx"],
    }


def test_a_shard_of_five_thousand_samples_is_indexed_without_its_tar(folder: Path) -> None:
    entry = read_entry(folder, 0)
    sizes = [SampleSizes(row, (163_204, 188, 412, 5120, 4)) for row in range(5000)]
    length = tar_bytes(sizes)
    checksums = format_checksums(bytes(8 * 5 * 5000))
    entry = {
        **entry, "stop": 5000, "samples": 5000, "skips": {}, "bytes": length, "sizes": format_sizes(sizes),
        "checksums": checksums,
    }  # fmt: skip
    entry_file(folder, 0).write_text(json.dumps(entry))
    for path in [*folder.glob("*.tar"), *(folder / "ledger").iterdir()]:
        if path.stem != "gsm8k-000000":
            path.unlink()
    contract = json.loads((folder / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, "rows": 5000, "shard_size": 5000}))
    forget_contract(folder)
    with (folder / "gsm8k-000000.tar").open("wb") as tar:  # sparse: no tar is read
        tar.seek(length - 1)
        tar.write(b"1")
    result = write_index(OutputPaths(folder.parent, "gsm8k"), ("webdataset", "hf", "energon", "dali"))
    assert "gsm8k-000000.idx" in result.written
    assert len((folder / "gsm8k-000000.idx").read_bytes().splitlines()) == 5001
    assert (folder / "gsm8k-000000.tar.idx").stat().st_size == 5001 * 8
    assert temp_files(folder) == []
