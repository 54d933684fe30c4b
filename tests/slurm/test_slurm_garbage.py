"""Garbage in the queue, in the files of a submission, in vwd.toml: two lines each, and no wrong job is cancelled."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shards.packing import assert_two_lines, forget_contract, lamp_rows, tar_hashes
from slurm.commands import Commands, queueing

from vwd.errors import OutputError
from vwd.shards.paths import OutputPaths
from vwd.slurm import commands as slurm_commands
from vwd.slurm.comments import parse_comment
from vwd.slurm.frozen import read_submission, read_submissions
from vwd.slurm.jobs import read_records

NAME = "vwd-gsm8k-0001"
DEEP = 100_000


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    made = Commands(tmp_path / "bin")
    queueing(made)
    return made


@pytest.fixture
def folder(run: Run, tmp_path: Path, commands: Commands) -> Path:
    """A dataset's folder with four tasks of two shards submitted as job 101, of which none has begun."""
    write_rows(tmp_path / "rows.jsonl", lamp_rows(24))
    small = ("--rows", "rows.jsonl", "--shard-size", 3, "--size", "160x120", "--font-size", 16)
    run("slurm", "submit", "gsm8k", *small, **commands.variables, SAMPLES_PER_NODE="6")
    return tmp_path / "shards" / "gsm8k"


def answer(commands: Commands, name: str, lines: bytes) -> None:
    """A command that writes these bytes."""
    (commands.folder / f"{name}.answer").write_bytes(lines)
    commands.add(name, f"cat {shlex.quote(str(commands.folder / name))}.answer")


def row(folder: Path, **fields: str) -> bytes:
    """A line of squeue."""
    values = {
        "job": "101", "index": "1", "state": "RUNNING", "reason": "None", "node": "n1", "name": NAME,
        "comment": f"vwd:1:pack:0:{folder}",
    } | fields  # fmt: skip
    return "|".join(values.values()).encode("utf-8", "surrogateescape")


def told(run: Run, commands: Commands) -> dict[str, Any]:
    (one,) = json.loads(run("slurm", "status", "--json", **commands.variables).stdout)
    return dict(one)


# The queue: lines of squeue.

FOREIGN: dict[str, Callable[[Path], bytes]] = {
    "another's comment that begins alike": lambda f: row(f, job="500", comment="vwd:nightly"),
    "a comment with numbers that are none": lambda f: row(f, job="500", comment=f"vwd:²:pack:0:{f}"),
    "a comment with a huge number": lambda f: row(f, job="500", comment=f"vwd:{'9' * 30}:pack:0:{f}"),
    "a comment with another role": lambda f: row(f, job="500", comment=f"vwd:1:shell:0:{f}"),
    "a comment with a negative task": lambda f: row(f, job="500", comment=f"vwd:1:pack:-1:{f}"),
    "another output": lambda f: row(f, comment="vwd:1:pack:0:/elsewhere/gsm8k"),
    "an output whose name begins alike": lambda f: row(f, comment=f"vwd:1:pack:0:{f}2"),
    "an output in this output": lambda f: row(f, comment=f"vwd:1:pack:0:{f}/gsm8k"),
    "another submission": lambda f: row(f, job="500", comment=f"vwd:7:pack:0:{f}"),
    "the comment of a job with another role": lambda f: row(f, job="500", comment=f"vwd:1:finish:0:{f}"),
    "this name without a comment": lambda f: row(f, job="500", comment="(null)"),
    "this job's id with another name": lambda f: row(f, name="train", comment="(null)"),
    "another name": lambda f: row(f, job="500", name="train"),
    "no job's number": lambda f: row(f, job="²"),
    "a negative job": lambda f: row(f, job="-1"),
    "an option as a job": lambda f: row(f, job="--user=me"),
    "a huge job": lambda f: row(f, job="9" * 30),
    "an empty job": lambda f: row(f, job=""),
    "too few fields": lambda f: b"|".join(row(f).split(b"|")[:6]),
    "the rest of a comment of two lines": lambda f: f"vwd:1:pack:0:{f}".encode(),
    "bytes": lambda f: bytes(range(256)) * 40,
    "separators": lambda f: b"|" * 100_000,
}


