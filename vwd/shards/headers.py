"""Headers of a tar, read one by one and refused unless they are plain: no archive makes its reader compute or allocate.

tarfile follows PAX and GNU extensions, of which some releases take minutes for a few hundred kilobytes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator

from vwd.limits import LARGEST_MEMBER

BLOCK = tarfile.BLOCKSIZE
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_EXTENDED = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip


class HeaderError(ValueError):
    """A header that a shard should not have, or bytes that are no header."""


def plain_headers(read_block: Callable[[], bytes]) -> Iterator[tarfile.TarInfo]:
    """The members of a tar, up to its end, with their offsets.

    Args:
        read_block: gives the next header's 512 bytes; the caller skips each member's content first. Fewer at the end.

    Raises:
        HeaderError: a member is not a plain file with a plain header, or the tar does not end as it should.
    """
    offset = 0
    while True:
        block = read_block()
        if len(block) != BLOCK:
            raise HeaderError("cut short: the end of the archive is missing")
        if not block.strip(b"\0"):
            return
        member = _parse(block)
        member.offset, member.offset_data = offset, offset + BLOCK
        yield member
        offset += BLOCK + padded(member.size)


def padded(size: int) -> int:
    """A content's size up to whole blocks."""
    return -(-size // BLOCK) * BLOCK


def _parse(block: bytes) -> tarfile.TarInfo:
    try:
        member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise HeaderError(f"not a tar header: {error}") from error
    if member.type in _EXTENDED:
        raise HeaderError(f"'{member.name[:100]}' has an extended header, which no shard has")
    if member.type not in _PLAIN or block[156:157] not in _PLAIN:
        raise HeaderError(f"'{member.name[:100]}' is a link or a folder, not a plain file")
    if not 0 <= member.size <= LARGEST_MEMBER:
        raise HeaderError(f"'{member.name[:100]}' has {member.size:,} bytes, not 0 to {LARGEST_MEMBER:,}")
    return member
