"""Preparing a benchmark: its rows as unified JSONL, a file a split, and its images in one folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from vwd.corpora.sample import RefusedRow, Row, SkipCode
from vwd.corpora.sources.many import FileRows
from vwd.errors import OutputError
from vwd.limits import LARGEST_RECORD
from vwd.records.benchmarks.images import (
    ROOTS_HINT,
    ImageFinder,
    ImageStore,
    image_bytes,
    image_columns,
    is_address,
    referenced,
)
from vwd.records.benchmarks.normalise import Reading, row_id
from vwd.records.benchmarks.registry import Benchmark
from vwd.records.benchmarks.sampling import Part, chosen_rows
from vwd.records.benchmarks.schema import ImageRef, encode_record
from vwd.records.benchmarks.source import Source, SourceFile, joined_rows
from vwd.records.benchmarks.variables import image_roots
from vwd.records.faults import FaultError
from vwd.storage.atomic import atomic_write_if_changed
from vwd.storage.errors import output_errors
from vwd.storage.tempfiles import remove_stale

# Rows that a result names of those that were left out.
_NAMED = 5


@dataclass(frozen=True)
class PrepareSettings:
    """How a benchmark is prepared.

    Attributes:
        output_dir: gets `<dataset>/<dataset>_<split>.jsonl`.
        image_dir: gets `<dataset>/`, with `store_images`.
        max_samples: of a split; None for all.
        streaming: takes the first rows instead of a sample, and opens no more files than they need.
        parquet: writes `<dataset>_<split>.parquet`, too.
    """

    output_dir: Path = Path("data/processed")
    image_dir: Path = Path("data/images")
    subset: str = ""
    store_images: bool = False
    max_samples: int | None = None
    seed: int = 42
    streaming: bool = False
    parquet: bool = False


@dataclass(frozen=True)
class PreparedSplit:
    """A split as it was written.

    Attributes:
        rows: that were looked at; those that were left out are in `skips`, by code.
        sha256: of the JSONL file.
        files: the source's files and their hashes.
        missing: what is said of the first rows that were left out.
    """

    dataset: str
    split: str
    path: Path
    rows: int
    written: int
    skips: Counter[str] = field(default_factory=Counter)
    sha256: str = ""
    source: str = ""
    revision: str = ""
    files: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Job:
    benchmark: Benchmark
    split: str
    settings: PrepareSettings
    finder: ImageFinder
    store: ImageStore | None


def split_path(output_dir: Path, dataset: str, split: str, ending: str = "jsonl") -> Path:
    """Where a split is written."""
    return output_dir / dataset / f"{dataset}_{split}.{ending}"


def prepare_split(
    benchmark: Benchmark, source: Source, split: str, settings: PrepareSettings, source_split: str = "",
    part: Part | None = None, on_rows: Callable[[int], None] = lambda count: None,
) -> PreparedSplit:  # fmt: skip
    """Writes one split as unified JSONL. The same rows and settings give the same bytes.

    Args:
        split: the name that it gets.
        source_split: the source's split that its rows come from; `split` by default.
        part: the part of those rows that belongs to it, where a validation split is cut off from train.

    Raises:
        RowsError: the source has no such split, a file of it is broken, or its answers do not show what they mean.
        OutputError: nothing could be written, since every row was left out; or the disk refuses.
        HubError: a file cannot be downloaded.
    """
    files = source.split(source_split or split)
    lookup = (*image_roots(benchmark.name), *([source.folder / "images", source.folder] if source.folder else []))
    store = ImageStore(settings.image_dir / benchmark.name) if settings.store_images else None
    job = _Job(benchmark, split, settings, ImageFinder(tuple(lookup)), store)
    opened = _open(source, files, settings)
    rows = joined_rows([one for _, one in opened])
    reading = Reading.of(benchmark, split, settings.subset, _Answers(rows, benchmark))
    wanted = chosen_rows(rows.count or 0, settings, part)
    path = split_path(settings.output_dir, benchmark.name, split)
    temp = settings.output_dir / ".tmp"
    with output_errors(settings.output_dir, "and run again."):
        with atomic_write_if_changed(path, temp, lambda: None) as file:
            writer = _Writer(file)
            for place, (reference, number, row) in enumerate(_rows(opened, wanted)):
                writer.add(job, reading, row, reference, number)
                on_rows(place + 1)
            if not writer.written:
                raise _nothing(job, writer)
        for folder in (temp, *([store.folder / ".tmp"] if store else [])):
            with suppress(OSError):
                remove_stale(folder)
        if settings.parquet:
            from vwd.records.benchmarks.parquet import write_parquet

            write_parquet(path, split_path(settings.output_dir, benchmark.name, split, "parquet"), temp)
    hashes = tuple((file.reference, one.identity.get("sha256", "")) for file, one in opened)
    return PreparedSplit(
        benchmark.name, split, path, writer.rows, writer.written, writer.skips, writer.digest.hexdigest(),
        source.identity, source.revision, hashes, tuple(writer.missing),
    )  # fmt: skip


@dataclass(frozen=True)
class _Answers:
    """The columns of answers and choices of every row."""

    rows: Any
    benchmark: Benchmark

    def __iter__(self) -> Iterator[Row]:
        one = self.benchmark
        columns = (*one.answer, *one.choices, *one.choice_columns)
        yield from self.rows.read(0, self.rows.count, columns, LARGEST_RECORD) if one.answer else ()


class _Writer:
    """Writes records, and counts what becomes of rows."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ids: set[str] = set()
        self.digest = hashlib.sha256()
        self.rows = self.written = 0
        self.skips: Counter[str] = Counter()
        self.missing: list[str] = []

    def add(self, job: _Job, reading: Reading, row: Row, reference: str, number: int) -> None:
        self.rows += 1
        try:
            line = self._line(job, reading, row, reference, number)
        except FaultError as error:
            self.skips[error.fault.code.value] += 1
            if len(self.missing) < _NAMED:
                self.missing.append(f"{reference}, row {number}: {error.fault.detail}")
            return
        self._file.write(line)
        self.digest.update(line)
        self.written += 1

    def _line(self, job: _Job, reading: Reading, row: Row, reference: str, number: int) -> bytes:
        if isinstance(row, RefusedRow):
            raise FaultError(SkipCode.BAD_ROW, row.detail)
        identity = row_id(row, job.benchmark)
        if identity in self._ids:
            raise FaultError(SkipCode.ID_DUPLICATE, f"an earlier row has the id {identity!r:.200}")
        self._ids.add(identity)
        images = list(_images(job, row, identity, reference, number))
        more = {"images": [_as_json(image) for image in images[1:]]} if len(images) > 1 else {}
        record = reading.record(row, images[0] if images else None, more)
        if not record.question.strip():
            raise FaultError(SkipCode.EMPTY_TEXT, "the row has no question")
        return encode_record(record)


