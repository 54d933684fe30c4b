"""One packed output to read samples from: which shards it has, where they are, and how many samples each holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import OutputError, UsageError
from vwd.shards.ledger import State, entry_numbers, look_up
from vwd.shards.outputs import find_outputs, tar_numbers
from vwd.shards.paths import OutputPaths
from vwd.shards.read import open_shard
from vwd.stream.remote import counts

# A ledger is thousands of small files; on network file systems the time goes into waiting for each.
_READERS = 16
_SHARD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)-(\d{6,})\.tar")
_NO_LISTING = re.compile(r"pipe:|https?://")
_SCHEME = re.compile(r"pipe:|[a-z][a-z0-9+.-]*://")


@dataclass(frozen=True)
class Shard:
    """A shard that holds samples. `address` is a path, or a URL or `pipe:` command that webdataset opens."""

    number: int
    samples: int
    address: str


@dataclass(frozen=True)
class Source:
    """An output's shards, rising.

    Attributes:
        paths: where contract and ledger are; None for shards that are not on disk, and can only be read as streams.
        ledger: whether there is one. Without, the tars themselves have been looked through.
    """

    dataset: str
    shards: tuple[Shard, ...]
    paths: OutputPaths | None
    ledger: bool

    @property
    def samples(self) -> int:
        return sum(shard.samples for shard in self.shards)

    @property
    def fingerprint(self) -> str:
        """Tells apart sets of shards that have other samples, wherever they are."""
        held = " ".join(f"{shard.number}:{shard.samples}" for shard in self.shards)
        return hashlib.sha256(f"{self.dataset} {held}".encode()).hexdigest()[:16]


def open_source(address: str | Path, ledger: str | Path | None = None) -> Source:
    """An output by its folder, or by the names or URLs of its shards, with braces: `OUT/gsm8k/gsm8k-{000000..7}.tar`.

    Args:
        ledger: where the shards are not on disk: a local folder with the output's `pack.json` and `ledger/`. Needed
            for `pipe:` and `http:`; object storage has its own.

    Raises:
        OutputError: no output is there, a shard is torn, or there is no sample at all.
        UsageError: more than one output is there, or the ledger of a remote one is not given.
    """
    text = str(address)
    if _SCHEME.match(text):
        return _remote(text, ledger)
    if text.endswith(".tar"):
        named = _named(_expand(text))
        return _local(OutputPaths(Path(text).parent.parent, Path(text).parent.name), sorted(named))
    found = find_outputs(Path(text))
    if len(found) > 1:
        raise UsageError(
            f"{text} holds {len(found)} datasets: {', '.join(paths.dataset for paths in found)}",
            "Name one of their folders, or several with ShardDataset.mix.",
        )
    return _local(found[0], None)


def identity(sources: Sequence[Source], *settings: object) -> str:
    """A hash of the samples of some sources, and of settings."""
    return hashlib.sha256(repr(([one.fingerprint for one in sources], settings)).encode()).hexdigest()[:16]


def _local(paths: OutputPaths, numbers: Sequence[int] | None) -> Source:
    if not paths.ledger.is_dir():
        shards = []
        for number in tar_numbers(paths) if numbers is None else numbers:
            with open_shard(paths.tar(number)) as stored:
                shards.append(Shard(number, len(stored), str(paths.tar(number))))
        return _source(paths.dataset, shards, paths, ledger=False)
    addresses = {number: str(paths.tar(number)) for number in (entry_numbers(paths) if numbers is None else numbers)}
    return _source(paths.dataset, _counted(paths, addresses, State.DONE), paths, ledger=True)


def _remote(text: str, ledger: str | Path | None) -> Source:
    # A command names its shards; elsewhere the ledger of a folder does.
    named = _named(_expand(text)) if ".tar" in text or text.startswith("pipe:") else {}
    if ledger is not None:
        paths = find_outputs(Path(ledger))[0]
        addresses = named or {n: f"{text.rstrip('/')}/{paths.tar(n).name}" for n in entry_numbers(paths)}
        return _source(paths.dataset, _counted(paths, addresses, None), None, ledger=True)
    if _NO_LISTING.match(text):
        raise UsageError(
            f"{text}: how many samples its shards hold is in the ledger, which was not given",
            "Copy the output's pack.json and ledger/ to a local folder, and give that as ledger=.",
        )
    folder = (text.rpartition("/")[0] if named else text).rstrip("/")
    dataset = folder.rpartition("/")[2]
    held = counts(folder)
    addresses = named or {number: f"{folder}/{OutputPaths(Path(), dataset).tar(number).name}" for number in held}
    missing = sorted(set(addresses) - set(held))
    if missing:
        raise OutputError(f"{folder} has no ledger entry of shard {missing[0]}", "Run 'vwd pack' again to make it.")
    return _source(dataset, [Shard(n, held[n], addresses[n]) for n in sorted(addresses)], None, ledger=True)


def _counted(paths: OutputPaths, addresses: dict[int, str], wanted: State | None) -> list[Shard]:
    """The shards of these numbers, with their ledger entries' counts."""

    def count(number: int) -> Shard:
        state, entry = look_up(paths, number)
        if entry is None or (wanted and state is not wanted):
            raise OutputError(
                f"{paths.shard_name(number)} is {state.value}: its ledger entry and its tar do not agree",
                "Run 'vwd pack' again with the same settings to make it, or leave it out.",
            )
        return Shard(number, entry.samples, addresses[number])

    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(count, sorted(addresses)))


def _source(dataset: str, shards: Sequence[Shard], paths: OutputPaths | None, ledger: bool) -> Source:
    held = tuple(shard for shard in shards if shard.samples)
    if not held:
        raise OutputError(f"{dataset}: these shards hold no sample", "Pack some with 'vwd pack', or give others.")
    return Source(dataset, held, paths, ledger)


def _expand(text: str) -> list[str]:
    from webdataset.shardlists import expand_urls

    return [str(url) for url in expand_urls(text)]


def _named(addresses: Sequence[str]) -> dict[int, str]:
    """Addresses by the number that the shard's name in them ends in."""
    named = {}
    for address in addresses:
        found = _SHARD.findall(address)
        if not found:
            raise UsageError(f"{address}: names no shard", "Shards are named like gsm8k-000000.tar.")
        named[int(found[-1][1])] = address
    return named
