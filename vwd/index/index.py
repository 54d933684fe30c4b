"""`vwd index`: writes the sidecars that were asked for; what is there with the same content stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vwd.errors import OutputError
from vwd.index import card, energon, light
from vwd.index.dali import dali_index
from vwd.index.listing import Listing, list_shards
from vwd.index.sat import sat_meta
from vwd.shards.files import sweep, whole_file, whole_path
from vwd.shards.members import SAT_ID
from vwd.shards.paths import OutputPaths
from vwd.shards.storage import exists, read_if_there

KINDS = ("webdataset", "hf", "energon", "dali", "sat")
# A handful of small files, so that a pack that ends complete writes them by itself.
LIGHT = ("webdataset", "hf")
# What is compared with the ledger, byte for byte; of the card, whose wording may change, the counts.
_FROM_LEDGER = tuple(kind for kind in KINDS if kind not in ("sat", "hf"))
_CARD = "README.md"
_DATABASE_FILES = (energon.DATABASE, energon.IDENTITY)


@dataclass(frozen=True)
class IndexResult:
    """How indexing went: the names of files written now, and how many were there with the same content.

    Attributes:
        pattern: all tars as one name for webdataset.
    """

    dataset: str
    pattern: str
    written: tuple[str, ...]
    unchanged: int


@dataclass(frozen=True)
class _Sidecar:
    """A file in the dataset's folder, and what makes its content; `ours` says of another's whether it may go."""

    name: str
    content: Callable[[], bytes]
    ours: Callable[[bytes], bool] = lambda _: True

    def is_current(self, folder: Path, absent: bool = False) -> bool:
        """Whether the file says what it should, or is somebody's own; `absent` where it is not there."""
        there = read_if_there(folder / self.name)
        return absent if there is None else not self.ours(there) or there == self.content()


def write_index(paths: OutputPaths, kinds: tuple[str, ...] = LIGHT) -> IndexResult:
    """Writes the sidecars of these kinds, from the ledger alone (but for sat's captions).

    What somebody has made their own is left as it is: `README.md`, energon's `split.yaml` and `dataset.yaml`.

    Raises:
        OutputError: a shard is torn or none is there, the samples lack what a kind needs, or the folder cannot be
            written.
    """
    listing = list_shards(paths)
    if not listing.summary.shards:
        raise OutputError(f"{paths.folder}: no shard is here", "Run 'vwd pack' first.")
    written: list[str] = []
    unchanged = 0
    try:
        if "energon" in kinds and listing.shards:
            fresh = _write_database(listing)
            written += fresh
            unchanged += 0 if fresh else len(_DATABASE_FILES)
        for sidecar in _sidecars(listing, kinds):
            if sidecar.is_current(paths.folder):
                unchanged += 1
                continue
            with whole_file(paths.folder / sidecar.name, paths.temp) as file:
                file.write(sidecar.content())
            written.append(sidecar.name)
    except OSError as error:
        raise OutputError(
            f"{error.filename or paths.folder}: {error.strerror or error}",
            "Free some space or mend the permissions, and run 'vwd index' again.",
        ) from error
    except sqlite3.OperationalError as error:  # a full disk, too: sqlite does not pass the system's error on
        raise OutputError(
            f"{paths.folder / energon.DATABASE}: {error}",
            "Free some space or mend the permissions, and run 'vwd index' again.",
        ) from error
    finally:
        with suppress(OSError):
            sweep(paths.temp)
    return IndexResult(paths.dataset, light.brace_pattern(listing), tuple(written), unchanged)


def all_kinds(paths: OutputPaths) -> tuple[str, ...]:
    """Every kind that this output has what it takes for."""
    members = list_shards(paths).contract["members"]
    return tuple(kind for kind in KINDS if kind != "sat" or SAT_ID in members)


def stale(paths: OutputPaths) -> list[str]:
    """The sidecars that are there and do not say what the ledger says; sat's captions are not compared."""
    listing = list_shards(paths)
    sidecars = [_identity(listing), *_sidecars(listing, _FROM_LEDGER)]
    found = [sidecar.name for sidecar in sidecars if not sidecar.is_current(paths.folder, absent=True)]
    there = read_if_there(paths.folder / _CARD)
    if there is not None and card.is_ours(there) and card.counts(listing).encode() not in there:
        found.append(_CARD)
    return found


def _sidecars(listing: Listing, kinds: tuple[str, ...]) -> Iterator[_Sidecar]:
    if not listing.shards:
        return
    if "webdataset" in kinds:
        yield _Sidecar("shardindex.json", partial(light.shard_index, listing))
        yield _Sidecar("sizes.json", partial(light.sizes, listing))
        yield _Sidecar("SHA256SUMS", partial(light.sha256sums, listing))
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
    """Energon's database, unless the one that is there is of the same samples. Its mark is written after it."""
    folder, mark = listing.paths.folder, _identity(listing)
    if mark.is_current(folder) and exists(folder / energon.DATABASE):
        return ()
    with whole_path(folder / energon.DATABASE, listing.paths.temp) as path:
        energon.write_database(listing, path)
    with whole_file(folder / mark.name, listing.paths.temp) as file:
        file.write(mark.content())
    return _DATABASE_FILES
