"""An output in object storage is the same as one in a folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, write_rows
from shards.packing import SMALL, assert_two_lines, gsm8k, read_entry, start, tar_hashes, write_lamps
from storage.store import Store, left_in_staging

pytest_plugins = ["shards.packed", "storage.buckets"]

# Fields of an entry that differ between runs: who packed the shard, when, and how long it took.
# What a macroblock is found in depends on which worker made it first.
OF_THE_RUN = {"seconds", "finished", "writer", "cache"}


@pytest.fixture
def packed(store: Store, run: Run, tmp_path: Path) -> Store:
    """Three shards in the store."""
    write_lamps(tmp_path, 18)
    run(*gsm8k("--out", store.url))
    return store


def test_a_store_receives_the_bytes_and_the_ledger_of_a_folder(
    packed: Store, tmp_path: Path, three_shards: Path
) -> None:
    folder = three_shards / "shards" / "gsm8k"
    assert packed.tar_hashes() == tar_hashes(folder)
    for number in range(3):
        stored, local = packed.entry(number), read_entry(folder, number)
        assert stored.keys() == local.keys()
        assert {k: v for k, v in stored.items() if k not in OF_THE_RUN} == {
            k: v for k, v in local.items() if k not in OF_THE_RUN
        }
    assert packed.files.cat_file(packed.path("pack.json")) == (folder / "pack.json").read_bytes()
    assert packed.names() == sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert left_in_staging(tmp_path) == []
    assert not (tmp_path / "shards").exists()
    assert not (tmp_path / "s3:").exists()


def test_a_tar_is_uploaded_before_its_entry(packed: Store) -> None:
    puts = [head.split()[1].rpartition("/")[2].partition("?")[0] for head in packed.proxy.heads if head[:4] == "PUT "]
    shards = [name for number in range(3) for name in (f"gsm8k-{number:06d}.tar", f"gsm8k-{number:06d}.json")]
    sidecars = ["shardindex.json", "sizes.json", "SHA256SUMS", "README.md"]
    assert puts == ["pack.json", *shards, "summary.json", *sidecars]


def test_status_verify_and_export_read_a_store_like_a_folder(
    packed: Store, run: Run, tmp_path: Path, three_shards: Path
) -> None:
    timing = {"samples_per_second", "seconds_left"}
    statuses = [json.loads(run("status", out, "--json").stdout)[0] for out in (packed.url, three_shards / "shards")]
    stored, local = ({k: v for k, v in s.items() if k not in timing} for s in statuses)
    assert stored == local
    assert statuses[0]["done"] == 3
    for out in (packed.url, f"{packed.url}/gsm8k", f"{packed.url}/"):
        assert "3 shards, 18 samples: clean" in run("verify", out).stdout
    run("export-jsonl", packed.url, "--base-dir", "from_store")
    run("export-jsonl", three_shards / "shards", "--base-dir", "from_folder")
    names = [sorted(p.relative_to(tmp_path / f) for p in (tmp_path / f).rglob("*.mp4"))
             for f in ("from_store", "from_folder")]  # fmt: skip
    assert names[0] == names[1]
    assert len(names[0]) == 18
    assert left_in_staging(tmp_path) == []


def test_a_second_run_uploads_only_the_summary(packed: Store, run: Run) -> None:
    packed.proxy.heads.clear()
    done = run(*gsm8k("--out", packed.url))
    assert "0 to pack, 3 already complete, of 3 shards" in done.stderr
    puts = [head for head in packed.proxy.heads if head.startswith("PUT ")]
    assert len(puts) == 1
    assert "summary.json" in puts[0]


def test_other_settings_are_refused(packed: Store, run: Run) -> None:
    before = packed.tar_hashes()
    done = run(*gsm8k("--out", packed.url, "--frames", 61), check=False)
    assert_two_lines(done)
    assert "was packed with other settings: video.frames: existing 60, requested 61" in done.stderr
    assert packed.tar_hashes() == before


def test_a_truncated_object_is_torn_and_packed_again(packed: Store, run: Run, three_shards: Path) -> None:
    tar = packed.path("gsm8k-000001.tar")
    packed.files.pipe_file(tar, packed.files.cat_file(tar)[:-512])
    assert "2 of 3 done, 0 missing, 1 torn" in run("status", packed.url).stdout
    assert run("verify", packed.url, check=False).returncode == 1
    assert "1 to pack, 2 already complete, of 3 shards" in run(*gsm8k("--out", packed.url)).stderr
    assert packed.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


def test_an_object_of_the_same_size_with_other_bytes_is_found(packed: Store, run: Run, three_shards: Path) -> None:
    tar = packed.path("gsm8k-000002.tar")
    data = bytearray(packed.files.cat_file(tar))
    data[3000] ^= 1
    packed.files.pipe_file(tar, bytes(data))
    done = run("verify", packed.url, check=False)
    assert done.returncode == 1
    assert "gsm8k-000002: the sha256 differs from the ledger's" in done.stdout
    assert "1 to pack, 2 already complete, of 3 shards" in run(*gsm8k("--out", packed.url, "--check")).stderr
    assert packed.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")


def test_an_entry_that_is_not_json_is_torn(packed: Store, run: Run) -> None:
    packed.files.pipe_file(packed.path("ledger/gsm8k-000000.json"), b"{")
    assert "2 of 3 done, 0 missing, 1 torn" in run("status", packed.url).stdout
    run(*gsm8k("--out", packed.url))
    assert "clean" in run("verify", packed.url).stdout


def test_a_shard_whose_rows_are_all_skipped_has_an_entry_and_no_tar(store: Store, run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [{"question": "", "answer": "7"}] * 2)
    done = run("pack", "gsm8k", "--rows", "rows.jsonl", *SMALL, "--num-workers", 1, "--out", store.url, check=False)
    assert done.returncode == 1
    assert "all 2 rows were skipped" in done.stderr
    assert store.names() == ["ledger/gsm8k-000000.json", "pack.json", "summary.json"]
    assert "1 of 1 done" in run("status", store.url).stdout


@pytest.mark.slow
def test_two_runs_at_once_leave_a_clean_output(store: Store, run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    both = [start(tmp_path, *gsm8k("--out", store.url)) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0, err
    assert store.tar_hashes() == tar_hashes(three_shards / "shards" / "gsm8k")
    assert "3 shards, 18 samples: clean" in run("verify", store.url).stdout
    assert left_in_staging(tmp_path) == []


@pytest.mark.slow
def test_one_of_two_simultaneous_runs_with_different_settings_is_refused(
    store: Store, run: Run, tmp_path: Path
) -> None:
    write_lamps(tmp_path, 18)
    both = [start(tmp_path, *gsm8k("--out", store.url, "--frames", frames)) for frames in (60, 61)]
    errors = [process.communicate(timeout=HANG_SECONDS)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 1], errors
    assert "was packed with other settings: video.frames" in errors[codes.index(1)]
    assert "clean" in run("verify", store.url).stdout


def test_another_staging_folder_can_be_given(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run(*gsm8k("--out", store.url, "--staging", "stage"))
    assert {"gsm8k-000000.tar", "ledger/gsm8k-000000.json", "pack.json", "README.md"} <= set(store.names())
    assert not (tmp_path / "stage").exists()
    refused = run(*gsm8k("--staging", "stage"), check=False)
    assert_two_lines(refused, code=2)


def test_a_file_url_is_a_folder(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--out", f"file://{tmp_path}/here"))
    assert tar_hashes(tmp_path / "here" / "gsm8k") == tar_hashes(three_shards / "shards" / "gsm8k")


def test_webdataset_reads_the_uploaded_tar(packed: Store) -> None:
    webdataset = pytest.importorskip("webdataset")
    if subprocess.run(["curl", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("curl is not installed")
    address = packed.files.sign(packed.path("gsm8k-000000.tar"))
    samples = list(webdataset.WebDataset(f"pipe:curl -sf '{address}'", shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [f"gsm8k_{row:06d}" for row in range(6)]
    assert all(sample["mp4"] for sample in samples)
