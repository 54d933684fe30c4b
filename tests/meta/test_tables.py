"""Tables keep what they are given; parts come together once and in order; names say what was done."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow
import pytest
from conftest import HANG_SECONDS, Run, environment
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from shards.packing import assert_two_lines

from vwd.errors import TableError, UsageError
from vwd.meta.names import beside, existing, expand
from vwd.meta.ranks import Rank, environment_rank
from vwd.meta.scan import scan
from vwd.meta.tables import open_table, write_table
from vwd.meta.transform import Steps, transform

ROOT = Path(__file__).parents[2]
NAMES = ("path", "text", "num_frames")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4))
def test_any_text_survives_a_table(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("tables")
    rows = [{"path": text, "text": text, "num_frames": "3"} for text in texts]
    write_table(folder / "a.csv", NAMES, rows)
    assert list(open_table(folder / "a.csv").rows()) == rows
    write_table(folder / "b.parquet", NAMES, open_table(folder / "a.csv").rows())
    assert [row["text"] for row in open_table(folder / "b.parquet").rows()] == texts


def test_integers_stay_integers_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path,num_frames,fps,aes\na,120,30.0,5.10\nb,,,\n")
    transform([str(tmp_path / "a.csv")], Steps(), tmp_path / "b.parquet")
    assert [str(kind) for kind in parquet.read_schema(tmp_path / "b.parquet").types] == [
        "string",
        "int64",
        "double",
        "double",
    ]
    transform([str(tmp_path / "a.csv")], Steps(), tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_names_of_files_that_are_not_utf_8_go_through(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    name = os.fsencode(folder) + b"/caf\xe9.mp4"
    with open(name, "wb"):  # noqa: PTH123
        pass
    assert scan(folder, tmp_path / "a.csv") == 1
    (row,) = open_table(tmp_path / "a.csv").rows()
    assert os.fsencode(row["path"]) == name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no header"), ("a,a\n1,2\n", "one name"), ("path\na,b\n", "row 1 has 2 fields"),
        ('path\n"a\n', "line"), ("path\na\0b\n", "NUL"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(TableError, match=message):
        list(open_table(tmp_path / "a.csv").rows())


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(TableError, match=r"a\.parquet cannot be read"):
        open_table(tmp_path / "a.parquet")


def test_a_parquet_table_has_row_groups_of_many_rows_or_of_bounded_bytes(tmp_path: Path) -> None:
    short = ({"path": f"{place}.mp4", "num_frames": str(place)} for place in range(70_000))
    long = ({"path": f"{place}.mp4", "text": "a" * 20_000} for place in range(5000))
    for name, rows, groups in (("short", short, [65_536, 4464]), ("long", long, [4096, 904])):
        write_table(tmp_path / f"{name}.parquet", ("path", "num_frames", "text"), rows)
        found = parquet.read_metadata(tmp_path / f"{name}.parquet")
        assert [found.row_group(group).num_rows for group in range(found.num_row_groups)] == groups
    values = open_table(tmp_path / "short.parquet").values("num_frames")
    assert list(values) == list(range(70_000))


def test_a_parquet_table_is_not_held_in_memory(tmp_path: Path) -> None:
    texts = [os.urandom(4096).hex() for _ in range(256)]
    rows = ({"path": f"{place}.mp4", "text": f"{place} {texts[place % 256]}"} for place in range(20_000))
    write_table(tmp_path / "a.parquet", ("path", "text"), rows)  # 160 MB in five row groups
    program = (
        "import pyarrow; from pathlib import Path; from vwd.meta.tables import open_table\n"
        "print(sum(len(row['text']) for row in open_table(Path('a.parquet')).rows()))\n"
        "print(pyarrow.default_memory_pool().max_memory())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, env=environment()
    )
    total, most = map(int, done.stdout.split())
    assert total > 160_000_000
    assert most < 120_000_000


def test_parts_are_merged_by_their_numbers_and_every_path_once(tmp_path: Path) -> None:
    for part, paths in {0: "ab", 2: "cd", 10: "ea"}.items():
        extra = {2: {"aes": "1"}}.get(part, {})
        rows = [{"path": path, "text": f"{part}"} | extra for path in paths]
        write_table(tmp_path / f"x_part{part}.csv", ("path", "text", *extra), rows)
    (tmp_path / "x_part0.csv.aes.journal").write_text("")
    done = transform([str(tmp_path / "x_part*.csv")], Steps(), tmp_path / "x.csv")
    rows = list(open_table(tmp_path / "x.csv").rows())
    assert [row["path"] for row in rows] == list("abcde")
    assert [row["aes"] for row in rows] == ["", "", "1", "1", ""]
    assert (done.rows, done.written) == (5, 5)
    shell = [str(tmp_path / f"x_part{part}.csv") for part in (0, 10, 2)]
    assert [path.name for path in expand(shell)] == ["x_part0.csv", "x_part2.csv", "x_part10.csv"]


def test_of_paths_in_several_tables_the_first_row_stays(tmp_path: Path) -> None:
    for name, paths in {"a": "abcda", "b": "edcba", "c": "fa"}.items():
        write_table(tmp_path / f"{name}.csv", ("path", "text"), [{"path": path, "text": name} for path in paths])
    for output in ("x.csv", "x.parquet"):
        transform([str(tmp_path / f"{name}.csv") for name in "abc"], Steps(), tmp_path / output)
    for names in (["x.csv"], ["x.parquet"], ["x.parquet", "x.csv"]):
        transform([str(tmp_path / name) for name in names], Steps(), tmp_path / "y.csv")
        rows = [(row["path"], row["text"]) for row in open_table(tmp_path / "y.csv").rows()]
        assert rows == [("a", "a"), ("b", "a"), ("c", "a"), ("d", "a"), ("e", "b"), ("f", "c")]


def test_paths_whose_digests_are_half_alike_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vwd.meta.merge._digest", lambda path: (7, 1 + ord(path)))
    write_table(tmp_path / "a.csv", ("path",), [{"path": path} for path in "abcabcc"])
    transform([str(tmp_path / "a.csv")], Steps(), tmp_path / "b.csv")
    assert [row["path"] for row in open_table(tmp_path / "b.csv").rows()] == list("abc")


def test_a_pattern_that_matches_nothing_is_an_error(run: Run) -> None:
    done = run("meta", "merge", "x_part*.csv", "--output", "x.csv", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "Error: x_part*.csv: no table matches"


def test_names_are_the_stem_and_the_steps_in_order() -> None:
    steps = Steps(info=True, remove_empty=True, refine=True, clean=True, fmin=1, aesmin=5.0)
    assert steps.suffix == "_info_noempty_llm_clean_fmin1_aesmin5"
    assert Steps(aesmin=4.5).suffix == "_aesmin4.5"
    assert beside(Path("m/x_aesmin5.0.csv"), "_info").name == "x_aesmin5.0_info.csv"


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("x_aesmin5.csv", "x_aesmin5.0.csv"), ("x_aesmin5.0.csv", "x_aesmin5.csv"),
        ("x_aesmin5_caption_part0.csv", "x_aesmin5.0_caption_part0.csv"), ("x_aesmin4.5.csv", "x_aesmin4.50.csv"),
    ],
)  # fmt: skip
def test_a_threshold_is_found_however_it_is_written(tmp_path: Path, there: str, asked: str) -> None:
    (tmp_path / there).touch()
    assert existing(tmp_path / asked) == tmp_path / there


def test_other_thresholds_are_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "x_aesmin50.csv").touch()
    assert existing(tmp_path / "x_aesmin5.0.csv") == tmp_path / "x_aesmin5.0.csv"


@given(rows=st.integers(0, 10**7), size=st.integers(1, 64))
def test_shares_are_the_table_without_padding(rows: int, size: int) -> None:
    shares = [Rank(rank, size).share(rows) for rank in range(size)]
    assert shares[0].start == 0
    assert shares[-1].stop == rows
    assert all(one.stop == other.start for one, other in pairwise(shares))


def test_ranks_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "4")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(UsageError):
        environment_rank()


def test_rows_below_a_score_are_dropped_and_the_score_itself_stays(run: Run, tmp_path: Path) -> None:
    rows = [
        {"path": "a", "aes": "5.0"},
        {"path": "b", "aes": "4.99"},
        {"path": "c", "aes": ""},
        {"path": "d", "aes": "nan"},
    ]
    write_table(tmp_path / "x.csv", ("path", "aes"), rows)
    done = run("meta", "filter", "x.csv", "--aesmin", "5")
    assert "1 of 4 rows; 1 dropped: scored below 5; 2 dropped: no score" in done.stdout
    assert (tmp_path / "x_aesmin5.csv").read_text() == "path,aes\na,5.0\n"


def test_a_missing_column_says_what_to_run_first(run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ("path",), [{"path": "a"}])
    done = run("meta", "filter", "x.csv", "--fmin", "1", check=False)
    assert done.returncode == 1
    assert "no column num_frames" in done.stderr
    assert "vwd meta info" in done.stderr


def test_a_missing_root_fails_and_an_empty_one_gives_a_header(run: Run, tmp_path: Path) -> None:
    done = run("meta", "scan", "nowhere", check=False)
    assert (done.returncode, (tmp_path / "meta.csv").exists()) == (1, False)
    (tmp_path / "empty").mkdir()
    run("meta", "scan", "empty", "--output", "meta.csv")
    assert (tmp_path / "meta.csv").read_text() == "path,id,relpath\n"
    run("meta", "info", "meta.csv", "--fmin", "1")
    assert (tmp_path / "meta_info_fmin1.csv").read_text().startswith("path,id,relpath,num_frames,")


def test_loops_of_links_end(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.MKV").touch()
    (folder / "in" / "round").symlink_to(folder)
    (folder / "self.mp4").symlink_to(folder / "self.mp4")
    assert scan(folder, tmp_path / "a.csv") == 2
    assert [row["relpath"] for row in open_table(tmp_path / "a.csv").rows()] == ["in/a.MKV", "self.mp4"]


def test_a_table_is_not_replaced_by_what_is_made_of_it(tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ("path",), [{"path": "a"}])
    with pytest.raises(UsageError, match="would be replaced"):
        transform([str(tmp_path / "x.csv")], Steps(), tmp_path / "x.csv")


PEAK = """
import resource, sys
from pathlib import Path
from vwd.meta.tables import write_table
from vwd.meta.transform import Steps, transform
count = int(sys.argv[1])
rows = ({"path": f"clips/{n}.mp4", "text": f'"{n}", 狗\\n', "num_frames": str(n % 300)} for n in range(count))
write_table(Path("x.csv"), ("path", "text", "num_frames"), rows)
done = transform(["x.csv"], Steps(fmin=1), Path("y.parquet"))
print(done.written, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_times_as_many_rows_take_the_memory_of_their_paths_digests(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(count)], cwd=tmp_path, env=environment(PYTHONPATH=str(ROOT)), check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        written, kilobytes = map(int, done.stdout.split())
        assert written == count - -(-count // 300)
        return kilobytes

    # Sixteen bytes a row for a while, and what the allocator and Arrow keep.
    assert peak(400_000) - peak(40_000) < 40_000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("info", "--fmin", 1), "all 2 rows were dropped (fewer than 1 frames 2)"),
        (("info", "--fmin", 1, "--json"), "all 2 rows were dropped (fewer than 1 frames 2)"),
        (("clean",), "all 2 rows were dropped (no caption 2)"),
        (("scenes",), "no row has a result"),
    ],
)
def test_a_step_that_leaves_no_row_fails_and_says_why(
    run: Run, tmp_path: Path, words: tuple[object, ...], says: str
) -> None:
    (tmp_path / "videos.csv").write_text("path,text\na.mp4,\nb.mp4,\n")
    done = run("meta", words[0], "videos.csv", *words[1:], check=False)
    assert done.returncode == 1
    assert says in done.stderr.splitlines()[-2]
    assert done.stderr.splitlines()[-2].startswith("Error: ")


