"""Rows that `datasets` holds: Arrow files on disk, memory-mapped, or a stream of what is on the hub."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from vwd.corpora.registry import Corpus
from vwd.corpora.sample import RefusedRow, Row
from vwd.corpora.sources.arrow_rows import arrow_rows
from vwd.corpora.sources.datasets_errors import cause_of, heard_errors
from vwd.corpora.sources.hub_client import hub_name
from vwd.corpora.sources.watched import SilentError, silence_hint, watched
from vwd.errors import HubError, RowsError
from vwd.limits import ARROW_BATCH_ROWS, MAX_ROW_BYTES


@dataclass(frozen=True)
class DatasetRows:
    """An Arrow dataset on disk. Pickling it copies file names, not rows."""

    dataset: Any
    identity: dict[str, str]

    seekable: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.dataset.column_names)

    @property
    def count(self) -> int:
        return len(self.dataset)

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """As `Rows.read`. Columns that are not wanted stay on disk."""
        arrow = self.dataset.with_format("arrow")
        stop = min(stop, self.count)
        for first in range(start, stop, ARROW_BATCH_ROWS):
            yield from arrow_rows(
                arrow[first : min(first + ARROW_BATCH_ROWS, stop)], columns, max_bytes, partial(self._name, first),
                "Replace a local copy with 'vwd download' and `force`; else remove that file, and run it again.",
            )  # fmt: skip

    def _name(self, first: int, place: int) -> str:
        return f"{self._where()}, row {first + place} (the first is 0)"

    def _where(self) -> str:
        """The file with the rows, or the folder if there are several."""
        files = [Path(file["filename"]) for file in self.dataset.cache_files]
        return str(files[0] if len(files) == 1 else files[0].parent) if files else "the rows"


@dataclass(frozen=True)
class StreamRows:
    """A hub dataset that is streamed, for sets too large to store. `skip` does not decode."""

    dataset: Any
    identity: dict[str, str]
    columns: tuple[str, ...]
    count: int | None

    seekable: ClassVar[bool] = False

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """As `Rows.read`, but a row that is too large is in memory until it has been measured.

        Raises:
            HubError: the stream broke off, or what it holds is damaged.
            RowsError: the same of a folder.
        """
        position = start
        with heard_errors() as heard, watched(hub_name()) as call:
            try:
                rows = iter(self.dataset.skip(start).take(stop - start))
                while (row := call(partial(next, rows, None))) is not None:
                    size = sum(_size(value) for name, value in row.items() if columns is None or name in columns)
                    yield RefusedRow.too_large(size, max_bytes) if size > max_bytes else row
                    position += 1
                    if position == stop:  # `datasets` would read on to the end of its batch
                        return
            except SilentError as silent:
                raise self._broken(position, str(silent), silence_hint() + ", or without `streaming`.") from silent
            except Exception as error:  # datasets, fsspec, pyarrow and the HTTP client raise their own
                raise self._broken(position, cause_of(error, heard)) from error

    def _broken(self, position: int, cause: str, hint: str = "") -> HubError | RowsError:
        if "id" not in self.identity:
            return RowsError(
                f"the folder's rows cannot be read from row {position} on: {cause}",
                "Run it without `streaming`, which names the file.",
            )
        return HubError(
            f"'{self.identity['id']}' cannot be streamed from row {position} on: {cause}",
            hint or "Run the same command again to resume, or without `streaming`: rows are then stored first.",
        )


def load_rows(
    corpus: Corpus, name: str, config: str | None, revision: str | None, identity: dict[str, str], streaming: bool
) -> DatasetRows | StreamRows:
    """A corpus's split from the hub, its cache or a folder; `datasets` raises many kinds of errors."""
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(name, config, split=corpus.split, revision=revision, streaming=streaming)
    if not streaming:
        return DatasetRows(loaded, identity)
    columns = tuple(loaded.column_names or next(iter(loaded), {}))
    splits = loaded.info.splits or {}
    count = splits[corpus.split].num_examples if corpus.split in splits else None
    return StreamRows(loaded, identity, columns, count or None)


def _size(value: Any) -> int:
    """The bytes of a value's text, however deep it is."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return len(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sum(map(_size, parts))
