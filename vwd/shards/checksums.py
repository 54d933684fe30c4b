"""Checksums of the members of a shard: one string in its ledger entry, by which a reader finds a flipped bit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping, Sequence

import xxhash

# xxHash64, big-endian, as `xxhsum` prints it: 30 times as fast as sha256.
_BYTES = 8
# Entries have them from this format on.
CHECKSUMS_FORMAT = 3
# In the place of a member that a sample is without.
NO_CHECKSUM = bytes(_BYTES)


def member_checksums(members: Iterable[bytes]) -> bytes:
    """The checksums of a sample's members, joined in their order."""
    return b"".join(xxhash.xxh64_digest(data) for data in members)


def format_checksums(checksums: bytes | bytearray) -> str:
    """The checksums of all samples as one string that JSON readers skip quickly: base64."""
    return b64encode(checksums).decode()


def checksums_length(samples: int, members: int) -> int:
    """How many characters the checksums of so many samples of so many members have."""
    return 4 * -(-samples * members * _BYTES // 3)


class Checksums:
    """The checksums of a shard's members, by sample and member.

    Args:
        text: of a ledger entry; "" for outputs before format 3, which have none.
        members: their endings, in order.

    Raises:
        ValueError: the text is not that of so many samples and members.
    """

    def __init__(self, text: str, samples: int, members: Sequence[str]) -> None:
        try:
            self._checksums = b64decode(text, validate=True)
        except Base64Error as error:
            raise ValueError(f"$.checksums: {error}") from error
        self._members = {ending: at for at, ending in enumerate(members)}
        if text and len(self._checksums) != samples * len(members) * _BYTES:
            raise ValueError(
                f"$.checksums: {len(self._checksums)} bytes for {samples} samples of {len(members)} members"
            )

    def differing(self, sample: int, members: Mapping[str, bytes]) -> str:
        """The ending of the first member whose content is not what was packed; "" where all are, or are not known.

        Args:
            sample: its number in the shard.
        """
        for ending, data in members.items():
            at = (sample * len(self._members) + self._members[ending]) * _BYTES
            if self._checksums and self._checksums[at : at + _BYTES] != xxhash.xxh64_digest(data):
                return ending
        return ""
