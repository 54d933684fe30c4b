"""By offset or as a stream, from disk, through a pipe or from object storage: the same samples in the same order."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest
from conftest import HANG_SECONDS, environment
from stream.streaming import COUNTS, NO_TORCH, SAMPLES, keys, small

from vwd.errors import OutputError, ShardError, UsageError, VwdError
from vwd.shards import ledger
from vwd.shards.checksums import checksums_length
from vwd.shards.sizes import SampleSizes, format_sizes, parse_sizes, tar_bytes
from vwd.storage.urls import parse_path

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")

BRACES = "gsm8k-{000000..000004}.tar"
SHUFFLES: list[dict[str, Any]] = [{}, {"shuffle": 0}, {"shuffle": 4}, {"shuffle": 8, "streams": 4}]


def read(address: Path | str, workers: int = 0, **options: Any) -> list[str]:
    data = small(address, **options)
    data.set_epoch(1)
    return keys(torch.utils.data.DataLoader(data, batch_size=2, num_workers=workers))


@pytest.mark.parametrize("shuffle", SHUFFLES)
def test_every_way_of_reading_gives_the_same_order(uneven: Path, tmp_path: Path, shuffle: dict[str, Any]) -> None:
    by_offset = read(uneven, **shuffle)
    assert len(set(by_offset)) == SAMPLES
    assert read(uneven, reading="stream", **shuffle) == by_offset
    assert read(uneven, 3, reading="stream", **shuffle) == by_offset
    assert read(f"{uneven}/{BRACES}", **shuffle) == by_offset
    assert read(f"pipe:cat '{uneven}'/{BRACES}", ledger=uneven, **shuffle) == by_offset
    shutil.copytree(uneven, tmp_path / "gsm8k", ignore=shutil.ignore_patterns("ledger", "*.json"))
    assert read(tmp_path / "gsm8k", **shuffle) == by_offset


def test_ranks_that_read_streams_share_all_samples(uneven: Path) -> None:
    parts = [read(uneven, rank=rank, world_size=2, reading="stream", remainder="drop") for rank in range(2)]
    assert parts == [read(uneven, rank=rank, world_size=2, remainder="drop") for rank in range(2)]


@pytest.mark.parametrize("shuffle", SHUFFLES)
def test_a_stream_opens_a_shard_once_and_keeps_no_more_than_it_shuffles(
    uneven: Path, monkeypatch: pytest.MonkeyPatch, shuffle: dict[str, Any]
) -> None:
    from vwd.stream import sequential

    opened: list[str] = []
    kept: list[int] = []
    really_open = sequential._open

    def open_and_record(address: str) -> IO[bytes]:
        opened.append(address)
        return really_open(address)

    monkeypatch.setattr(sequential, "_open", open_and_record)
    data = small(uneven, reading="stream", **shuffle)
    for first in range(0, SAMPLES, 2):
        data.__getitems__(list(range(first, min(first + 2, SAMPLES))))
        kept.append(len(data._readers._readers[0]._kept))
    streams_at_once = 4 if 0 < shuffle.get("shuffle", 4096) < SAMPLES else 1
    assert len(opened) <= 5 + streams_at_once - 1  # a stream may start in the middle of a shard
    assert max(kept) <= min(shuffle.get("shuffle", 4096), SAMPLES)
    assert kept[-1] == 0


def test_a_stream_can_be_read_in_any_order(uneven: Path) -> None:
    streaming, by_offset = small(uneven, reading="stream"), small(uneven)
    for index in (5, 20, 3, 3, 22, 0):
        assert streaming[index]["key"] == by_offset[index]["key"]


def test_shuffled_rows_keep_their_numbers(tmp_path: Path) -> None:
    from shards.packing import gsm8k, vwd, write_lamps

    write_lamps(tmp_path, 15)
    vwd(tmp_path, *gsm8k("--shuffle-seed", 5, "--sat-meta"))
    data = small(tmp_path / "shards" / "gsm8k", shuffle=0)
    samples = [data[index] for index in range(15)]
    assert [one["index"] for one in samples] != list(range(15))
    assert all(f"holds {one['index'] + 2} lamps" in one["prompt"] for one in samples)


@pytest.mark.parametrize("reading", ["offset", "stream"])
def test_a_shard_truncated_after_opening_is_an_error_that_names_it(uneven: Path, tmp_path: Path, reading: str) -> None:
    folder = shutil.copytree(uneven, tmp_path / "gsm8k")
    data = small(folder, reading=reading, shuffle=0, source="video", frames="all")
    tar = folder / "gsm8k-000002.tar"
    os.truncate(tar, tar.stat().st_size // 2)
    with pytest.raises(ShardError, match=r"gsm8k-000002\.tar"):
        keys([{"key": [data[index]["key"]]} for index in range(SAMPLES)])


@pytest.mark.parametrize("reading", ["offset", "stream"])
def test_the_error_of_a_worker_names_the_shard(uneven: Path, tmp_path: Path, reading: str) -> None:
    folder = shutil.copytree(uneven, tmp_path / "gsm8k")
    data = small(folder, reading=reading)
    (folder / "gsm8k-000002.tar").unlink()
    with pytest.raises(Exception, match=r"gsm8k-000002\.tar"):
        list(torch.utils.data.DataLoader(data, batch_size=2, num_workers=2))


def test_a_torn_shard_is_refused_immediately(uneven: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(uneven, tmp_path / "gsm8k")
    os.truncate(folder / "gsm8k-000002.tar", 1024)
    with pytest.raises(OutputError, match="gsm8k-000002 is torn"):
        small(folder)


def test_a_pipe_that_fails_or_ends_early_is_an_error_and_not_the_end_of_the_epoch(uneven: Path) -> None:
    for command in ("false", f"head -c 3000 '{uneven}'/{BRACES}"):
        address = f"pipe:{command} # {BRACES}"
        data = small(address, ledger=uneven, shuffle=0)
        with pytest.raises(ShardError):
            [data[index] for index in range(SAMPLES)]


def test_invalid_addresses_are_refused_with_the_reason(uneven: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ledger"):
        small(f"pipe:cat {uneven}/{BRACES}")
    with pytest.raises(UsageError, match="names no shard"):
        small("pipe:cat something", ledger=uneven)
    with pytest.raises(UsageError, match="by offset"):
        small(f"pipe:cat {uneven}/{BRACES}", ledger=uneven, reading="offset")
    with pytest.raises(OutputError):
        small(tmp_path)
    with pytest.raises(VwdError, match="does not exist"):
        small(tmp_path / "nothing" / "nothing-000000.tar")
    shutil.copytree(uneven, tmp_path / "a")
    shutil.copytree(uneven, tmp_path / "b")
    with pytest.raises(UsageError, match="2 datasets: a, b"):
        small(tmp_path)


@pytest.fixture
def bucket(uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a copy of `uneven` on an S3 server."""
    pytest.importorskip("moto.server", reason="pip install 'moto[server]'")
    s3fs = pytest.importorskip("s3fs", reason="pip install 'vwd[s3]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        s3fs.S3FileSystem.clear_instance_cache()
        store = s3fs.S3FileSystem()
        store.mkdir("bucket")
        store.put(f"{uneven}/", "bucket/out/gsm8k/", recursive=True)
        yield "s3://bucket/out/gsm8k"
    finally:
        server.terminate()
        server.wait(HANG_SECONDS)


@pytest.mark.slow
def test_shards_in_object_storage_need_no_local_ledger(bucket: str, uneven: Path) -> None:
    by_offset = read(uneven)
    assert read(bucket) == by_offset
    assert read(bucket, 2) == by_offset
    assert read(f"{bucket}/{BRACES}") == by_offset
    assert read(bucket, ledger=uneven) == by_offset
    with pytest.raises(OutputError, match="no ledger entry of shard 5"):
        small(f"{bucket}/gsm8k-{{000000..000005}}.tar")
    with pytest.raises(OutputError):
        small(f"{bucket}-not")


@pytest.mark.slow
def test_a_torn_shard_in_object_storage_is_refused_immediately(bucket: str) -> None:
    tar = parse_path(f"{bucket}/gsm8k-000002.tar")
    tar.write_bytes(tar.read_bytes()[:-512])
    for address in (bucket, f"{bucket}/{BRACES}"):
        with pytest.raises(OutputError, match="gsm8k-000002 is torn"):
            small(address)
    assert small(f"{bucket}/gsm8k-{{000000..000001}}.tar").samples == COUNTS[0] + COUNTS[1]


def test_storage_without_its_package_names_the_extra() -> None:
    program = """
import sys
sys.modules["s3fs"] = None
from vwd.errors import VwdError
from vwd.stream.source import open_source
for address in ("s3://bucket/out/gsm8k", "rubbish://bucket/out/gsm8k"):
    try:
        open_source(address)
    except VwdError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(PYTHONPATH=":".join(sys.path)),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1] == "pip install 'vwd[s3]'"
    assert len(lines) == 4
    assert "rubbish" in lines[2]


def test_each_entry_and_tar_of_a_thousand_shards_is_looked_at_once(
    uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gsm8k"
    (folder / "ledger").mkdir(parents=True)
    contract = json.loads((uneven / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, "rows": 1_000_000, "shard_size": 1000}))
    entry = json.loads((uneven / "ledger" / "gsm8k-000002.json").read_bytes())
    del entry["contract"]  # as older entries, which go with any
    members = next(parse_sizes(entry["sizes"])).members
    checksums = "A" * checksums_length(1000, len(contract["members"]))
    size = tar_bytes([SampleSizes(0, members)] * 1000)
    entry |= {"samples": 1000, "skips": {}, "checksums": checksums, "bytes": size}
    for number in range(1000):
        rows = range(number * 1000, (number + 1) * 1000)
        sizes = format_sizes(SampleSizes(row, members) for row in rows)
        filled = {**entry, "number": number, "start": rows.start, "stop": rows.stop, "sizes": sizes}
        (folder / "ledger" / f"gsm8k-{number:06d}.json").write_text(json.dumps(filled))
        with (folder / f"gsm8k-{number:06d}.tar").open("wb") as tar:
            tar.seek(filled["bytes"] - 1)
            tar.write(b"1")
    looked_at: Counter[Path] = Counter()

    def counted(look: Callable[[Path], Any], path: Path) -> Any:
        looked_at[path] += 1
        return look(path)

    for name in ("_read", "_ends"):
        monkeypatch.setattr(ledger, name, partial(counted, getattr(ledger, name)))
    data = small(folder)
    data._request_at(0)
    assert len(data) == 1_000_000
    assert looked_at == dict.fromkeys([*folder.glob("*.tar"), *folder.glob("ledger/*.json")], 1)