def test_an_error_about_a_cell_of_any_length_is_a_line_that_can_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "videos.csv").write_text('path,text,num_frames,scene_frames\na.mp4,x,1,"' + "[" * 100_000 + '"\n')
    done = run("meta", "cut", "videos.csv", "--save-dir", "clips", check=False)
    assert done.returncode == 1
    assert max(map(len, done.stderr.splitlines())) < 3000


def test_parquet_at_a_name_that_is_not_utf_8_is_written_and_what_it_cannot_hold_is_named(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    output = os.fsdecode(b"\xff.parquet")
    run("meta", "scan", "videos", "--output", output)
    assert (tmp_path / output).is_file()
    done = run("meta", "info", output, check=False)
    assert_two_lines(done)
    assert "the name is not UTF-8" in done.stderr
    (tmp_path / "videos" / os.fsdecode(b"\xfe.mp4")).touch()
    done = run("meta", "scan", "videos", "--output", "t.parquet", check=False)
    assert_two_lines(done)
    assert "Parquet holds UTF-8 alone, not videos/" in done.stderr
    assert not (tmp_path / "t.parquet").exists()


def test_parquet_of_some_kilobytes_that_holds_gigabytes_is_read_within_its_memory(tmp_path: Path) -> None:
    text = "z" * 1_000_000
    texts = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 2048, pyarrow.int32()), [text])
    table = pyarrow.table({"path": ["x.mp4"] * 2048, "text": texts})
    parquet.write_table(table, tmp_path / "bomb.parquet", compression="zstd", store_schema=False)
    assert (tmp_path / "bomb.parquet").stat().st_size < 10_000
    program = (
        "import re, sys; from pathlib import Path; from vwd.meta.tables import open_table\n"
        "print(sum(len(row['text']) for row in open_table(Path(sys.argv[1])).rows()))\n"
        "print(re.search('VmHWM:[^0-9]*([0-9]+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "bomb.parquet"],
        env=environment(), capture_output=True, text=True, check=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    characters, kilobytes = map(int, done.stdout.split())
    assert characters == 2048 * len(text)
    assert kilobytes < 600_000
