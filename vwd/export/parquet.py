"""Parquet: a row a sample, with its texts and numbers and, if requested, its video; a file a shard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from vwd.errors import ShardError
from vwd.export.folder import ExportResult, export_folder
from vwd.export.metadata import read_prompts, read_storyboard
from vwd.export.selection import Part, Selection, select
from vwd.shards.paths import OutputPaths, sample_video_path
from vwd.shards.reader import StoredSample
from vwd.shards.tokens import count_tokens
from vwd.storage.hashing import sha256_file

# Texts compress well and are read in bulk; 64 MB are about 400 videos of the default size.
ROW_GROUP_ROWS = 10_000
ROW_GROUP_BYTES = 64_000_000
# Recorded in every file; raised when the columns change. The second: videos are a `Video` of `datasets`.
_VERSION = 1
_VERSION_WITH_VIDEO = 2

_TEXTS = (
    "key", "dataset", "language", "kind", "question", "answer", "final_answer", "inference_prompt",
    "rendering_prompt", "video_path",
)  # fmt: skip
_COUNTS = ("width", "height", "frames", "pages", "prompt_frames", "words", "prompt_tokens", "answer_tokens")


def export_parquet(
    paths: OutputPaths,
    base_dir: Path,
    start_idx: int = 0,
    num_samples: int | None = None,
    on_sample: Callable[[], None] = lambda: None,
    check: bool = True,
    with_video: bool = False,
) -> ExportResult:
    """Writes `<base>/<dataset>/parquet/<shard>.parquet`, or one `<dataset>_video_data_<start_idx>.parquet` for a slice.

    A file that was made from the same tars in the same way is left alone, and its tars are not read.

    Args:
        with_video: with a column `video` of the mp4 files: a struct of `bytes` and `path`, a `Video` of `datasets`.
        check: compare each tar with the sha256 of its ledger entry.

    Raises:
        ShardError: a tar is not the one of its ledger entry, or has members that no shard should have; nothing was
            taken from it.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
    """
    selection = select(paths, start_idx, num_samples, check=check)
    with export_folder(base_dir, paths) as folder:
        for part in selection.by_shard():
            path, origin = _path(folder.path, selection, part), _origin(selection, part, with_video)
            samples = _count_if_current(path, origin)
            if samples is None:
                with folder.write(path) as file:
                    samples = _write(file, origin, _rows(selection, part, with_video, on_sample), with_video)
            else:
                folder.unchanged += 1
                for _ in range(samples):
                    on_sample()
            folder.samples += samples
    return folder.result(selection)


def _path(folder: Path, selection: Selection, part: Part) -> Path:
    if not selection.rows.everything:
        # Not beside the shards' files: reading all of those would give these rows twice.
        return folder / f"{selection.paths.dataset}_video_data_{part.start}.parquet"
    return folder / "parquet" / f"{selection.paths.shard_name(part.shards[0])}.parquet"


def _origin(selection: Selection, part: Part, with_video: bool) -> str:
    """What a file is made from and how: a file that records the same is current."""
    hashes = {}
    for number in part.shards:
        entry = selection.entries.get(number)
        hashes[selection.paths.shard_name(number)] = entry.sha256 if entry else sha256_file(selection.paths.tar(number))
    rows = [selection.rows.start, selection.rows.stop]
    version = _VERSION_WITH_VIDEO if with_video else _VERSION
    return json.dumps({"version": version, "rows": rows, "with_video": with_video, "shards": hashes})


def _count_if_current(path: Path, origin: str) -> int | None:
    """How many rows a file has that was made from this; None where there is no such file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:  # pyarrow takes only names that are UTF-8
            footer = pq.read_metadata(file)
    except (FileNotFoundError, pa.ArrowInvalid):  # cut short, or something else of this name
        return None
    recorded = (footer.metadata or {}).get(b"vwd", b"")
    return int(footer.num_rows) if recorded == origin.encode() else None


def _rows(
    selection: Selection, part: Part, with_video: bool, on_sample: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    for sample, row in selection.samples(part, lambda sample: _row(selection.paths.dataset, sample)):
        video = {"bytes": sample.read("mp4"), "path": f"{sample.key}.mp4"} if with_video else None
        yield {**row, "video": video} if video else row
        on_sample()


def _row(dataset: str, sample: StoredSample) -> dict[str, Any]:
    prompts, record = read_prompts(sample), read_storyboard(sample)
    board = record.storyboard
    if sample.index >= 2**63:
        raise ShardError(f"{sample.path}: the row's number in '{sample.key}' is impossible", "Pack this shard again.")
    return {
        "key": sample.key,
        "dataset": dataset,
        "index": sample.index,
        "language": board.language,
        "kind": record.kind,
        "question": record.question,
        "answer": record.answer,
        "final_answer": record.final_answer,
        "inference_prompt": prompts["inference"],
        "rendering_prompt": prompts["rendering"],
        "video_path": sample_video_path(dataset, sample.key),
        "width": board.width,
        "height": board.height,
        "frames": board.frames,
        "pages": board.pages,
        "prompt_frames": board.prompt_frames,
        "words": len(board.words),
        "fps": record.fps,
        "seconds": record.seconds,
        "prompt_tokens": count_tokens(record.question),
        "answer_tokens": count_tokens(record.answer),
        "video_bytes": sample.members["mp4"].size,
    }


def _write(file: IO[bytes], origin: str, rows: Iterator[dict[str, Any]], with_video: bool) -> int:
    """Writes rows in groups that fit in memory, however large the shard. Returns the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(origin, with_video)
    plain = [name for name in schema.names if name != "video"]
    as_it_is = {name: "NONE" for name in ("video.bytes", "video.path") if with_video}  # an mp4 is compressed
    writer = pq.ParquetWriter(
        file, schema,
        compression={**dict.fromkeys(plain, "ZSTD"), **as_it_is},
        use_dictionary=["dataset", "language", "kind"],
        write_statistics=plain,  # the smallest and largest value of a video are useless, and large
    )  # fmt: skip
    total = 0
    with writer:
        for group in _groups(rows):
            writer.write_table(pa.Table.from_pylist(group, schema=schema), row_group_size=len(group))
            total += len(group)
    return total


def _schema(origin: str, with_video: bool) -> Any:
    import pyarrow as pa

    fields = [pa.field(name, pa.string(), nullable=False) for name in _TEXTS]
    fields.insert(2, pa.field("index", pa.int64(), nullable=False))
    fields += [pa.field(name, pa.int32(), nullable=False) for name in _COUNTS]
    fields += [pa.field(name, pa.float64(), nullable=False) for name in ("fps", "seconds")]
    fields.append(pa.field("video_bytes", pa.int64(), nullable=False))
    features = {field.name: {"dtype": str(field.type), "_type": "Value"} for field in fields}
    metadata = {"vwd": origin}
    if with_video:
        # As `datasets` stores a `Video`, to the last detail: it compares types, and whether they may be null.
        fields.append(pa.field("video", pa.struct({"bytes": pa.binary(), "path": pa.string()})))
        features["video"] = {"_type": "Video"}
        metadata["huggingface"] = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata=metadata)


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        group.append(row)
        size += row["video_bytes"] * ("video" in row) + sum(len(text) for text in row.values() if isinstance(text, str))
        if len(group) >= ROW_GROUP_ROWS or size >= ROW_GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group
