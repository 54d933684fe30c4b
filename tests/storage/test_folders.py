"""A folder is replaced whole, by one process or several, where the file system can exchange two and where it cannot."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from conftest import HANG_SECONDS

from vwd.storage import folders
from vwd.storage.folders import place_folder, replace_folder, temporary_folder

FILES = 5
ROUNDS = 40


def write(folder: Path, text: str) -> None:
    for number in range(FILES):
        (folder / str(number)).write_text(text, "utf-8")


def read(folder: Path) -> set[str]:
    return {path.read_text("utf-8") for path in folder.iterdir()}


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system exchanges two folders in one step."""
    if not request.param:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    return bool(request.param)


def replace(path: Path, text: str, exchange: bool = True) -> None:
    if not exchange:
        folders._exchange = lambda one, other: False  # in a process of its own
    for _ in range(ROUNDS):
        with temporary_folder(path) as new:
            write(new, text)
            replace_folder(new, path)


@pytest.mark.usefixtures("exchange")
def test_a_folder_takes_the_place_of_another_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "above" / "folder"
    for text in ("one", "two", "three"):
        with temporary_folder(path) as new:
            write(new, text)
            replace_folder(new, path)
        assert read(path) == {text}
        assert list(path.parent.iterdir()) == [path]


def test_processes_that_replace_it_at_once_all_succeed_and_a_whole_one_stays(tmp_path: Path, exchange: bool) -> None:
    path = tmp_path / "folder"
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=replace, args=(path, name, exchange)) for name in "abcd"]
    for process in running:
        process.start()
    for process in running:
        process.join(HANG_SECONDS)
        assert process.exitcode == 0
    assert len(read(path)) == 1
    assert len(list(path.iterdir())) == FILES
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_of_several_that_do_not_replace_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with temporary_folder(path) as one, temporary_folder(path) as other:
        write(one, "one")
        write(other, "other")
        assert place_folder(one, path)
        assert not place_folder(other, path)
    assert read(path) == {"one"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("exchange")
def test_a_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine", "utf-8")
    with temporary_folder(path) as new, pytest.raises(FileExistsError):
        replace_folder(new, path)
    assert path.read_text("utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_is_interrupted_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    write(path, "old")
    monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    placed = iter([False, KeyboardInterrupt])

    def place(new: Path, where: Path) -> bool:
        outcome = next(placed, None)
        if outcome is KeyboardInterrupt:
            raise KeyboardInterrupt
        return place_folder(new, where) if outcome is None else False

    monkeypatch.setattr(folders, "place_folder", place)
    with temporary_folder(path) as new:
        write(new, "new")
        with pytest.raises(KeyboardInterrupt):
            replace_folder(new, path)
    assert read(path) == {"old"}
    assert list(tmp_path.iterdir()) == [path]


def test_folders_above_are_removed_where_they_stay_empty_and_were_made_for_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with temporary_folder(tmp_path / "mine" / "a" / "b" / "folder"):
        pass
    assert list(tmp_path.rglob("*")) == [tmp_path / "mine"]
