"""Several workers share a large shard of records: parts are written in their places, and the bytes are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import HANG_SECONDS, Run, environment
from hypothesis import given
from hypothesis import strategies as st
from records.making import SCHEMA, damaged_rows, row, write_parquet
from shards.packing import tar_hashes, temp_files

from vwd.errors import ShardError
from vwd.records.content import Records
from vwd.records.folders import find_groups
from vwd.records.opening import open_group
from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.ledger import Ledger
from vwd.shards.parts import Part, split_shards
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange, plan_shards
from vwd.shards.rendered import RenderedRows
from vwd.shards.settings import PackSettings
from vwd.shards.spills import Spills

ROWS = 200
SHARD = ShardRange(0, 0, ROWS, True)
PARTS = [Part(SHARD, 50 * n, 50 * (n + 1), n) for n in range(4)]


@pytest.fixture
def job(tmp_path: Path) -> ShardJob:
    """A job of one shard, of rows of which every tenth has a fault."""
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(ROWS), 50)
    rows = open_group(find_groups(tmp_path / "in")[0])
    paths = OutputPaths(tmp_path / "out", "g", flat=True)
    paths.ledger.mkdir(parents=True)
    content = Records("g", ROWS)
    settings = PackSettings(out=tmp_path / "out", part_rows=50)
    return ShardJob(content, rows, Ledger(paths, content.contract(rows)), settings, Spills.of(paths))


def rendered(builder: ShardBuilder, parts: list[Part]) -> dict[Part, RenderedRows]:
    """Renders parts in this order."""
    found = {part: builder.render(part, lambda: None) for part in parts}
    return {part: one for part, one in found.items() if isinstance(one, RenderedRows)}


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 0, 1, 3]])
def test_parts_that_are_next_go_to_their_place_and_others_wait(job: ShardJob, order: list[int]) -> None:
    workers = [ShardBuilder(job), ShardBuilder(job)]
    found: dict[Part, RenderedRows] = {}
    for turn, number in enumerate(order):
        found |= rendered(workers[turn % 2], [PARTS[number]])
    for part in PARTS:
        known = order[: order.index(part.order) + 1]
        assert found[part].placed == (set(range(part.order)) <= set(known))
        assert job.spills.path(part).exists() != found[part].placed
    workers[1].append(SHARD, [(part, found[part]) for part in PARTS[:2]])
    entry = workers[1].join(SHARD, [(part, found[part]) for part in PARTS])
    shared = job.paths.tar(0).read_bytes()
    assert entry.parts == 4
    job.spills.remove(PARTS)
    assert temp_files(job.paths.out) == []
    job.paths.entry(0).unlink()
    job.paths.tar(0).unlink()
    again = ShardBuilder(job).build(SHARD, lambda: None)
    assert job.paths.tar(0).read_bytes() == shared
    assert (again.sha256, again.bytes, again.skips, again.keys) == (entry.sha256, entry.bytes, entry.skips, entry.keys)


def test_a_part_that_is_large_goes_to_a_file_while_its_place_is_not_known(
    job: ShardJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vwd.shards.placing._KEPT_BYTES", 20_000)
    found = rendered(ShardBuilder(job), PARTS[::-1])
    assert [part.order for part in PARTS if found[part].placed] == [0]
    entry = ShardBuilder(job).join(SHARD, [(part, found[part]) for part in PARTS])
    assert entry.bytes == job.paths.tar(0).stat().st_size


def packed_alone(job: ShardJob) -> tuple[str, bytes]:
    """The hash and the content of the shard's tar as one worker makes it; the shard is not packed afterwards."""
    entry = ShardBuilder(job).build(SHARD, lambda: None)
    content = job.paths.tar(0).read_bytes()
    job.paths.entry(0).unlink()
    job.paths.tar(0).unlink()
    return entry.sha256, content


