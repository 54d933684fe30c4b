"""Requests to a store: few for many shards, complete for large objects, conditional for new ones."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import gsm8k, start, write_lamps
from storage.store import Rule, Store, left_in_staging
from upath import UPath

from vwd.errors import StorageError
from vwd.shards.ledger import open_ledger
from vwd.shards.paths import OutputPaths, entry_numbers
from vwd.shards.sizes import SampleSizes, format_sizes, tar_bytes
from vwd.storage.atomic import atomic_write, create_if_absent
from vwd.storage.hashing import sha256_file
from vwd.storage.objects import download, exists, listing, local_copy, read_many, remove, upload
from vwd.storage.tempfiles import remove_stale
from vwd.storage.urls import is_remote, parse_path

pytest_plugins = ["shards.packed", "storage.buckets"]

MANY = 1000
# Prints the hash of an object, and by how many kilobytes the process has grown.
HASH = """
import resource, sys
from vwd.storage.hashing import sha256_file
from vwd.storage.urls import parse_path
from vwd.storage.objects import exists
path = parse_path(sys.argv[1])
exists(path)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(sha256_file(path), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def put_directly(store: Store, name: str, data: bytes) -> None:
    """Puts an object into the server's memory, without a request."""
    from moto.s3.models import s3_backends

    backend = next(b["aws"] for b in s3_backends.values() if "aws" in b and store.bucket in b["aws"].buckets)
    backend.put_object(store.bucket, f"corpora/gsm8k/{name}", data)


def put_shards(store: Store, three_shards: Path, count: int) -> None:
    """Puts this many shards of six samples whose members have one byte each."""
    folder = three_shards / "shards" / "gsm8k"
    entry = json.loads((folder / "ledger" / "gsm8k-000000.json").read_bytes())
    del entry["contract"]
    contract = json.loads((folder / "pack.json").read_bytes())
    put_directly(store, "pack.json", json.dumps({**contract, "rows": count * 6}).encode())
    for number in range(count):
        rows = range(number * 6, number * 6 + 6)
        sizes = [SampleSizes(row, (1,) * len(contract["members"])) for row in rows]
        numbered = {
            **entry, "number": number, "start": rows.start, "stop": rows.stop,
            "sizes": format_sizes(sizes), "bytes": tar_bytes(sizes),
        }  # fmt: skip
        name = f"gsm8k-{number:06d}"
        put_directly(store, f"ledger/{name}.json", json.dumps(numbered).encode())
        put_directly(store, f"{name}.tar", b"1" * tar_bytes(sizes))


@pytest.mark.slow
def test_the_status_of_a_thousand_shards_takes_one_request_per_shard(
    store: Store, run: Run, three_shards: Path
) -> None:
    put_shards(store, three_shards, MANY)
    store.files.pipe_file(store.path("gsm8k-000500.tar"), b"short")
    assert "999 of 1,000 done, 0 missing, 1 torn" in run("status", store.url).stdout
    assert len(store.proxy.heads) < MANY + 30


def test_looking_up_many_shards_gives_the_same_as_one_at_a_time_without_their_sizes(
    store: Store, three_shards: Path
) -> None:
    put_shards(store, three_shards, 20)
    paths = OutputPaths(parse_path(store.url), "gsm8k")
    store.files.rm_file(store.path("gsm8k-000003.tar"))
    store.files.rm_file(store.path("ledger/gsm8k-000004.json"))
    store.files.pipe_file(store.path("ledger/gsm8k-000005.json"), b"[]")
    wanted = [19, 3, 4, 5, 6, 400]
    ledger = open_ledger(paths)
    found = list(ledger.lookup_many(wanted))
    alone = [ledger.lookup(number) for number in wanted]
    assert all(entry.sizes for _, _, entry, _ in alone if entry)
    assert found == [
        (number, state, entry and replace(entry, sizes="", checksums=""), problem)
        for number, state, entry, problem in alone
    ]
    assert [state.value for _, state, _, _ in found] == ["done", "torn", "missing", "torn", "done", "missing"]
    assert entry_numbers(paths) == [n for n in range(20) if n != 4]


def test_a_path_in_a_store_can_be_passed_to_another_process(store: Store) -> None:
    path = parse_path(store.url)
    assert is_remote(path)
    assert not is_remote(parse_path("shards"))
    again = pickle.loads(pickle.dumps(OutputPaths(path, "gsm8k")))
    assert str(again.tar(3)) == f"{store.url}/gsm8k/gsm8k-000003.tar"
    assert not exists(again.tar(3))


@pytest.mark.slow
def test_a_file_of_several_parts_arrives_completely_or_not_at_all(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(os.urandom(105 << 20))
    to = parse_path(f"{store.url}/gsm8k/large.tar")
    broken = store.proxy.add(Rule("PUT /[^ ]*partNumber=2", refuse=(403, "AccessDenied")))
    with pytest.raises(StorageError, match="access denied"):
        upload(file, to)
    assert broken.matched.is_set()
    assert not exists(to)
    store.proxy.rules.clear()
    upload(file, to)
    parts = [head for head in store.proxy.heads if "partNumber=" in head]
    assert len(parts) >= 4
    assert sha256_file(to) == sha256_file(file)
    download(to, tmp_path / "back")
    assert sha256_file(tmp_path / "back") == sha256_file(file)


@pytest.mark.slow
def test_hashing_an_object_does_not_hold_all_of_it_in_memory(store: Store) -> None:
    size = 300 << 20
    put_directly(store, "large.tar", b"\0" * size)
    done = subprocess.run(
        [sys.executable, "-c", HASH, f"{store.url}/gsm8k/large.tar"], capture_output=True, text=True, check=True
    )
    digest, kilobytes = done.stdout.split()
    assert digest == hashlib.sha256(b"\0" * size).hexdigest()
    assert int(kilobytes) << 10 < size


def test_when_several_writers_create_an_object_at_once_one_wins_and_its_content_is_kept(
    store: Store, tmp_path: Path
) -> None:
    path = parse_path(f"{store.url}/gsm8k/pack.json")
    together = Barrier(6)

    def create(number: int) -> bool:
        together.wait()
        return create_if_absent(path, b"%d" % number * 1000, tmp_path / "temp")

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(create, range(6)))
    assert won.count(True) == 1
    assert path.read_bytes() == b"%d" % won.index(True) * 1000


def test_an_object_is_created_only_once_in_a_store_without_conditional_writes(
    store: Store, run: Run, tmp_path: Path
) -> None:
    store.proxy.add(Rule("if-none-match", refuse=(501, "NotImplemented")))
    path = parse_path(f"{store.url}/once")
    assert create_if_absent(path, b"first", tmp_path / "temp")
    assert not create_if_absent(path, b"second", tmp_path / "temp")
    assert path.read_bytes() == b"first"
    write_lamps(tmp_path, 6)
    run(*gsm8k("--out", store.url))
    assert "was packed with other settings" in run(*gsm8k("--out", store.url, "--frames", 61), check=False).stderr


def test_a_conditional_write_that_conflicts_with_another_is_retried(store: Store, tmp_path: Path) -> None:
    path = parse_path(f"{store.url}/once")
    busy = store.proxy.add(Rule("if-none-match", refuse=(409, "ConditionalRequestConflict"), times=2))
    assert create_if_absent(path, b"first", tmp_path / "temp")
    assert busy.times == 0
    assert path.read_bytes() == b"first"


@pytest.mark.slow
def test_a_contract_replaced_by_another_run_is_noticed_at_the_end(store: Store, run: Run, tmp_path: Path) -> None:
    """This can happen in a store that ignores the condition."""
    write_lamps(tmp_path, 18)
    run(*gsm8k("--out", store.url, "--frames", 61))
    other = store.files.cat_file(store.path("pack.json"))
    store.files.rm(store.bucket + "/corpora", recursive=True)
    held = store.proxy.add(Rule("PUT /[^ ]*gsm8k-000001.tar", cut=True, times=1))

    process = start(tmp_path, *gsm8k("--out", store.url))
    assert held.matched.wait(HANG_SECONDS)
    store.files.pipe_file(store.path("pack.json"), other)
    _, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 1
    assert "was packed with other settings" in err


def test_the_local_copy_of_an_object_exists_only_while_it_is_read(store: Store, tmp_path: Path) -> None:
    store.files.pipe_file(store.path("some.tar"), b"some")
    with local_copy(parse_path(f"{store.url}/gsm8k/some.tar")) as copy:
        assert copy.read_bytes() == b"some"
        assert len(left_in_staging(tmp_path)) == 1
    assert left_in_staging(tmp_path) == []


def test_any_store_of_fsspec_can_be_used(tmp_path: Path) -> None:
    pytest.importorskip("upath", reason="the extra s3 is not installed")
    folder = UPath("memory://corpora/gsm8k")
    with atomic_write(folder / "a.tar", tmp_path / "temp") as file:
        file.write(b"bytes")
    assert remove_stale(tmp_path / "temp") == 0
    assert listing(folder) == {"a.tar": 5}
    assert read_many([folder / "a.tar", folder / "b.tar"]) == [b"bytes", None]
    assert create_if_absent(folder / "pack.json", b"1", tmp_path / "temp")
    assert not create_if_absent(folder / "pack.json", b"2", tmp_path / "temp")
    remove(folder / "a.tar")
    remove(folder / "a.tar")
    assert not exists(folder / "a.tar")
    assert listing(UPath("memory://nothing")) == {}
