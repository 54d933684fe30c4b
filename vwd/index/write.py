"""`vwd index`: writes the requested sidecars; an existing file with the same content is left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from vwd.errors import OutputError
from vwd.index import card, energon, webdataset
from vwd.index.dali import dali_index
from vwd.index.listing import Listing, list_shards
from vwd.index.sat import sat_meta
from vwd.shards.entry import Entry
from vwd.shards.members import SAT_ID
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import atomic_path, atomic_write
from vwd.storage.errors import output_errors
from vwd.storage.objects import exists, read_if_exists
from vwd.storage.tempfiles import remove_stale

KINDS = ("webdataset", "hf", "energon", "dali", "sat")
# A handful of small files: a pack that is complete writes them by itself.
DEFAULT_KINDS = ("webdataset", "hf")
# Compared with the ledger byte for byte; of the card, whose wording may change, only the counts.
_FROM_LEDGER = tuple(kind for kind in KINDS if kind not in ("sat", "hf"))
_CARD = "README.md"
_NO_SAT = "the samples have no 'id' member; pack with `sat_meta` into another `out`"
_AGAIN = "and run 'vwd index' again."
_DATABASE_FILES = (energon.DATABASE, energon.IDENTITY)


@dataclass(frozen=True)
class IndexResult:
    """How indexing went.

    Attributes:
        pattern: all tars as one name for webdataset.
        written: the names of the files that were created or replaced.
        unchanged: how many existed with the same content.
        left_out: kinds that this output cannot be indexed for, each with the reason.
    """

    dataset: str
    pattern: str
    written: tuple[str, ...]
    unchanged: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sidecar:
    """A file in the dataset's folder and its content.

    Attributes:
        ours: whether an existing file may be replaced.
        compared: what of an existing file must agree with the content.
    """

    name: str
    content: Callable[[], bytes]
    ours: Callable[[bytes], bool] = lambda _: True
    compared: Callable[[bytes], bytes] = bytes

    def is_current(self, folder: Path, absent: bool = False) -> bool:
        """Whether the file is up to date, or somebody's own; `absent` where it does not exist."""
        existing = read_if_exists(folder / self.name)
        return absent if existing is None else not self.ours(existing) or self.compared(existing) == self.content()


def write_index(
    paths: OutputPaths, kinds: tuple[str, ...] | None = None, entries: Mapping[int, Entry] | None = None
) -> IndexResult:
    """Writes the sidecars of these kinds, from the ledger alone (except for sat's captions).

    Files that users have edited are never overwritten: `README.md`, energon's `split.yaml` and `dataset.yaml`.

    Args:
        kinds: by default those of `DEFAULT_KINDS` that this output can be indexed for.
        entries: of the complete shards, where they have been read already.

    Raises:
        OutputError: a shard is torn, there is none, the samples do not have what a kind needs, or the folder cannot
            be written.
    """
    listing = list_shards(paths, entries)
    if not listing.summary.shards:
        raise OutputError(f"{paths.folder}: no shard in this folder", "Run 'vwd pack' first.")
    possible = _possible_kinds(listing)
    kinds = kinds or tuple(kind for kind in DEFAULT_KINDS if kind in possible)
    if listing.contract.content and (other := [kind for kind in kinds if kind not in possible]):
        raise OutputError(
            f"{paths.folder}: holds {listing.contract.content['name']}, which have no index for {', '.join(other)}",
            f"Index it for {', '.join(possible)}.",
        )
    written: list[str] = []
    unchanged = 0
    try:
        with output_errors(paths.folder, _AGAIN):
            if "energon" in kinds and listing.shards:
                new = _write_database(listing)
                written += new
                unchanged += 0 if new else len(_DATABASE_FILES)
            for sidecar in _sidecars(listing, kinds):
                if sidecar.is_current(paths.folder):
                    unchanged += 1
                    continue
                with atomic_write(paths.folder / sidecar.name, paths.temp) as file:
                    file.write(sidecar.content())
                written.append(sidecar.name)
    except sqlite3.OperationalError as error:  # a full disk, too: sqlite does not pass the system's error on
        raise OutputError(
            f"{paths.folder / energon.DATABASE}: {error}", f"Free some space or fix the permissions, {_AGAIN}"
        ) from error
    finally:
        with suppress(OSError):
            remove_stale(paths.temp)
    return IndexResult(paths.dataset, webdataset.brace_pattern(listing), tuple(written), unchanged)


def write_all(paths: OutputPaths) -> IndexResult:
    """`write_index` of every kind that this output can be indexed for; the result names the others, and why.

    Raises: as `write_index`.
    """
    listing = list_shards(paths)
    possible, content = _possible_kinds(listing), listing.contract.content
    reason = f"these are {content['name']}, no text videos" if content else _NO_SAT
    left_out = tuple(f"{kind}: {reason}" for kind in KINDS if kind not in possible)
    return replace(write_index(paths, possible), left_out=left_out)


def _possible_kinds(listing: Listing) -> tuple[str, ...]:
    if listing.contract.content:
        return ("webdataset",)
    return tuple(kind for kind in KINDS if kind != "sat" or SAT_ID in listing.contract.members)


def stale_sidecars(paths: OutputPaths) -> list[str]:
    """The sidecars that are out of date with the ledger; sat's captions are not compared."""
    listing = list_shards(paths)
    sidecars = [_identity(listing), *_sidecars(listing, _FROM_LEDGER)]
    found = [sidecar.name for sidecar in sidecars if not sidecar.is_current(paths.folder, absent=True)]
    existing = read_if_exists(paths.folder / _CARD)
    if existing is not None and card.is_ours(existing) and card.counts(listing).encode() not in existing:
        found.append(_CARD)
    return found


def _sidecars(listing: Listing, kinds: tuple[str, ...]) -> Iterator[_Sidecar]:
    if not listing.shards:
        return
    if "webdataset" in kinds:
        yield _Sidecar("shardindex.json", partial(webdataset.shard_index, listing), compared=webdataset.without_md5)
        yield _Sidecar("sizes.json", partial(webdataset.sizes, listing))
        yield _Sidecar("SHA256SUMS", partial(webdataset.sha256sums, listing))
    if "hf" in kinds:
        yield _Sidecar(_CARD, partial(card.card, listing), card.is_ours)
    for shard in listing.shards:
        stem = shard.tar.removesuffix(".tar")
        if "energon" in kinds:
            yield _Sidecar(f"{shard.tar}.idx", partial(energon.tar_index, listing, shard))
        if "dali" in kinds:
            yield _Sidecar(f"{stem}.idx", partial(dali_index, listing, shard))
        if "sat" in kinds:
            yield _Sidecar(f"{stem}.meta.jsonl", partial(sat_meta, listing, shard))
    if "energon" in kinds:
        for name, content, ours in energon.meta_files(listing):
            yield _Sidecar(name, partial(bytes, content), ours)


def _identity(listing: Listing) -> _Sidecar:
    return _Sidecar(energon.IDENTITY, partial(energon.identity, listing))


def _write_database(listing: Listing) -> tuple[str, ...]:
    """Energon's database, unless the existing one has the same samples. Its identity is written after it."""
    folder, identity = listing.paths.folder, _identity(listing)
    if identity.is_current(folder) and exists(folder / energon.DATABASE):
        return ()
    with atomic_path(folder / energon.DATABASE, listing.paths.temp) as path:
        energon.write_database(listing, path)
    with atomic_write(folder / identity.name, listing.paths.temp) as file:
        file.write(identity.content())
    return _DATABASE_FILES