def test_a_part_goes_on_in_its_place_as_soon_as_that_is_known(job: ShardJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vwd.shards.placing._WAIT_SECONDS", 0)
    monkeypatch.setattr("vwd.shards.placing._KEPT_BYTES", 100_000)  # half of the part would not fit
    alone = packed_alone(job)
    other, found, rows = ShardBuilder(job), dict[Part, RenderedRows](), list[None]()

    def render_the_part_before() -> None:
        rows.append(None)
        if len(rows) == 20:
            found.update(rendered(other, PARTS[:1]))

    result = ShardBuilder(job).render(PARTS[1], render_the_part_before)
    assert isinstance(result, RenderedRows)
    assert result.size > 150_000
    assert result.placed
    found |= {PARTS[1]: result} | rendered(other, PARTS[2:])
    entry = ShardBuilder(job).join(SHARD, list(found.items()))
    assert (entry.sha256, job.paths.tar(0).read_bytes()) == alone


@pytest.mark.parametrize("large", range(1, 4))
def test_parts_behind_a_large_one_are_in_their_places(job: ShardJob, large: int) -> None:
    alone = packed_alone(job)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vwd.shards.placing._KEPT_BYTES", 20_000)
        found = rendered(ShardBuilder(job), [PARTS[large]])
    found |= rendered(ShardBuilder(job), [part for part in PARTS if part.order != large])
    assert [part.order for part in PARTS if not found[part].placed] == [large]
    entry = ShardBuilder(job).join(SHARD, [(part, found[part]) for part in PARTS])
    assert (entry.sha256, job.paths.tar(0).read_bytes()) == alone


def test_another_worker_cannot_go_on_with_a_tar_whose_parts_were_moved(job: ShardJob) -> None:
    found = list(rendered(ShardBuilder(job), [PARTS[1], PARTS[0], *PARTS[2:]]).items())
    found.sort(key=lambda one: one[0].order)
    ShardBuilder(job).append(SHARD, found[:2])
    with pytest.raises(ShardError, match="changed or removed"):
        ShardBuilder(job).append(SHARD, found[2:])
    with pytest.raises(ShardError, match="changed or removed"):
        ShardBuilder(job).join(SHARD, found)
    assert not job.paths.tar(0).exists()


def test_half_a_size_is_not_taken_for_one(job: ShardJob) -> None:
    alone = packed_alone(job)
    found = rendered(ShardBuilder(job), PARTS[:1])
    os.truncate(job.spills.sizes(0), 12)
    found |= rendered(ShardBuilder(job), PARTS[1:])
    assert [part.order for part in PARTS if found[part].placed] == [0]
    entry = ShardBuilder(job).join(SHARD, list(found.items()))
    assert (entry.sha256, job.paths.tar(0).read_bytes()) == alone


def test_a_tar_that_was_cut_fails_its_shard(job: ShardJob) -> None:
    found = list(rendered(ShardBuilder(job), PARTS).items())
    os.truncate(job.spills.tar(0), 1000)
    with pytest.raises(ShardError, match="changed or removed"):
        ShardBuilder(job).join(SHARD, found)


@given(st.integers(1, 5000), st.integers(2, 9), st.integers(60, 400), st.lists(st.integers(1, 4999)))
def test_parts_of_a_size_begin_at_row_groups_that_are_near(
    rows: int, workers: int, part_rows: int, cuts: list[int]
) -> None:
    (shard,) = plan_shards(rows, rows)
    parts = split_shards([shard], workers, part_rows, sorted(cuts))
    assert (parts[0].start, parts[-1].stop) == (0, rows)
    assert all(before.stop == after.start for before, after in pairwise(parts))
    assert [part.order for part in parts] == list(range(len(parts)))
    if len(parts) > 1:
        assert min(part.stop - part.start for part in parts) >= 25
    ideal = split_shards([shard], workers, part_rows)
    assert len(parts) == len(ideal)
    for part, (before, unmoved) in zip(parts[1:], pairwise(ideal), strict=True):
        most = min(before.stop - before.start, unmoved.stop - unmoved.start) // 4
        near = [abs(cut - unmoved.start) for cut in cuts if abs(cut - unmoved.start) <= most]
        assert abs(part.start - unmoved.start) == min(near, default=0)


@pytest.mark.parametrize("group_rows", [7, 64, 2000])
def test_the_bytes_are_the_same_for_any_number_of_workers_and_any_row_groups(
    run: Run, tmp_path: Path, group_rows: int
) -> None:
    write_parquet(tmp_path / "in" / "g" / "a.parquet", damaged_rows(700), group_rows)
    for workers in (1, 3):
        run("convert-parquet", "--input-dir", "in", "--output-dir", workers, "--num-workers", workers)
    one, three = (tar_hashes(tmp_path / str(workers)) for workers in (1, 3))
    assert one == three
    assert len(one) == 1
    assert temp_files(tmp_path) == []


# The file is mapped: its pages, which the system takes back as it likes, are no memory of the process.
READ = """
import pyarrow, re, sys
from pathlib import Path
from vwd.records.folders import Group
from vwd.records.opening import open_group
from vwd.records.record import COLUMNS
def own_kilobytes():
    return int(re.search(r"RssAnon:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
rows = open_group(Group("g", (Path(sys.argv[1]),)))
before = most = own_kilobytes()
total = 0
for place, row in enumerate(rows.read(0, rows.count, COLUMNS)):
    total += len(row["image"]["bytes"])
    if place % 50 == 0:
        most = max(most, own_kilobytes())
print(total)
print(most - before)
print(pyarrow.default_memory_pool().max_memory() // 1000)
"""


@pytest.mark.slow
@pytest.mark.parametrize("group_rows", [1, 20_000], ids=["10,000 row groups", "one row group"])
def test_memory_is_bounded_whatever_the_row_groups(tmp_path: Path, group_rows: int) -> None:
    image = os.urandom(60_000)  # 600 MB in all
    table = pa.Table.from_pylist([row(str(n), image) for n in range(100)], SCHEMA)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.concat_tables([table] * 100), path, row_group_size=group_rows, use_dictionary=False)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, timeout=HANG_SECONDS,
        env=environment(),
    )  # fmt: skip
    total, kilobytes, of_arrow = map(int, done.stdout.split())
    assert total == 10_000 * 60_000
    assert 0 < of_arrow < 250_000
    assert of_arrow / 10 < kilobytes < 550_000  # the allocator keeps some of what it is given back
