"""One packed output to read samples from: which shards it has, where they are, and how many samples each holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import OutputError, ShardError, UsageError
from vwd.shards.checksums import Checksums
from vwd.shards.clip_json import CLIPS
from vwd.shards.contract import Contract
from vwd.shards.contract_file import read_contract
from vwd.shards.ledger import REMOVE_IT, Ledger, State, open_ledger
from vwd.shards.paths import OutputPaths, entry_numbers, find_outputs, output_at, tar_numbers
from vwd.shards.reader import open_shard
from vwd.storage.urls import is_remote, parse_path
from vwd.video.spec import VideoSpec

_SHARD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)-(\d{6,})\.tar")
_NO_LISTING = re.compile(r"pipe:|https?://")
_SCHEME = re.compile(r"pipe:|[a-z][a-z0-9+.-]*://")


@dataclass(frozen=True)
class Shard:
    """A shard that holds samples.

    Attributes:
        address: a path, or a URL or `pipe:` command that webdataset opens.
        sha256: of the tar; "" where there is no ledger.
        rows: positions of its rows in the order in which they were packed; none where there is no ledger.
        skipped: the numbers of rows without a sample.
    """

    number: int
    samples: int
    address: str
    sha256: str = ""
    rows: range = range(0)
    skipped: tuple[int, ...] = ()


@dataclass(frozen=True)
class Source:
    """An output's shards, by rising number.

    Attributes:
        paths: of contract and ledger; None for shards that are not on disk, and can only be read forwards.
        ledger: None where there is none, and the tars themselves have been counted.
        video: the contract's; None where there is no contract, and of clips.
        clips: the endings of clips, of which each sample has one; none for text videos.
    """

    dataset: str
    shards: tuple[Shard, ...]
    paths: OutputPaths | None
    ledger: Ledger | None
    video: VideoSpec | None
    clips: tuple[str, ...] = ()

    def checksums(self, number: int) -> Checksums | None:
        """Those of a shard's members; None without a ledger, or where its entry has none.

        Raises:
            ShardError: the entry is damaged.
        """
        entry = self.ledger.lookup(number).entry if self.ledger else None
        if self.ledger is None or entry is None or not entry.checksums:
            return None
        try:
            return Checksums(entry.checksums, entry.samples, self.ledger.contract.members)
        except ValueError as error:
            name = self.ledger.paths.entry(number)
            raise ShardError(f"{name}: {error}", "Run 'vwd verify' on this output.") from error

    @property
    def samples(self) -> int:
        return sum(shard.samples for shard in self.shards)

    def fingerprint(self, hashes: bool = True) -> str:
        """Differs between sets of shards that have other samples, wherever they are; by counts alone without hashes."""
        parts = (f"{shard.number}:{shard.samples}" + f":{shard.sha256}" * hashes for shard in self.shards)
        samples = " ".join(parts)
        return hashlib.sha256(f"{self.dataset} {samples}".encode()).hexdigest()[:16]


def open_source(address: str | Path, ledger: str | Path | None = None) -> Source:
    """An output by its folder, or by the names or URLs of its shards, with braces: `OUT/gsm8k/gsm8k-{000000..7}.tar`.

    Args:
        ledger: a folder with the output's `pack.json` and `ledger/`. Needed for `pipe:` and `http:`, which cannot be
            listed; folders and object storage have their own.

    Raises:
        OutputError: there is no output, a shard is torn, or there is no sample at all.
        UsageError: there is more than one output, or the ledger of one that cannot be listed is not given.
    """
    text = str(address)
    named = _named(_expand(text)) if text.endswith(".tar") or (_SCHEME.match(text) and ".tar" in text) else {}
    if text.startswith("pipe:") and not named:
        raise UsageError(f"{text}: names no shard", "Shards are named like gsm8k-000000.tar.")
    if ledger is not None and _SCHEME.match(text):
        return _with_ledger(text, find_outputs(Path(ledger))[0], named)
    if _NO_LISTING.match(text):
        raise UsageError(
            f"{text}: how many samples its shards hold is in the ledger, which was not given",
            "Copy the output's pack.json and ledger/ to a local folder, and give that as ledger=.",
        )
    if named:
        folder = parse_path(text.rpartition("/")[0] or ".")
        return _listed(output_at(folder), named)
    found = find_outputs(parse_path(text))
    if len(found) > 1:
        raise UsageError(
            f"{text} holds {len(found)} datasets: {', '.join(paths.folder.name for paths in found)}",
            "Name one of their folders, or several with ShardDataset.mix.",
        )
    return _listed(found[0], {})


def identity(sources: Sequence[Source], *settings: object, hashes: bool = True) -> str:
    """A hash of the samples of some sources, and of settings. Without `hashes` it is that of states saved by 0.1."""
    return hashlib.sha256(repr(([one.fingerprint(hashes) for one in sources], settings)).encode()).hexdigest()[:16]


def _listed(paths: OutputPaths, named: dict[int, str]) -> Source:
    """An output whose folder can be listed: all of its shards, or the named ones."""
    remote = is_remote(paths.folder)
    if not remote and not paths.ledger.is_dir():
        contract = read_contract(paths) if paths.contract.is_file() else None
        if contract and contract.content:
            raise OutputError(
                f"{paths.folder}: has no ledger, without which only text videos can be read",
                "Copy the output with its ledger/.",
            )
        shards = []
        for number in sorted(named) or tar_numbers(paths):
            with open_shard(paths.tar(number)) as stored:
                shards.append(Shard(number, len(stored), str(paths.tar(number))))
        return _source(paths, shards, contract)
    addresses = {number: named.get(number) or str(paths.tar(number)) for number in named or entry_numbers(paths)}
    if not remote:
        addresses = {number: str(paths.tar(number)) for number in addresses}
    ledger = open_ledger(paths)
    _require_videos(paths, ledger.contract)
    shards = _counted(ledger, addresses, {State.DONE})
    return _source(paths, shards, ledger.contract, ledger, on_disk=not remote)


def _with_ledger(text: str, paths: OutputPaths, named: dict[int, str]) -> Source:
    """Shards that cannot be listed, or have their ledger elsewhere; there, the tars are of course missing."""
    addresses = named or {n: f"{text.rstrip('/')}/{paths.tar(n).name}" for n in entry_numbers(paths)}
    ledger = open_ledger(paths)
    _require_videos(paths, ledger.contract)
    shards = _counted(ledger, addresses, {State.DONE, State.TORN})
    return _source(paths, shards, ledger.contract, ledger, on_disk=False)


def _require_videos(paths: OutputPaths, contract: Contract) -> None:
    content = contract.content
    if content and content.get("name") != CLIPS:
        raise OutputError(
            f"{paths.folder}: holds {content.get('name')}, neither text videos nor clips",
            "Read its tars with webdataset.",
        )


def _counted(ledger: Ledger, addresses: dict[int, str], accepted: set[State]) -> list[Shard]:
    """The shards of these numbers, with their ledger entries' counts."""
    shards, paths = [], ledger.paths
    for number, state, entry, problem in ledger.lookup_many(sorted(addresses)):
        if state is State.MISSING:
            raise OutputError(
                f"{paths.folder} has no ledger entry of shard {number}", "Run 'vwd pack' again to complete it."
            )
        if entry is None or state not in accepted:
            again = "Run 'vwd pack' again with the same settings to complete it, or leave it out."
            raise OutputError(
                f"{paths.shard_name(number)} is {state.value}: {problem}",
                f"Open the others by their names, or {REMOVE_IT}." if REMOVE_IT in problem else again,
            )
        skipped = tuple(skip.index for skip in entry.skips)
        rows = range(entry.start, entry.stop)
        shards.append(Shard(number, entry.samples, addresses[number], entry.sha256, rows, skipped))
    return shards


def _source(
    paths: OutputPaths, shards: Sequence[Shard], contract: Contract | None, ledger: Ledger | None = None,
    on_disk: bool = True,
) -> Source:  # fmt: skip
    dataset = paths.dataset
    held = tuple(shard for shard in shards if shard.samples)
    if not held:
        raise OutputError(f"{dataset}: these shards hold no sample", "Pack some with 'vwd pack', or give others.")
    if contract is None:
        return Source(dataset, held, paths if on_disk else None, ledger, None)
    clips = contract.optional if contract.content else ()
    return Source(dataset, held, paths if on_disk else None, ledger, contract.video, clips)


def _expand(text: str) -> list[str]:
    from webdataset.shardlists import expand_urls

    return [str(url) for url in expand_urls(text)]


def _named(addresses: Sequence[str]) -> dict[int, str]:
    """Addresses by the number of the shard that they name."""
    named = {}
    for address in addresses:
        found = _SHARD.findall(address)
        if not found:
            raise UsageError(f"{address}: names no shard", "Shards are named like gsm8k-000000.tar.")
        named[int(found[-1][1])] = address
    return named
