"""Several files as one source: their rows are numbered on from file to file."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import ClassVar, Protocol

from vwd.corpora.sample import Row
from vwd.corpora.sources.rows import Rows
from vwd.limits import MAX_ROW_BYTES


class FileRows(Rows, Protocol):
    """The rows of one file.

    Attributes:
        name: of the file, for messages.
    """

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int: ...

    def release(self) -> None:
        """Closes what is kept open for reading on."""
        ...


@dataclass(frozen=True)
class ManyFiles:
    """Files in a fixed order. One at most is kept open.

    Attributes:
        files: two at least.
    """

    files: tuple[FileRows, ...]
    _last: list[FileRows] = field(default_factory=list, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those that every file has, in the order of the first."""
        common = set(self.files[0].columns).intersection(*(file.columns for file in self.files))
        return tuple(name for name in self.files[0].columns if name in common)

    @cached_property
    def starts(self) -> list[int]:
        """The number of each file's first row, and of the row after the last."""
        return list(accumulate((file.count for file in self.files), initial=0))

    @property
    def count(self) -> int:
        return self.starts[-1]

    @property
    def cuts(self) -> tuple[int, ...]:
        """Where reading begins at no cost: at each file, and where a file of them says so."""
        starts = zip(self.starts, self.files, strict=False)
        return tuple(start + cut for start, file in starts for cut in getattr(file, "cuts", None) or (0,))

    @property
    def identity(self) -> dict[str, str]:
        return files_identity([file.identity for file in self.files])

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """As `Rows.read`."""
        stop = min(stop, self.count)
        while start < stop:
            at = bisect_right(self.starts, start) - 1
            file, first, end = self.files[at], self.starts[at], min(self.starts[at + 1], stop)
            while self._last and self._last[-1] is not file:
                self._last.pop().release()
            self._last[:] = [file]
            yield from file.read(start - first, end - first, columns, max_bytes)
            start = end


def files_identity(identities: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Of several files: what each holds, in order, and neither names nor times; of a single one, its own."""
    if len(identities) == 1:
        return dict(identities[0])
    digest = hashlib.sha256()
    for identity in identities:
        digest.update(f"{' '.join(f'{name}={identity[name]}' for name in sorted(identity))}\n".encode())
    return {"kind": "files", "sha256": digest.hexdigest()}