def _images(job: _Job, row: Row, identity: str, reference: str, number: int) -> Iterator[ImageRef]:
    one = job.benchmark
    first = next(image_columns(row, one.image), "")
    for place, column in enumerate([*([first] if first else []), *image_columns(row, one.more_images)], 1):
        if job.store is None or is_address(row[column]):
            image = referenced(row, column, reference, number)
        else:
            data = image_bytes(row[column], job.finder)
            image = None if data is None else job.store.put(job.split, identity, data, place)
        if image:
            yield image


def _as_json(image: ImageRef) -> dict[str, Any]:
    return {"source": image.source, "path": image.path, "url": image.url, "sha1": image.sha1}


def _open(source: Source, files: Sequence[SourceFile], settings: PrepareSettings) -> list[tuple[SourceFile, FileRows]]:
    """The files of a split; streaming, no more of them than the wanted rows are in."""
    opened: list[tuple[SourceFile, FileRows]] = []
    count = 0
    for file in files:
        opened.append((file, source.open(file)))
        count += opened[-1][1].count
        if settings.streaming and settings.max_samples is not None and count >= settings.max_samples:
            break
    return opened


def _rows(opened: list[tuple[SourceFile, FileRows]], wanted: Sequence[int]) -> Iterator[tuple[str, int, Row]]:
    """The wanted rows in rising order: the reference of their file, their number in it, and the row."""
    first = 0
    remaining = iter(wanted)
    index = next(remaining, None)
    for file, rows in opened:
        while index is not None and index < first + rows.count:
            start, stop = index - first, index - first + 1
            while (index := next(remaining, None)) == first + stop and stop < rows.count:
                stop += 1
            for number, row in enumerate(rows.read(start, stop, None, LARGEST_RECORD), start):
                yield file.reference, number, row
        rows.release()
        first += rows.count


def _nothing(job: _Job, writer: _Writer) -> OutputError:
    counts = ", ".join(f"{code} {count:,}" for code, count in sorted(writer.skips.items()))
    said = f"; {writer.missing[0]}" if writer.missing else ""
    hint = f"{ROOTS_HINT[0].upper()}{ROOTS_HINT[1:]}." if writer.skips["image_missing"] else "Check the rows."
    return OutputError(
        f"{job.benchmark.name}, split {job.split}: all {writer.rows:,} rows were left out ({counts}){said}", hint
    )
