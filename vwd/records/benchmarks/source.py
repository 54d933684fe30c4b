"""Where a benchmark's rows come from: a file, a folder, an address, or the hub; and which files are a split's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from vwd.corpora.sources.many import FileRows, ManyFiles
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.parquet import open_parquet
from vwd.corpora.sources.rows import Rows, file_errors
from vwd.errors import UsageError
from vwd.limits import LARGEST_RECORD
from vwd.records.benchmarks.download import Remote, fetch, url_digest
from vwd.records.benchmarks.hub import HubDataset, find_hub_dataset
from vwd.records.benchmarks.registry import Benchmark
from vwd.records.benchmarks.splits import SplitFiles, choose, split_files
from vwd.records.benchmarks.variables import hub_override, local_override, variable


@dataclass(frozen=True)
class SourceFile:
    """One file of rows.

    Attributes:
        reference: how a record names it: an address, or the file's name.
        remote_name: its path on the hub, where it is still to be downloaded.
    """

    path: Path
    reference: str
    remote_name: str = ""


@dataclass(frozen=True)
class Source:
    """Where the rows of a benchmark are.

    Attributes:
        identity: for the manifest: a hub id or an address; of files of one's own, "local".
        revision: the hub's commit; "" elsewhere.
        folder: in which images may lie beside the rows; None on the hub.
    """

    identity: str
    revision: str
    files: SplitFiles
    root: Path
    hub: HubDataset | None = None
    folder: Path | None = None

    def split(self, name: str) -> tuple[SourceFile, ...]:
        """The files of a split, none downloaded yet.

        Raises:
            RowsError: there is no such split; lists those there are.
        """
        chosen = choose(self.files, name, self.identity if self.hub else str(self.folder or self.root))
        if self.hub:
            return tuple(SourceFile(self.hub.folder / one, self.hub.reference(one), one) for one in chosen)
        return tuple(SourceFile(self.root / one, PurePosixPath(one).name) for one in chosen)

    def open(self, file: SourceFile) -> FileRows:
        """The rows of a file, which is downloaded first where it is on the hub.

        Raises:
            RowsError: it is broken or empty.
            HubError, OutputError: it cannot be downloaded.
        """
        path = self.hub.local(file.remote_name) if self.hub else file.path
        if path.suffix.lower() == ".parquet":
            with file_errors(path):
                return open_parquet(path, images=True)
        return open_file(path, LARGEST_RECORD)


def joined_rows(files: list[FileRows]) -> Rows:
    """Several files as one source."""
    return files[0] if len(files) == 1 else ManyFiles(tuple(files))


def find_source(benchmark: Benchmark, subset: str, raw_root: Path, given: str = "") -> Source:
    """Where a benchmark's rows are: as given, else as the environment says, else in `raw_root`, else on the hub.

    Args:
        given: a file, a folder, an address or a hub id.

    Raises:
        UsageError: it is on no hub, and nothing else is given.
        RowsError, HubError, OutputError: the source cannot be read, or has no such subset.
    """
    local = raw_root / benchmark.name
    chosen = given or local_override(benchmark.name) or hub_override(benchmark.name)
    if not chosen and local.is_dir() and next(_files(local), None):
        chosen = str(local)
    chosen = chosen or (variable(benchmark.url_variable) if benchmark.url_variable else "") or benchmark.hub_id
    if not chosen:
        name = benchmark.name.upper()
        raise UsageError(
            f"'{benchmark.name}' is on no hub, and no file of it is given",
            f"Set VWD_{benchmark.url_variable} to its address, or VWD_{name}_PATH to its file, or give `source`.",
        )
    path = Path(chosen).expanduser()
    if path.exists():
        return _local(path, subset)
    if urlsplit(chosen).scheme in ("http", "https"):
        return _address(chosen, subset, raw_root / ".downloads")
    hub = find_hub_dataset(chosen, raw_root / ".hub")
    return Source(hub.name, hub.revision, split_files(hub.files, subset, hub.name), hub.folder, hub)


def _local(path: Path, subset: str) -> Source:
    root = path if path.is_dir() else path.parent
    names = [one.relative_to(root).as_posix() for one in _files(path)] if path.is_dir() else [path.name]
    found = split_files(names, subset if path.is_dir() else "", str(path))
    return Source("local", "", found, root, folder=root)


def _address(url: str, subset: str, folder: Path) -> Source:
    """A file at an address, downloaded."""
    shown = urlsplit(url)._replace(query="", fragment="")
    name = PurePosixPath(shown.path).name or "rows"
    bare = shown._replace(netloc=shown.netloc.rpartition("@")[2]).geturl()
    path = folder / url_digest(url) / name
    fetch(Remote(url), path)
    return replace(_local(path, subset), identity=bare)


def _files(folder: Path) -> Iterator[Path]:
    with file_errors(folder):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())