@pytest.mark.parametrize("line", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_line_that_is_not_this_output_s_is_left_alone(
    run: Run, folder: Path, commands: Commands, line: Callable[[Path], bytes]
) -> None:
    answer(commands, "squeue", b"\n".join([line(folder), line(folder), b""]))
    assert told(run, commands)["live_tasks"] == 0
    assert "nothing: no job is queued" in run("slurm", "cancel", **commands.variables).stdout
    assert commands.calls("scancel") == []


def test_among_garbage_exactly_this_output_s_jobs_are_cancelled(run: Run, folder: Path, commands: Commands) -> None:
    garbage = [line(folder) for line in FOREIGN.values()]
    ours = [row(folder), row(folder, index="2", state="PENDING"), row(folder, index="3", comment="charged to physics")]
    answer(commands, "squeue", b"\n".join([*garbage, *ours, *garbage]))
    assert told(run, commands)["running"] == 4
    assert "cancelled 101" in run("slurm", "cancel", **commands.variables).stdout
    assert commands.calls("scancel") == ["101 "]


@pytest.mark.parametrize("index", ["²", "N/A", "", "9" * 30, "4", "-1", "[0-3%2]", "\x1b[31m"])
def test_a_live_task_whose_index_cannot_be_told_holds_all_shards(
    run: Run, folder: Path, commands: Commands, index: str
) -> None:
    answer(commands, "squeue", row(folder, index=index))
    assert told(run, commands)["running"] == 8
    assert "0 shards to pack again, 8 held" in run("slurm", "retry", "--dry-run", **commands.variables).stderr


def test_what_a_terminal_would_obey_is_not_printed(run: Run, folder: Path, commands: Commands) -> None:
    answer(commands, "squeue", row(folder, state="PENDING", reason="\x1b[2J" + "x" * 5000))
    shown = run("slurm", "status", **commands.variables).stdout
    assert "\x1b" not in shown
    assert len(shown) < 2000


@pytest.mark.parametrize("name", ["squeue", "sacct", "scontrol"])
def test_a_command_that_writes_without_end_is_ended(run: Run, folder: Path, commands: Commands, name: str) -> None:
    commands.add(name, "exec yes '101|1|RUNNING|None|n1|other|x'")
    status = told(run, commands)
    assert ("wrote more than" in status["note"]) == (name == "squeue")


@pytest.mark.parametrize("verb", ["retry", "cancel"])
def test_a_queue_that_cannot_be_read_is_two_lines(run: Run, folder: Path, commands: Commands, verb: str) -> None:
    commands.add("squeue", r"printf 'slurm_load_jobs error: \377\033[31m' >&2; exit 1")
    refused = run("slurm", verb, check=False, **commands.variables)
    assert_two_lines(refused)
    assert "squeue failed: slurm_load_jobs error:" in refused.stderr
    assert "\x1b" not in refused.stderr


# Finished jobs: lines of sacct and scontrol.


@pytest.mark.parametrize(
    "line",
    [
        b"101_1|FAILED|1:0|n1",
        b"101_1|FAILED|\xc2\xb2:\xc2\xb3|n1",
        b"101_1|FAILED|0:" + b"9" * 5000 + b"|n1",
        b"101_1|FAILED|0:99|n1",
        b"101_1|FAILED",
        b"101_1",
        "101_²|FAILED|1:0|n1".encode(),
        "²_1|FAILED|1:0|n1".encode(),
        b"101_" + b"9" * 5000 + b"|FAILED|1:0|n1",
        b"|||||||||",
        bytes(range(256)),
    ],
)
@pytest.mark.parametrize("name", ["sacct", "scontrol"])
def test_a_damaged_line_of_a_finished_job_is_left_out(
    run: Run, folder: Path, commands: Commands, name: str, line: bytes
) -> None:
    if name == "scontrol":
        fields = (*line.split(b"|"), b"", b"", b"")[:4]
        job, _, index = fields[0].partition(b"_")
        line = b"ArrayJobId=%b ArrayTaskId=%b JobState=%b ExitCode=%b NodeList=%b" % (job, index, *fields[1:])
    answer(commands, name, line + b"\n" + line)
    status = told(run, commands)
    states = {task["task"]: task["state"] for task in status["failed_tasks"]}
    assert states == {0: "UNKNOWN", 1: states[1], 2: "UNKNOWN", 3: "UNKNOWN"}
    assert states[1] in {"FAILED", "UNKNOWN"}


def test_a_job_without_its_number_is_left_out() -> None:
    rows = slurm_commands._controlled("JobState=FAILED ExitCode=1:0\n\nJobId= JobState=FAILED\nJobId=7 JobState=FAILED")
    assert list(slurm_commands._ended(rows)) == [(("7", None), slurm_commands.FinishedJob("FAILED", "", ""))]


@given(st.text(max_size=60).map(lambda text: f"vwd:{text}") | st.text(max_size=60))
def test_a_comment_is_this_program_s_or_none(text: str) -> None:
    comment = parse_comment(text)
    assert comment is None or text == "vwd:" + ":".join(map(str, comment))


# The files of a submission.


def changed(path: tuple[Any, ...], value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change of one field of a JSON document; `...` removes it."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        place: Any = document
        for name in path[:-1]:
            place = place[name]
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return document

    return change


FIELDS = [
    (("dataset",), "../../etc", "$.dataset"),
    (("dataset",), "tinystories", "$.dataset"),
    (("work", "rows"), "24", "$.work.rows"),
    (("work", "rows"), 10**30, "$.work.rows"),
    (("work", "rows"), 10**15, "$.work"),
    (("work", "shard_size"), 0, "$.work.shard_size"),
    (("work", "shard_size"), ..., "shard_size"),
    (("work", "start_idx"), -3, "$.work.start_idx"),
    (("work", "start_idx"), 2, "$.work"),
    (("work", "num_samples"), 1.5, "$.work.num_samples"),
    (("work", "shards"), "0-9999999999", "$.work.shards"),
    (("work", "shards"), "7-9", "$.work"),
    (("work", "shards"), "²", "$.work.shards"),
    (("work",), [], "$.work"),
    (("num_tasks",), 10**9, "$.num_tasks"),
    (("num_tasks",), 3, "$.windows"),
    (("num_tasks",), 0, "$.num_tasks"),
    (("windows",), [[0, 3]], "$.windows"),
    (("windows",), [[0, 2], [3, 1]], "$.windows"),
    (("windows",), [[0, 4, 1]], "$.windows[0]"),
    (("windows",), [], "$.windows"),
    (("pack",), "--check", "$.pack"),
    (("pack",), ["--rows", 3], "$.pack[1]"),
    (("pack",), ["a\0b"], "$.pack[0]"),
    (("export",), {"task": "both"}, "$.export"),
    (("export",), {"task": "others", "base_dir": "x"}, "$.export.task"),
    (("settings", "num_nodes"), True, "$.settings.num_nodes"),
    (("settings", "cpus_per_node"), 10**30, "$.settings.cpus_per_node"),
    (("settings", "time_limit"), "soon", "$.settings.time_limit"),
    (("settings", "extra_sbatch"), "--comment='", "$.settings.extra_sbatch"),
    (("settings", "partition"), "a\nb", "$.settings.partition"),
    (("settings",), ..., "settings"),
    (("folder",), 3, "$.folder"),
    (("number",), 2, "$.number"),
    (("created",), "today", "$.created"),
]


@pytest.mark.parametrize(("path", "value", "field"), FIELDS)
def test_a_damaged_submission_names_its_file_and_the_field(
    folder: Path, path: tuple[str, ...], value: Any, field: str
) -> None:
    file = folder / "slurm" / "0001.json"
    file.write_text(json.dumps(changed(path, value)(json.loads(file.read_bytes()))))
    with pytest.raises(OutputError) as refused:
        read_submissions(OutputPaths(folder.parent, folder.name))
    assert str(file) in refused.value.what
    assert field in refused.value.what
    assert len(refused.value.what) < 500


def test_fields_that_a_newer_version_adds_are_ignored(folder: Path) -> None:
    file = folder / "slurm" / "0001.json"
    before = read_submission(file)
    document = json.loads(file.read_bytes())
    for place in (document, document["work"], document["settings"]):
        place["later"] = {"nested": [1]}
    file.write_text(json.dumps(document))
    assert read_submission(file) == before


NOTES = [
    (("role",), "shell", "$.role"),
    (("role",), "export", "$.role"),
    (("job",), "²", "$.job"),
    (("job",), 101, "$.job"),
    (("job",), "-1", "$.job"),
    (("job",), "--user=me", "$.job"),
    (("job",), "abc.0", "$.job"),
    (("job",), "abc." + "9" * 30, "$.job"),
    (("job",), "101 102", "$.job"),
    (("offset",), 1, "$.offset"),
    (("tasks",), 5, "$.tasks"),
    (("tasks",), 10**30, "$.tasks"),
    (("name",), "train", "$.name"),
    (("name",), ..., "name"),
]


@pytest.mark.parametrize(("path", "value", "field"), NOTES)
def test_a_damaged_note_of_a_job_names_its_file_and_the_field(
    folder: Path, path: tuple[str, ...], value: Any, field: str
) -> None:
    file = folder / "slurm" / "0001.pack.0.json"
    file.write_text(json.dumps(changed(path, value)(json.loads(file.read_bytes()))))
    paths = OutputPaths(folder.parent, folder.name)
    with pytest.raises(OutputError) as refused:
        read_records(paths, read_submissions(paths))
    assert str(file) in refused.value.what
    assert field in refused.value.what


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def large(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(10**12)


WHOLE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "not UTF-8": lambda path: path.write_bytes(path.read_bytes().replace(b"gsm8k", b"gsm\xff8")),
    "deep": lambda path: path.write_text("[" * DEEP + "]" * DEEP),
    "deep inside": lambda path: path.write_text('{"later": ' * DEEP + "1" + "}" * DEEP),
    "another document": lambda path: path.write_text("[1, 2]"),
    "no document": lambda path: path.write_text("null"),
    "a pipe": pipe,
    "a folder": make_folder,
    "a device": endless,
    "a terabyte": large,
}
VERBS = [("status",), ("cancel",), ("retry",), ("finish", "shards"), ("status", "--json"), ("retry", "--local", "1")]


@pytest.mark.parametrize("damage", WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("name", ["0001.json", "0001.pack.0.json"])
def test_every_verb_names_a_file_that_is_not_one(
    run: Run, folder: Path, commands: Commands, name: str, damage: Callable[[Path], object]
) -> None:
    damage(folder / "slurm" / name)
    verbs = VERBS if damage is WHOLE["deep"] else VERBS[:1]
    for verb in verbs:
        if verb[0] == "finish" and name != "0001.json":
            continue  # it does not ask for jobs
        refused = run("slurm", *verb, check=False, **commands.variables)
        assert_two_lines(refused)
        assert name in refused.stderr
    assert commands.calls("scancel") == []


def test_a_task_names_the_submission_that_it_cannot_read(run: Run, folder: Path) -> None:
    file = folder / "slurm" / "0001.json"
    file.write_text("{" * DEEP)
    assert_two_lines(run("slurm", "task", file, "pack", "--task", 0, check=False))
    refused = run("slurm", "task", folder / "slurm" / "0002.json", "pack", "--task", 0, check=False)
    assert_two_lines(refused)
    assert "0002.json" in refused.stderr


@pytest.mark.parametrize("text", ["²", "9" * 31, "-1", "x", "1_0"])
def test_an_index_of_an_array_that_is_no_number_is_refused_by_name(run: Run, folder: Path, text: str) -> None:
    refused = run("slurm", "task", folder / "slurm" / "0001.json", "pack", check=False, SLURM_ARRAY_TASK_ID=text)
    assert_two_lines(refused, code=2)
    assert f"SLURM_ARRAY_TASK_ID={text}" in refused.stderr


def test_strangers_files_beside_a_submission_are_left_alone(run: Run, folder: Path, commands: Commands) -> None:
    for name in ("0001.json~", "0001.notes.json", "²001.json", "1.json", f"{'9' * 200}.json", "00001.json",
                 "0001.pack.x.json", "0001.shell.0.json", "0002.pack.0.json", "0001.pack.00.json"):  # fmt: skip
        (folder / "slurm" / name).write_text("not mine")
    assert told(run, commands)["shards"] == 8
    run("slurm", "retry", **commands.variables)
    assert (folder / "slurm" / "0002.json").is_file()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_no_damage_of_bytes_gives_anything_but_a_submission_or_an_error_that_names_the_file(
    data: st.DataObject, tmp_path: Path
) -> None:
    folder = tmp_path / "gsm8k" / "slurm"
    folder.mkdir(parents=True, exist_ok=True)
    whole = json.dumps({
        "dataset": "gsm8k", "work": {"rows": 24, "shard_size": 3, "start_idx": 0, "num_samples": None, "shards": "1-3"},
        "num_tasks": 2, "windows": [[0, 1], [1, 1]], "pack": ["--rows", "x"], "export": None, "python": "",
        "folder": "/",
        "settings": {"num_nodes": 1, "cpus_per_node": 1, "samples_per_node": 6, "partition": "x", "time_limit": "10"},
        "number": 1,
    }).encode()  # fmt: skip
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 20)))
    file = folder / "0001.json"
    file.write_bytes(whole[:start] + data.draw(st.binary(max_size=20)) + whole[stop:])
    try:
        found = read_submission(file)
    except OutputError as error:
        said = error.what
    else:
        said = f"{file}: "
        assert len(found.ranges) >= found.num_tasks == sum(window.tasks for window in found.windows)
    assert said.startswith(f"{file}: ")
    assert len(said) < 2000


