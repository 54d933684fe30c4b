"""Several processes that write to the same output at once leave exactly one good copy of each shard."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from conftest import HANG_SECONDS, Run, write_rows
from shards.packing import SMALL, gsm8k, start, tar_hashes, temp_files, write_lamps

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.open import open_file
from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.ledger import Ledger
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.settings import PackSettings
from vwd.shards.spills import Spills
from vwd.shards.text_videos import TextVideos
from vwd.storage.atomic import create_if_absent

pytest_plugins = ["shards.packed"]

ROUNDS = 150


def test_two_processes_packing_the_same_rows_at_once_end_with_good_shards(
    run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    both = [start(tmp_path, *gsm8k()) for _ in range(2)]
    for process in both:
        _, stderr = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0, stderr
    folder = tmp_path / "shards" / "gsm8k"
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert temp_files(folder) == []
    assert "3 shards, 18 samples: clean" in run("verify").stdout


def test_of_two_processes_with_different_settings_one_packs_and_one_is_refused(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    both = [start(tmp_path, *gsm8k("--frames", frames)) for frames in (60, 61)]
    messages = [process.communicate(timeout=HANG_SECONDS)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 1], messages
    refused = messages[codes.index(1)]
    assert "was packed with other settings: video.frames" in refused
    assert "clean" in run("verify").stdout
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert contract["video"]["frames"] == (60, 61)[codes.index(0)]


def test_when_many_create_a_file_at_once_exactly_one_succeeds_and_its_content_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    together = Barrier(8)

    def create(number: int) -> bool:
        together.wait()
        return create_if_absent(path, b"%d" % number * 100_000, tmp_path / ".tmp")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(8)))
    assert won.count(True) == 1
    assert path.read_bytes() == b"%d" % won.index(True) * 100_000
    assert temp_files(tmp_path) == []


def test_two_writers_of_a_shard_whose_rows_are_all_skipped_both_succeed(tmp_path: Path) -> None:
    rows = open_file(write_rows(tmp_path / "rows.jsonl", [{"question": None, "answer": "7"}]))
    corpus = find_corpus("gsm8k")
    paths = OutputPaths(tmp_path, "gsm8k")
    # With `check` even a complete shard is built again, so that the writers meet in every round.
    settings = PackSettings(out=tmp_path, encoder="opencv", check=True)
    schema = corpus.schema_for(rows.columns)
    content = TextVideos(corpus, schema, settings)
    job = ShardJob(content, rows, Ledger(paths, content.contract(rows)), settings, Spills.of(paths))
    together = Barrier(2)

    def build(builder: ShardBuilder) -> str:
        try:
            for _ in range(ROUNDS):
                together.wait(timeout=HANG_SECONDS)
                builder.build(ShardRange(0, 0, 1, True), lambda: None)
        except BrokenBarrierError:
            return "the other writer failed"
        except Exception as error:
            together.abort()
            return repr(error)
        return "success"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(build, [ShardBuilder(job), ShardBuilder(job)])) == ["success", "success"]
    assert tar_hashes(paths.folder) == {}


@pytest.mark.slow
def test_two_processes_that_pack_nearly_only_skipped_rows_at_once_both_succeed(tmp_path: Path) -> None:
    skipped: list[dict[str, object]] = [{"question": None, "answer": "7"}] * 59
    write_rows(tmp_path / "rows.jsonl", [{"question": "How many?", "answer": "7"}, *skipped])
    command = ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 1, *SMALL, "--num-workers", 1)
    for process in [start(tmp_path, *command) for _ in range(2)]:
        _, stderr = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0, stderr
    assert len(list((tmp_path / "shards" / "gsm8k" / "ledger").iterdir())) == 60
