"""Rows that are not to be packed, such as those that a benchmark has: a list of them, for one source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from vwd.errors import RowsError
from vwd.limits import COUNT_LIMIT, LARGEST_EXCLUSIONS
from vwd.storage.regular import read_regular
from vwd.storage.typed_json import decode

_HINT = "Give a list that 'vwd decontaminate' has written for these rows as `exclude`."


class _Model(msgspec.Struct):
    rows: list[Annotated[int, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]]
    source: dict[str, str]
    dataset: str = ""


_DECODER = msgspec.json.Decoder(_Model)


@dataclass(frozen=True)
class Exclusions:
    """Row numbers, and the identity of the source that they are of."""

    rows: frozenset[int] = frozenset()
    source: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, row: int) -> bool:
        return row in self.rows

    @property
    def identity(self) -> dict[str, str]:
        """For the contract: how many rows, and the sha256 of their numbers, one a line; nothing for none."""
        if not self.rows:
            return {}
        listed = "".join(f"{row}\n" for row in sorted(self.rows))
        return {"rows": str(len(self.rows)), "sha256": hashlib.sha256(listed.encode()).hexdigest()}

    def check(self, source: Mapping[str, str]) -> None:
        """Refuses the list for other rows: its numbers would name others there.

        Raises:
            RowsError: it is of another source.
        """
        if self.rows and dict(self.source) != dict(source):
            shown = ", ".join(f"{name} {value}" for name, value in self.source.items())
            raise RowsError(f"the list given as `exclude` is of other rows: {shown}", _HINT)


def exclusions(rows: Iterable[int], source: Mapping[str, str]) -> Exclusions:
    return Exclusions(frozenset(rows), dict(source))


def read_exclusions(path: Path) -> Exclusions:
    """A list that 'vwd decontaminate' has written.

    Raises:
        RowsError: it cannot be read, or is no such list.
    """
    try:
        model = decode(_DECODER, read_regular(path, LARGEST_EXCLUSIONS))
    except (OSError, ValueError) as error:
        raise RowsError(f"{path}: no list of rows to exclude: {error}", _HINT) from error
    return exclusions(model.rows, model.source)
