"""What `energon prepare` would write by reading every tar (megatron-energon 7): `.nv-meta/` and `<shard>.tar.idx`."""

from __future__ import annotations

import json
import sqlite3
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from vwd.index.listing import Listing, Shard

FOLDER = ".nv-meta"
DATABASE = f"{FOLDER}/index.sqlite"
IDENTITY = f"{FOLDER}/index.uuid"

# The release whose layout this is; energon only shows it.
_VERSION = "7.4.1"
# A sample of video and question, nothing else; users may change the fields in the file.
_DATASET_YAML = """\
sample_type:
  __module__: megatron.energon
  __class__: VidQASample
field_map:
  video: mp4
  context: inference.json[prompt]
"""
# Tables and indexes as energon's own writer names them.
_TABLES = """
CREATE TABLE samples (tar_file_id INTEGER NOT NULL, sample_key TEXT NOT NULL UNIQUE, sample_index INTEGER NOT NULL,
    byte_offset INTEGER, byte_size INTEGER);
CREATE TABLE sample_parts (tar_file_id INTEGER, sample_index INTEGER, part_name TEXT, content_byte_offset INTEGER,
    content_byte_size INTEGER);
"""
_INDEXES = """
CREATE INDEX idx_samples_by_tar_and_idx ON samples(tar_file_id, sample_index);
CREATE INDEX idx_sample_parts_seq ON sample_parts(tar_file_id, sample_index, content_byte_offset);
CREATE INDEX idx_sample_parts_full ON sample_parts(tar_file_id, sample_index, part_name, content_byte_offset,
    content_byte_size);
"""


def meta_files(listing: Listing) -> Iterator[tuple[str, bytes, Callable[[bytes], bool]]]:
    """Name and content of the small files of `.nv-meta`; the order of `shard_counts` gives each tar its number.

    The third says whether an existing file may be replaced: people edit fields and splits by hand.
    """
    counts = {shard.tar: shard.samples for shard in listing.shards}
    info = {"energon_version": _VERSION, "shard_counts": counts}
    split = {"split_parts": {"train": list(counts), "val": [], "test": []}, "exclude": []}
    yield f"{FOLDER}/.info.json", (json.dumps(info, indent=2) + "\n").encode(), lambda _: True
    yield f"{FOLDER}/split.yaml", (json.dumps(split, indent=2) + "\n").encode(), _is_all_train  # JSON is YAML
    yield f"{FOLDER}/dataset.yaml", _DATASET_YAML.encode(), lambda existing: existing == _DATASET_YAML.encode()


def _is_all_train(existing: bytes) -> bool:
    """Whether a `split.yaml` has the form that is written here, perhaps with other shards."""
    try:
        split = json.loads(existing)
        parts = split["split_parts"]
        return not (parts["val"] or parts["test"] or split["exclude"])
    except (ValueError, KeyError, TypeError):
        return False


def identity(listing: Listing) -> bytes:
    """The content of `index.uuid`: changes when the samples do, and only then."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "".join(shard.sha256 for shard in listing.shards))).encode()


def tar_index(listing: Listing, shard: Shard) -> bytes:
    """`<shard>.tar.idx`: where each sample's first header is, then the end of the last; little-endian uint64."""
    samples = list(listing.samples(shard))
    offsets = [sample.start for sample in samples] + [samples[-1].stop]
    return struct.pack(f"<{len(offsets)}Q", *offsets)


def write_database(listing: Listing, path: Path) -> None:
    """`index.sqlite`, by which energon finds a sample by its key, and its parts by name."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.executescript(_TABLES)
        for number, shard in enumerate(listing.shards):
            samples, parts = [], []
            for index, sample in enumerate(listing.samples(shard)):
                samples.append((number, sample.key, index, sample.start, sample.stop - sample.start))
                parts += [(number, index, ending, *span) for ending, span in sample.members.items()]
            database.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?)", samples)
            database.executemany("INSERT INTO sample_parts VALUES (?, ?, ?, ?, ?)", parts)
        database.executescript(_INDEXES)
        database.commit()
