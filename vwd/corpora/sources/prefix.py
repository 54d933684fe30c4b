"""Whether rows begin with all rows of an earlier state of their source, by what that state's identity was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from vwd.corpora.sources.many import ManyFiles, files_identity
from vwd.corpora.sources.rows import Rows
from vwd.corpora.sources.text_file import DAMAGE, TextFile
from vwd.limits import SKIPPED_CHUNK_BYTES


def extends(rows: Rows, identity: Mapping[str, str], count: int) -> bool:
    """Whether the first `count` rows are all that a source of this identity had.

    Rows may have been added as lines behind the end of the last file, or as further files behind it. Other kinds of
    files are written anew, and then nothing tells which of their rows were there before.

    Raises:
        RowsError: a file is damaged.
    """
    files = rows.files if isinstance(rows, ManyFiles) else (rows,)
    whole: list[dict[str, str]] = []
    left = count
    for file in files:
        if not left or file.count is None:
            break
        if file.count > left:
            return any(
                files_identity([*whole, {**file.identity, "sha256": sha256}]) == identity
                for sha256 in _hashes(getattr(file, "file", None))
                if not getattr(file, "is_array", False)
            )
        whole.append(file.identity)
        left -= file.count
    return not left and bool(whole) and files_identity(whole) == identity


def _hashes(file: TextFile | None) -> Iterator[str]:
    """The sha256 of a text file up to each line's end, without and with its line break; none of other files."""
    if file is None:
        return
    digest, number = hashlib.sha256(), 1
    with file.open() as opened:
        try:
            while part := opened.readline(SKIPPED_CHUNK_BYTES):
                text = part.rstrip(b"\r\n")
                digest.update(text)
                if part.endswith(b"\n"):
                    yield digest.hexdigest()
                digest.update(part[len(text) :])
                if part.endswith(b"\n"):
                    yield digest.hexdigest()
                    number += 1
        except DAMAGE as error:
            raise file.damaged(number, error) from error
