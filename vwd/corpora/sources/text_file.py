"""The bytes of a text file of rows: unpacked, and as UTF-8 whatever it is stored in."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError, UsageError
from vwd.limits import SKIPPED_CHUNK_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What reading a file raises where it is damaged, cut off, or not of its encoding.
DAMAGE = (EOFError, OSError, zlib.error, zstd.ZstdError, UnicodeError)

_PACKINGS = {".gz": "gzip", ".zst": "zstd"}
# Of UTF-32 first: its little-endian mark begins as that of UTF-16 does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip


@dataclass(frozen=True)
class TextForm:
    """How text files are to be read, where that does not show.

    Attributes:
        delimiter: between a CSV file's fields; "" to guess it by the header.
        encoding: a codec of Python; "" for UTF-8.

    Raises:
        UsageError: there is no such codec, or the delimiter cannot be one.
    """

    delimiter: str = ""
    encoding: str = ""

    def __post_init__(self) -> None:
        if self.delimiter and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0\ufeff '):
            raise UsageError(
                f"`delimiter` {self.delimiter!r}", "Give one character, such as ';' or '|', or 'tab' for a tab."
            )
        try:
            text = not self.encoding or "".encode(self.encoding) is not None
        except (LookupError, UnicodeError, ValueError, TypeError):
            text = False
        if not text:
            raise UsageError(
                f"`encoding` {self.encoding}: there is no such text encoding",
                "Give one that Python knows, such as latin-1, cp1252, gb18030 or utf-16.",
            )

    @classmethod
    def parse(cls, delimiter: str, encoding: str) -> TextForm:
        """From the words of a command line, where a tab is "tab" or "\\t"."""
        named = {"tab": "\t", "\\t": "\t"}
        utf8 = encoding and encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        return cls(named.get(delimiter.lower(), delimiter), "" if utf8 else encoding)


@dataclass(frozen=True)
class TextFile:
    """A file, plain or packed by gzip or Zstandard. It reads as UTF-8.

    Attributes:
        encoding: what it is stored in; "" for UTF-8.
    """

    path: Path
    encoding: str = ""

    @property
    def seekable(self) -> bool:
        """Whether a place in what it reads as is the same place in the file."""
        return not self.encoding and not self._packing

    @property
    def _packing(self) -> str:
        return _PACKINGS.get(self.path.suffix.lower(), "")

    def open(self) -> IO[bytes]:
        """What it reads as. Reading on may raise whatever is in `DAMAGE`.

        Raises:
            RowsError: it cannot be opened.
        """
        with file_errors(self.path):
            file = cast("IO[bytes]", _OPENERS[self._packing](self.path))
        if not self.encoding:
            return file
        return io.BufferedReader(_AsUtf8(io.TextIOWrapper(file, self.encoding, newline="")))

    def check_encoding(self) -> None:
        """Refuses a file whose first bytes say that it is in another encoding than UTF-8.

        Raises:
            RowsError: it is UTF-16 or UTF-32, or damaged at its start.
        """
        if self.encoding:
            return
        with self.open() as file:
            try:
                start = file.read(4)
            except DAMAGE as error:
                raise self.damaged(1, error) from error
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), "")
        if found := marked or _unmarked(start):
            begins = f"begins with the mark of {found.upper()}" if marked else f"looks like {found.upper()}"
            raise RowsError(
                f"{self.path}, line 1: {begins}, and is not UTF-8",
                f"Give `encoding` {found}, or save the file as UTF-8.",
            )

    def sha256(self) -> str:
        """The hash of what it reads as: packing it, or another encoding of the same text, changes nothing.

        Raises:
            RowsError: it is damaged.
        """
        digest = hashlib.sha256()
        with self.open() as file:
            try:
                while data := file.read(SKIPPED_CHUNK_BYTES):
                    digest.update(data)
            except DAMAGE as error:
                raise self.damaged(1, error) from error
        return digest.hexdigest()

    def damaged(self, line: int, error: BaseException) -> RowsError:
        """What reading a line has raised, as an error that names it."""
        where = f"{self.path}, line {line}"
        if isinstance(error, UnicodeError):
            return RowsError(
                f"{where}: at this line or after it, not {self.encoding}: {error}",
                "Give the `encoding` that the file is in, or save it as UTF-8.",
            )
        if isinstance(error, OSError) and error.errno:
            return RowsError(f"{where}: {error.strerror}", "Check the disk, and copy the file again.")
        return RowsError(
            f"{where}: the {self._packing} file is damaged or cut off at this line or after it: {error}",
            f"Copy or compress the file again, and check it with {self._packing} -t.",
        )


def _unmarked(start: bytes) -> str:
    """UTF-16 without its mark, where a file begins with two ASCII characters; "" for anything else."""
    zeros = [byte == 0 for byte in start]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else ""


class _AsUtf8(io.RawIOBase):
    """A text as the bytes of its UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._left = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or self._text.read(SKIPPED_CHUNK_BYTES).encode("utf-8", "surrogatepass")
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def close(self) -> None:
        self._text.close()
        super().close()


_OPENERS: dict[str, Callable[[Path], Any]] = {
    "": lambda path: path.open("rb"),
    "gzip": gzip.GzipFile,
    "zstd": zstd.ZstdFile,
}
