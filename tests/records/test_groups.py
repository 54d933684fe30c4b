"""Which Parquet files belong together, and which of their rows have an id twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records.making import jpeg, row, write_parquet

from vwd.corpora.sources.parquet import open_parquet
from vwd.corpora.sources.parquet_batches import Batch, Walk, rows_as_large_as_most
from vwd.errors import RowsError, UsageError
from vwd.records.duplicates import repeated_rows
from vwd.records.folders import find_groups
from vwd.records.opening import open_group
from vwd.records.record import COLUMNS, read_record
from vwd.records.scan import scan_group


def test_each_subfolder_is_a_group_and_so_are_the_files_of_the_root(tmp_path: Path) -> None:
    for name in ("llava/a.parquet", "llava/deep/b.PARQUET", "llava_next/a.parquet", "c.parquet", ".cache/x.parquet"):
        write_parquet(tmp_path / "in" / name, [row(name)])
    (tmp_path / "in" / "empty").mkdir()
    groups = find_groups(tmp_path / "in")
    assert {group.name: [path.name for path in group.files] for group in groups} == {
        "llava": ["a.parquet", "b.PARQUET"], "llava_next": ["a.parquet"], "in": ["c.parquet"],
    }  # fmt: skip


def test_the_roots_files_never_share_a_name_with_a_subfolder(tmp_path: Path) -> None:
    write_parquet(tmp_path / "in" / "in" / "a.parquet", [row("1")])
    write_parquet(tmp_path / "in" / "a.parquet", [row("2")])
    assert [group.name for group in find_groups(tmp_path / "in")] == ["in", "in_root"]


def test_a_missing_or_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="input_dir"):
        find_groups(tmp_path / "nowhere")
    with pytest.raises(RowsError, match=r"no \.parquet file"):
        find_groups(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path / "g" / "a.parquet", [row("1")])
    (tmp_path / "g" / "b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(RowsError, match=r"b\.parquet"):
        open_group(find_groups(tmp_path)[0])


def test_a_scan_finds_what_opening_the_files_one_after_another_does(tmp_path: Path) -> None:
    for number, ids in enumerate((["a", "b"], [], ["c", "a"])):
        write_parquet(tmp_path / "g" / f"{number}.parquet", [row(one) for one in ids])
    (group,) = find_groups(tmp_path)
    opened, called = open_group(group), []
    for workers in (1, 2, 9):
        scanned = scan_group(group, workers, lambda: called.append(len(called)))
        assert (scanned.rows.identity, scanned.rows.count) == (opened.identity, 4)
        assert list(scanned.rows.read(0, 4)) == list(opened.read(0, 4))
        assert scanned.repeated == {3}
    assert called == [0, 1, 2]


def test_a_scan_names_the_broken_file_of_several(tmp_path: Path) -> None:
    for name in "abc":
        write_parquet(tmp_path / "g" / f"{name}.parquet", [row(name)])
    (tmp_path / "g" / "b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(RowsError, match=r"b\.parquet"):
        scan_group(find_groups(tmp_path)[0], 2)


def test_files_without_conversations_are_refused(tmp_path: Path) -> None:
    (tmp_path / "g").mkdir()
    pq.write_table(pa.table({"id": ["1"], "text": ["x"]}), tmp_path / "g" / "a.parquet")
    with pytest.raises(RowsError, match="conversations"):
        open_group(find_groups(tmp_path)[0])


@given(st.lists(st.lists(st.sampled_from(["a", "b", "A", "a/b", "", "1"]), min_size=1), min_size=1, max_size=3))
def test_all_rows_but_the_first_of_an_id_are_repeated(
    tmp_path_factory: pytest.TempPathFactory, ids: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("ids")
    for number, file in enumerate(ids):
        write_parquet(folder / "g" / f"{number}.parquet", [row(one, None) for one in file], group_rows=2)
    flat = [one for file in ids for one in file]
    expected = {index for index, one in enumerate(flat) if one and one in flat[:index]}
    assert repeated_rows(open_group(find_groups(folder)[0])) == expected


def test_a_value_that_cannot_be_read_costs_one_row(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b", "c"], "conversations": pa.array([b"x", b"\xff\xfe", b"y"]).view(pa.string())})
    (tmp_path / "g").mkdir()
    pq.write_table(table, tmp_path / "g" / "a.parquet")
    rows = open_group(find_groups(tmp_path)[0])
    read = list(rows.read(0, 3))
    assert [one.get("id") for one in read] == ["a", None, "c"]
    assert "conversations" in read[1].detail  # type: ignore[attr-defined]


def test_files_without_rows_are_left_out(tmp_path: Path) -> None:
    write_parquet(tmp_path / "g" / "a.parquet", [])
    with pytest.raises(RowsError, match="no rows"):
        open_group(find_groups(tmp_path)[0])
    write_parquet(tmp_path / "g" / "b.parquet", [row("1"), row("2")])
    assert open_group(find_groups(tmp_path)[0]).count == 2


@pytest.mark.parametrize("repeated", [False, True])
def test_rows_with_large_images_are_decoded_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repeated: bool
) -> None:
    monkeypatch.setattr("vwd.corpora.sources.parquet_batches.PARQUET_BATCH_BYTES", 1_000_000)
    images = [bytes([0 if repeated else number]) * 100_000 for number in range(40)]
    path = write_parquet(tmp_path / "g" / "a.parquet", [row(str(n), image) for n, image in enumerate(images)], 40)
    sizes = []

    class Spy(Walk):
        def batch_with(self, path: Path, columns: tuple[str, ...], number: int) -> Batch:
            batch = super().batch_with(path, columns, number)
            sizes.append(batch.stop - batch.start)
            return batch

    rows = replace(open_parquet(path, images=True), _walk=Spy(rows_as_large_as_most))
    read = [one["image"]["bytes"] for one in rows.read(0, 40)]
    assert read == images
    assert 1 < max(sizes) <= 10


def test_links_to_folders_are_followed_and_loops_of_them_end(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_parquet(folder / "llava" / "a.parquet", [row("1")])
    write_parquet(tmp_path / "elsewhere" / "part" / "b.parquet", [row("2")])
    (folder / "llava" / "more").symlink_to(tmp_path / "elsewhere")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    for name, target in (("up", ".."), ("llava/back", "../llava"), ("llava/self", "self"), ("here", ".")):
        (folder / name).symlink_to(target)
    (folder / "gone.parquet").symlink_to(tmp_path / "gone")
    groups = {group.name: [str(path.relative_to(folder)) for path in group.files] for group in find_groups(folder)}
    assert groups.pop("up") == ["up/elsewhere/part/b.parquet"]
    assert groups == {"linked": ["linked/part/b.parquet"], "llava": ["llava/a.parquet", "llava/more/part/b.parquet"]}


def test_files_of_one_folder_may_have_other_columns_and_types(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    (tmp_path / "g").mkdir()
    pq.write_table(pa.table({"conversations": [turns], "key": [7], "other": [1.5]}), tmp_path / "g" / "a.parquet")
    write_parquet(tmp_path / "g" / "b.parquet", [row("7"), row("8")])
    pq.write_table(
        pa.table({"id": [8.0, None], "image": [jpeg()] * 2, "conversations": [turns] * 2}), tmp_path / "g" / "c.parquet"
    )
    rows = open_group(find_groups(tmp_path)[0])
    records = [read_record(one) for one in rows.read(0, 5, COLUMNS)]
    assert [record.key for record in records] == ["7", "7", "8", "8", ""]
    assert [set(record.members) for record in records[:4]] == [
        {"json"},
        {"json", "jpg"},
        {"json", "jpg"},
        {"json", "jpg"},
    ]
    assert repeated_rows(rows) == {1, 3}