def test_a_submission_that_does_not_fit_the_packed_rows_names_both_files(
    run: Run, tmp_path: Path, folder: Path, commands: Commands
) -> None:
    small = ("--rows", "rows.jsonl", "--shard-size", 3, "--size", "160x120", "--font-size", 16)
    run("pack", "gsm8k", *small, "--num-workers", 1, "--num-samples", 3)
    contract = json.loads((folder / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, "rows": 10**17}))
    forget_contract(folder)
    refused = run("slurm", "status", check=False, **commands.variables)
    assert_two_lines(refused)
    assert "0001.json" in refused.stderr
    assert "pack.json" in refused.stderr


def test_an_output_that_was_renamed_is_known_by_its_contract_and_retried_only_under_its_name(
    run: Run, tmp_path: Path, folder: Path, commands: Commands
) -> None:
    run("slurm", "task", folder / "slurm" / "0001.json", "pack", "--task", 0)
    renamed = folder.rename(folder.parent / "old")
    assert told(run, commands)["done"] == 2
    refused = run("slurm", "retry", renamed, check=False, **commands.variables)
    assert_two_lines(refused)
    assert "renamed" in refused.stderr
    assert len(tar_hashes(renamed)) == 2


# vwd.toml.


@pytest.mark.parametrize(
    "text",
    [
        b"[slurm]\nnum_nodes = \xff\n",
        b"[slurm]\nx" + b".a" * DEEP + b" = 1\n",
        b"[slurm]\npartition = " + b"[" * 9000 + b"]" * 9000 + b"\n",
        b"[slurm]\npartition = " + b"{a=" * 3000 + b"1" + b"}" * 3000 + b"\n",
        b"[slurm]\nextra_sbatch" + b".a" * 2000 + b" = 1\n",
        b"[slurm]\nnum_nodes = " + b"9" * 9000 + b"\n",
        b"[slurm]\nnum_nodes = 0x" + b"f" * 9000 + b"\n",
        b"[slurm]\nnum_nodes = 1.5\n",
        b"[slurm]\nnum_nodes = nan\n",
        b"[slurm]\nnum_nodes = [1, 2]\n",
        "[slurm]\nnum_nodes = '²'\n".encode(),
        b"[slurm]\npartition = 2026-01-01\n",
        b"[slurm]\ntime_limit = {hours = 3}\n",
        b"[slurm]\nextra_sbatch = [['--mem=1']]\n",
        b"[slurm]\nextra_sbatch = 'mem'\n",
        b'[slurm]\nmodules = "a\\nb"\n',
        b"[slurm]\njob_script = '" + b"x" * 3000 + b"'\n",
        b'[slurm]\n"\\u001b[31m" = 1\n',
        b"[[slurm]]\nnum_nodes = 1\n",
        b"slurm = 3\n",
        b"[slurm\n",
        b"#" * 10**6,
    ],
)
def test_a_damaged_vwd_toml_is_two_lines_that_name_it(run: Run, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "vwd.toml").write_bytes(text)
    refused = run("slurm", "submit", "gsm8k", "--dry-run", check=False)
    assert_two_lines(refused, code=2)
    assert "vwd.toml" in refused.stderr.splitlines()[0]
    assert len(refused.stderr) < 1000
    assert "\x1b" not in refused.stderr


@pytest.mark.parametrize("damage", ["a pipe", "a folder", "a device", "a terabyte"])
def test_a_vwd_toml_that_is_not_a_file_is_refused(run: Run, tmp_path: Path, damage: str) -> None:
    (tmp_path / "vwd.toml").write_text("")
    WHOLE[damage](tmp_path / "vwd.toml")
    refused = run("slurm", "plan", "gsm8k", check=False)
    assert_two_lines(refused, code=2)
    assert "vwd.toml" in refused.stderr
