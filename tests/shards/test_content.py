"""Shards hold anything that is made of rows: keys of their own, members that some samples are without."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from shards.packing import tar_hashes

from vwd.corpora.sample import Row, Skip, SkipCode
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.rows import Rows
from vwd.errors import ContractError, OutputError
from vwd.inspect.verify import verify_output
from vwd.packing import PackedOutput, pack_content
from vwd.shards.content import Maker, PackedSample
from vwd.shards.contract import Contract
from vwd.shards.contract_schema import parse_contract
from vwd.shards.ledger import State, open_ledger
from vwd.shards.offsets import entry_offsets
from vwd.shards.paths import OutputPaths, find_outputs, tar_numbers
from vwd.shards.settings import PackSettings

ROWS = 130


@dataclass(frozen=True)
class Notes:
    """Rows of `id`, `text` and perhaps `picture`, as they are."""

    greeting: str = "hello"
    dataset: str = "notes"
    wanted: Collection[str] | None = None

    def contract(self, rows: Rows) -> Contract:
        return Contract(
            rows.count, 50, None, ("json", "bin"), None, self.dataset, source=rows.identity,
            content={"name": "notes", "greeting": self.greeting}, optional=("bin",), own_keys=True,
        )  # fmt: skip

    def load(self) -> None:
        pass

    def open(self) -> Maker:
        return NoteMaker()


class NoteMaker(Maker):
    def make(self, index: int, row: Row) -> PackedSample | Skip:
        if not row["text"]:
            return Skip(SkipCode.CONVERSATIONS_EMPTY, "no text")
        members = {"json": json.dumps({"text": row["text"]}).encode()}
        if row.get("picture"):
            members["bin"] = row["picture"].encode() * 100
        return PackedSample(row["id"], members, prompt_tokens=1)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made: list[dict[str, object]] = [
        {"id": f"Note%2F{n}", "text": "" if n % 10 == 3 else f"t{n}", "picture": "p" * (n % 3)} for n in range(ROWS)
    ]
    return open_file(write_rows(tmp_path / "rows.jsonl", made))


def pack(
    rows: Rows, out: Path, content: Notes | None = None, flat: bool = False, name: str = "notes", **settings: Any
) -> PackedOutput:
    content = replace(content or Notes(), dataset=name)
    chosen = replace(PackSettings(out=out, shard_size=50), **settings)
    return pack_content(content, rows, chosen, paths=OutputPaths(out, name, flat=flat))


def test_samples_with_keys_of_their_own_are_packed_and_verified(rows: Rows, tmp_path: Path) -> None:
    result = pack(rows, tmp_path / "out").result
    assert result.complete
    assert (result.summary.samples, result.summary.skips) == (ROWS - 13, {"conversations_empty": 13})
    verified = verify_output(result.paths)
    assert verified.clean, verified.problems
    assert verified.samples == ROWS - 13
    with tarfile.open(result.paths.tar(0)) as tar:
        assert tar.getnames()[:3] == ["Note%2F0.json", "Note%2F1.json", "Note%2F1.bin"]


def test_webdataset_reads_them(rows: Rows, tmp_path: Path) -> None:
    import webdataset  # brings torch, which every worker would import with this module

    paths = pack(rows, tmp_path / "out").result.paths
    read = [s for n in tar_numbers(paths) for s in webdataset.WebDataset(str(paths.tar(n)), shardshuffle=False)]
    assert [s["__key__"] for s in read] == [f"Note%2F{n}" for n in range(ROWS) if n % 10 != 3]
    assert all(("bin" in s) == bool(int(s["__key__"][7:]) % 3) for s in read)


@pytest.mark.parametrize("flat", [False, True])
def test_any_number_of_workers_gives_the_same_tars(rows: Rows, tmp_path: Path, flat: bool) -> None:
    one, several = (pack(rows, tmp_path / str(n), flat=flat, num_workers=n).result.paths for n in (1, 3))
    assert tar_hashes(one.tars) == tar_hashes(several.tars)
    assert [list(_places(one, n)) for n in range(3)] == [list(_places(several, n)) for n in range(3)]


def _places(paths: OutputPaths, number: int) -> list[tuple[str, int]]:
    ledger = open_ledger(paths)
    entry = ledger.lookup(number).entry
    assert entry
    return [(sample.key, sample.start) for sample in entry_offsets(paths, ledger.contract, entry)]


def test_a_run_takes_up_what_is_left_and_check_repairs_a_flipped_byte(rows: Rows, tmp_path: Path) -> None:
    paths = pack(rows, tmp_path / "out").result.paths
    before = tar_hashes(paths.folder)
    paths.tar(1).unlink()
    assert [entry.number for entry in pack(rows, tmp_path / "out").result.built] == [1]
    data = bytearray(paths.tar(2).read_bytes())
    data[600] ^= 1
    paths.tar(2).write_bytes(data)
    assert not verify_output(paths).clean
    assert [entry.number for entry in pack(rows, tmp_path / "out", check=True).result.built] == [2]
    assert tar_hashes(paths.folder) == before


def test_other_content_is_refused_in_the_same_folder(rows: Rows, tmp_path: Path) -> None:
    pack(rows, tmp_path / "out")
    with pytest.raises(ContractError, match="greeting: existing hello, requested good day"):
        pack(rows, tmp_path / "out", Notes("good day"))


def test_datasets_that_lie_flat_in_one_folder_are_kept_apart(rows: Rows, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("llava", "llava_next"):
        pack(rows, out, flat=True, name=name)
    names = [f"{name}_{number:06d}.tar" for name in ("llava", "llava_next") for number in range(3)]
    assert sorted(path.name for path in out.iterdir()) == [".progress", *names]
    found = find_outputs(out)
    assert [(paths.dataset, tar_numbers(paths)) for paths in found] == [("llava", [0, 1, 2]), ("llava_next", [0, 1, 2])]
    assert all(verify_output(paths).clean for paths in found)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keys", []), ("keys", ["Note%2F0"] * 45), ("keys", ["a.b"] + [f"k{n}" for n in range(44)]),
        ("keys", None), ("sizes", "swapped"),
    ],
)  # fmt: skip
def test_an_entry_whose_keys_or_sizes_are_not_the_samples_is_foreign(
    rows: Rows, tmp_path: Path, field: str, value: object
) -> None:
    paths = pack(rows, tmp_path / "out").result.paths
    entry = json.loads(paths.entry(0).read_text())
    if value is None:
        del entry[field]
    else:
        entry[field] = re.sub(":[0-9]+", ":-", entry["sizes"], count=1) if value == "swapped" else value
    paths.entry(0).write_text(json.dumps(entry))
    assert open_ledger(paths).lookup(0).state is State.FOREIGN
    assert not verify_output(paths).clean
    assert [one.number for one in pack(rows, tmp_path / "out", check=True).result.built] == [0]
    assert verify_output(paths).clean


@pytest.mark.parametrize(
    "changed",
    [{"members": ["json"]}, {"optional": ["mp4"]}, {"own_keys": True}, {"video": None}, {"optional": ["id"]}],
)
def test_the_contract_of_text_videos_has_their_members_and_no_others(changed: dict[str, object]) -> None:
    video = {"width": 64, "height": 64, "frames": 9, "fps": "9/1"}
    members = ["mp4", "inference.json", "rendering.json", "storyboard.json"]
    plain = {"rows": 1, "shard_size": 1, "shuffle_seed": None, "members": members, "video": video}
    assert parse_contract(json.dumps(plain).encode()).form.own_keys is False
    with pytest.raises(ValueError, match=r"\$\."):
        parse_contract(json.dumps({**plain, **changed}).encode())


def test_exports_and_the_loader_refuse_what_is_no_text_video(rows: Rows, tmp_path: Path, run: Run) -> None:
    from vwd.export.selection import select

    paths = pack(rows, tmp_path / "out").result.paths
    with pytest.raises(OutputError, match="holds notes, not text videos"):
        select(paths)
    assert "117 samples: clean" in run("verify", "out").stdout
    done = run("export-jsonl", "out", "--base-dir", "there", check=False)
    assert done.returncode == 1
    assert "holds notes, not text videos" in done.stderr
