"""The rules of the readers of shards: packed shards keep them all, and `vwd verify` names a shard that breaks one."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from conftest import Run, real_rows
from consumers.breaking import (
    copied_from_another,
    interleaved,
    json_changed,
    moov_last,
    renamed,
    rewritten,
    update_ledger,
    video_changed,
    without_end,
)
from consumers.rules import broken_rules, read_blocks
from shards.damage import read_members
from shards.packing import copy_pack

from vwd.corpora.registry import CORPORA
from vwd.inspect.verify import verify_output
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]

TINY = ("--size", "160x120", "--font-size", "16", "--frames", "120", "--num-workers", "1")
STORYBOARD, INFERENCE = "storyboard.json", "inference.json"

# For each defect: the rule that it breaks, the function that causes it, and the message of `vwd verify`.
BROKEN: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "dot in a key": ("complete", renamed("gsm8k_000007", "gsm8k.000007"), "'gsm8k.000007.mp4' is not the name"),
    "leading underscore": ("key", renamed("gsm8k_000007", "_gsm8k_000007"), "'_gsm8k_000007.mp4' is not the name"),
    "member in capitals": ("key", renamed("07.mp4", "07.MP4"), "'gsm8k_000007.MP4' is not the name"),
    "key of another shard": ("unique", copied_from_another, "$.sizes is of rows 0 to 5, not 6 to 11"),
    "members of samples in turn": ("unique", rewritten(interleaved), "the key 'gsm8k_000006' appears twice"),
    "members in another order": (
        "complete", rewritten(lambda m: [m[1], m[0], *m[2:]]),
        "gsm8k_000006: its members are not where the ledger has them",
    ),
    "no member at all": ("empty", rewritten(lambda _: []), "$.sizes is of rows -1 to -1, not 6 to 11"),
    "an index among samples": (
        "key", rewritten(lambda m: [("__index__.json", b"{}"), *m]), "'__index__.json' is not the name"
    ),
    "a text among samples": ("complete", rewritten(lambda m: [*m, ("README.md", b"#")]), "'README.md' is not the name"),
    "time as a float": (
        "ustar", rewritten(lambda m: m, form=tarfile.PAX_FORMAT, mtime=0.5),
        "an extended header, which no shard has",
    ),
    "no blocks at the end": ("end", without_end, "the end of the archive is missing"),
    "headers of GNU tar": ("ustar", rewritten(lambda m: m, form=tarfile.GNU_FORMAT), "is not plain USTAR"),
    "an integer for a float": (
        "fields", json_changed(STORYBOARD, lambda record: {**record, "fps": 20}),
        "storyboard.json: fps is 20, not float",
    ),
    "null for a text": (
        "fields", json_changed(STORYBOARD, lambda record: {**record, "final_answer": None}),
        "final_answer is None, not str",
    ),
    "a field missing": (
        "fields", json_changed(STORYBOARD, lambda record: {k: record[k] for k in record if k != "pages"}),
        "storyboard.json: it does not have the fields dataset, index",
    ),
    "a field too many": (
        "fields", json_changed(INFERENCE, lambda record: {**record, "source": "elsewhere"}),
        "inference.json: it does not have the fields video_path, prompt",
    ),
    "a number too large": (
        "fields", json_changed(STORYBOARD, lambda record: {**record, "frames": 2**64}), "a number of more than 63 bits"
    ),
    "half a character": (
        "json", json_changed(INFERENCE, lambda record: {**record, "prompt": "\ud83d"}), "prompt has half a character"
    ),
    "moov at the end": ("moov", video_changed(moov_last), "the video's header comes after its frames"),
}  # fmt: skip


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def tars(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.tar"))


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_rule_is_named_even_if_the_ledger_matches_the_shard(folder: Path, kind: str) -> None:
    rule, damage, message = BROKEN[kind]
    damage(folder / "gsm8k-000001.tar")
    assert rule in broken_rules(tars(folder))
    update_ledger(folder, 1)
    found = verify_output(OutputPaths(folder.parent, folder.name)).problems
    assert any(message in problem.what for problem in found), found
    assert {problem.shard for problem in found} == {"gsm8k-000001"}


@pytest.mark.parametrize("options", [("--shuffle-seed", "7", "--sat-meta"), ("--encoder", "opencv")])
def test_packed_shards_keep_every_rule(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 6, "--shard-size", 3, *TINY, *options)
    assert len(tars(tmp_path)) == 2
    assert broken_rules(tars(tmp_path)) == set()


def test_the_shards_of_all_corpora_can_be_read_as_one_dataset(run: Run, tmp_path: Path) -> None:
    for corpus in CORPORA:
        run("pack", corpus, "--rows", "builtin", "--num-samples", 4, "--shard-size", 2, *TINY)
    assert {tar.parent.name for tar in tars(tmp_path)} == set(CORPORA)
    assert broken_rules(tars(tmp_path)) == set()


@pytest.mark.parametrize("file", ["gsm8k_train.jsonl", "belle_school_math_500.jsonl"])
def test_shards_of_real_rows_keep_every_rule(run: Run, tmp_path: Path, file: str) -> None:
    dataset = file.rpartition("_")[0]
    run("pack", dataset, "--rows", real_rows(file), "--num-samples", 60, "--shard-size", 30, *TINY)
    members = [member for tar in tars(tmp_path) for member in read_blocks(tar.read_bytes())[0]]
    assert len({member.key for member in members}) > 40
    assert broken_rules(tars(tmp_path)) == set()


def test_rows_that_are_all_skipped_leave_no_empty_tar(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "", "answer": ""}\n' * 4, "utf-8")
    done = run("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 2, *TINY, check=False)
    assert done.returncode == 1
    assert "all 4 rows were skipped (empty_text 4); row 0: no prompt" in done.stderr
    assert tars(tmp_path) == []


class Pipe(io.BytesIO):
    """Bytes that can be read only once, as from a socket."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation("seek")


def frames_of(stream: io.BytesIO) -> int:
    with av.open(stream, buffer_size=1024) as container:  # far smaller than the video, as with real videos
        return sum(1 for _ in container.decode(video=0))


def test_a_video_can_be_decoded_as_it_arrives(three_shards: Path) -> None:
    video = dict(read_members(tars(three_shards)[1]))["gsm8k_000007.mp4"]
    trailing = moov_last(video)
    assert frames_of(Pipe(video)) == frames_of(io.BytesIO(trailing)) == 60
    with pytest.raises((av.FFmpegError, OSError)):
        frames_of(Pipe(trailing))
