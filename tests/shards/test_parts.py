"""Several workers share a shard where there are fewer shards than workers: same bytes, no trace of the parts."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, Run, write_rows
from shards.packing import (
    SMALL,
    assert_two_lines,
    gsm8k,
    lamp_rows,
    read_entry,
    send,
    start,
    tar_hashes,
    temp_files,
    wait_until,
    workers_of,
    write_lamps,
)
from storage.store import Store, left_in_staging

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.open import open_file
from vwd.errors import ShardError
from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger
from vwd.shards.parts import Part
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.rendered import RenderedRows
from vwd.shards.settings import PackSettings
from vwd.shards.spills import Spills
from vwd.shards.text_videos import TextVideos
from vwd.storage.tempfiles import remove_stale
from vwd.video.spec import VideoSpec

pytest_plugins = ["storage.buckets"]

# The least rows that two workers share, 50 each.
ROWS = 100
# So many that a signal arrives while they are rendered.
MANY = 2000
OF_THE_RUN = {"seconds", "finished", "writer", "cache", "parts"}


def one_shard(*more: object, workers: int = 2) -> tuple[object, ...]:
    """The arguments that pack `rows.jsonl` into one shard."""
    return (*gsm8k(workers=workers), "--shard-size", 200, *more)


def one_large_shard(*more: object, workers: int = 2) -> tuple[object, ...]:
    return one_shard("--shard-size", MANY, *more, workers=workers)


def spill_files(folder: Path) -> list[Path]:
    return [path for path in temp_files(folder) if ".rows-" in path.name]


def job_of(tmp_path: Path) -> ShardJob:
    """A job of one shard of `ROWS` rows, for builders in this process."""
    rows, corpus = open_file(write_lamps(tmp_path, ROWS)), find_corpus("gsm8k")
    paths, video = OutputPaths(tmp_path, "gsm8k"), VideoSpec(160, 120, 60)
    settings = PackSettings(out=tmp_path, video=video, storyboard=video.storyboard_spec(16))
    content = TextVideos(corpus, corpus.schema_for(rows.columns), settings)
    return ShardJob(content, rows, Ledger(paths, content.contract(rows)), settings, Spills.of(paths))


SHARD = ShardRange(0, 0, ROWS, True)


@pytest.mark.parametrize("more", [(), ("--shuffle-seed", 5), ("--num-samples", 130)], ids=["plain", "shuffled", "cut"])
def test_workers_that_share_a_shard_write_the_bytes_and_the_entry_of_one(
    run: Run, tmp_path: Path, more: tuple[object, ...]
) -> None:
    rows: list[dict[str, Any]] = lamp_rows(170)
    for broken in (0, 49, 100, 169):
        rows[broken] = {"question": None, "answer": "7"}
    write_rows(tmp_path / "rows.jsonl", rows)
    entries = []
    for workers in (1, 2, 3):
        run(*one_shard("--out", workers, *more, workers=workers))
        entries.append(read_entry(tmp_path / str(workers) / "gsm8k", 0))
        assert temp_files(tmp_path) == []
    assert [entry["parts"] for entry in entries] == [1, 2, 2 if more[:1] == ("--num-samples",) else 3]
    assert {name for entry in entries for name in entry if entry[name] != entries[0][name]} <= OF_THE_RUN
    assert sum(len(skips) for skips in entries[0]["skips"].values()) >= 3
    hashes = [tar_hashes(tmp_path / str(workers) / "gsm8k") for workers in (1, 2, 3)]
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(hashes[0]) == 1
    assert "clean" in run("verify", "3").stdout


def test_the_statistics_of_parts_are_added_up(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, ROWS)
    for workers in (1, 2):
        run(*one_shard("--out", workers, workers=workers))
    alone, shared = (read_entry(tmp_path / str(workers) / "gsm8k", 0)["cache"]["macroblocks"] for workers in (1, 2))
    assert shared[0] == alone[0]
    assert 0 < shared[1] <= alone[1]


def test_a_shard_whose_rows_are_all_skipped_by_several_workers_has_no_tar(run: Run, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"question": None, "answer": "7"}] * 300
    write_rows(tmp_path / "rows.jsonl", [{"question": "How many?", "answer": "7"}, *rows[1:]])
    run(*one_shard(workers=3))
    folder = tmp_path / "shards" / "gsm8k"
    entries = [read_entry(folder, number) for number in (0, 1)]
    assert [entry["samples"] for entry in entries] == [1, 0]
    assert all(entry["parts"] > 1 for entry in entries)
    assert list(tar_hashes(folder)) == ["gsm8k-000000.tar"]
    assert temp_files(folder) == []


def test_a_broken_row_fails_its_shard_once_and_leaves_no_part(run: Run, tmp_path: Path) -> None:
    path = write_lamps(tmp_path, ROWS)
    lines = path.read_text().splitlines()
    lines[10] = lines[60] = "{"
    path.write_text("\n".join(lines) + "\n")
    done = run(*one_shard(), check=False)
    assert done.returncode == 1
    assert done.stderr.count("Error: gsm8k-000000") == 1
    assert "Traceback" not in done.stderr
    assert temp_files(tmp_path) == []
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == {}


@pytest.mark.slow
def test_a_killed_worker_fails_the_shard_that_it_shares_and_the_next_run_packs_it(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, MANY)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *one_large_shard())
    assert wait_until(process, folder, ".tmp/*.rows-*")
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 1
    assert stderr.count("Error: gsm8k-000000: the worker process was killed by SIGKILL") == 1
    assert tar_hashes(folder) == {}
    assert temp_files(folder) == []
    assert "1 to pack, 0 already complete" in run(*one_large_shard()).stderr
    run(*one_large_shard("--out", "alone", workers=1))
    assert tar_hashes(folder) == tar_hashes(tmp_path / "alone" / "gsm8k")


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing_of_the_parts(tmp_path: Path, signum: signal.Signals, code: int) -> None:
    write_lamps(tmp_path, MANY)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *one_large_shard())
    assert wait_until(process, folder, ".tmp/*.rows-*")
    send(process, signum, whole_group=True)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert temp_files(folder) == []
    assert tar_hashes(folder) == {}


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False], ids=["whole group", "parent alone"])
def test_a_run_killed_at_any_moment_is_resumed_and_nothing_is_left_of_its_parts(
    run: Run, tmp_path: Path, whole_group: bool
) -> None:
    write_lamps(tmp_path, 250)
    run(*one_shard("--out", "alone", workers=1))
    whole = tar_hashes(tmp_path / "alone" / "gsm8k")
    folder, moments = tmp_path / "shards" / "gsm8k", random.Random(3 + whole_group)
    for _ in range(6):
        process = start(tmp_path, *one_shard(workers=3))
        wait_until(process, folder, ".tmp/*")
        time.sleep(moments.uniform(0.0, 0.6))
        send(process, signal.SIGKILL, whole_group)
        process.communicate(timeout=HANG_SECONDS)
        assert tar_hashes(folder).items() <= whole.items()
    run(*one_shard(workers=3))
    assert tar_hashes(folder) == whole
    run(*one_shard(workers=3))  # an orphan of the last kill may have outlived the start of the run before
    assert temp_files(folder) == []


def test_a_killed_run_leaves_parts_that_the_next_run_removes(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, MANY)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *one_large_shard())
    assert wait_until(process, folder, ".tmp/*.rows-*")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    assert spill_files(folder)
    run("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", MANY, *SMALL, "--num-workers", 1)
    assert temp_files(folder) == []
    assert len(tar_hashes(folder)) == 1


def test_parts_of_a_live_run_are_kept_and_seen_by_others(tmp_path: Path) -> None:
    job = job_of(tmp_path)
    part = Part(SHARD, 0, 50)
    ShardBuilder(job).render(part, lambda: None)
    assert remove_stale(job.paths.temp) == 0
    assert job.spills.begun_elsewhere() == set()
    assert Spills.of(job.paths).begun_elsewhere() == {"gsm8k-000000.tar"}
    job.spills.remove([part])
    assert temp_files(job.paths.folder) == []


@pytest.mark.parametrize("removed", [True, False], ids=["removed", "cut"])
def test_a_part_that_is_not_as_it_was_written_fails_its_shard(tmp_path: Path, removed: bool) -> None:
    job = job_of(tmp_path)
    builder, parts = ShardBuilder(job), [Part(SHARD, 0, 50), Part(SHARD, 50, ROWS, order=1)]
    # The second part's place is not known until the first one is there, so that it waits in a spill file.
    rendered = [builder.render(part, lambda: None) for part in reversed(parts)][::-1]
    spill = job.spills.path(parts[1])
    if removed:
        spill.unlink()
    else:
        os.truncate(spill, 512)
    both = [(part, one) for part, one in zip(parts, rendered, strict=True) if isinstance(one, RenderedRows)]
    with pytest.raises(ShardError, match="changed or removed while the shard was packed"):
        builder.join(SHARD, both)
    assert tar_hashes(job.paths.folder) == {}
    assert not job.paths.entry(0).exists()


def test_a_part_of_a_shard_that_another_run_has_finished_is_not_rendered(tmp_path: Path) -> None:
    job = job_of(tmp_path)
    job.paths.ledger.mkdir(parents=True)
    built = ShardBuilder(job).build(SHARD, lambda: None)
    found = ShardBuilder(job).render(Part(SHARD, 0, 50), lambda: None)
    assert isinstance(found, Entry)
    assert found == built
    assert temp_files(job.paths.folder) == []


def test_a_part_that_cannot_be_written_is_two_lines(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, ROWS)
    (tmp_path / "shards" / "gsm8k").mkdir(parents=True)
    (tmp_path / "shards" / "gsm8k" / ".tmp").symlink_to(tmp_path)
    assert_two_lines(run(*one_shard(), check=False))


def test_workers_share_a_shard_that_goes_to_object_storage(store: Store, run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, ROWS)
    run(*one_shard("--out", store.url))
    run(*one_shard("--out", "local", workers=1))
    assert store.entry(0)["parts"] == 2
    assert store.tar_hashes() == tar_hashes(tmp_path / "local" / "gsm8k")
    assert left_in_staging(tmp_path) == []


def test_a_killed_run_leaves_parts_in_its_staging_folder_that_the_next_run_removes(
    store: Store, run: Run, tmp_path: Path
) -> None:
    write_lamps(tmp_path, MANY)
    process = start(tmp_path, *one_large_shard("--out", store.url))
    assert wait_until(process, tmp_path / "temporary", "vwd-staging-*/*.rows-*")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    assert left_in_staging(tmp_path)
    run(*one_large_shard("--out", store.url))
    assert left_in_staging(tmp_path) == []
    assert store.entry(0)["samples"] == MANY
