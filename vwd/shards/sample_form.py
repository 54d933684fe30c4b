"""The form of an output's samples: which members each has, and whether its key is made of its row's number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vwd.limits import LONGEST_KEY, LONGEST_KEY_NUMBER
from vwd.shards.checksums import NO_CHECKSUM, member_checksums
from vwd.shards.members import CAPTION, MEMBERS, SAT_ID
from vwd.shards.sizes import ABSENT, SampleSizes

_NUMBERED = re.compile(rf"(?=.{{1,{LONGEST_KEY}}}\Z)(?:[A-Za-z0-9][A-Za-z0-9_-]*_)?[0-9]{{1,{LONGEST_KEY_NUMBER}}}\Z")
# Readers end a key at its first point; "%" escapes what else an identifier may have.
_OWN = re.compile(rf"[A-Za-z0-9_%-]{{1,{LONGEST_KEY}}}\Z")


@dataclass(frozen=True)
class SampleForm:
    """What every sample of an output has.

    Attributes:
        members: the endings of its members, in their order.
        optional: those that a sample may be without.
        own_keys: whether keys come from the rows; otherwise they are `<dataset>_<row's number>`.
    """

    members: tuple[str, ...]
    optional: tuple[str, ...] = ()
    own_keys: bool = False

    def sizes(self, members: Mapping[str, bytes]) -> tuple[int, ...]:
        """The size of each member in bytes, `ABSENT` for one that this sample is without."""
        return tuple(len(members[ending]) if ending in members else ABSENT for ending in self.members)

    def checksums(self, members: Mapping[str, bytes]) -> bytes:
        """The checksums of a sample's members, joined."""
        if not self.optional:
            return member_checksums(members.values())
        return b"".join(
            member_checksums([members[ending]]) if ending in members else NO_CHECKSUM for ending in self.members
        )

    def missing(self, members: Mapping[str, object]) -> list[str]:
        """The endings of the members that a sample should have, and has not."""
        return [ending for ending in self.members if ending not in members and ending not in self.optional]

    def fits(self, sizes: SampleSizes) -> bool:
        """Whether a sample may have members of these sizes."""
        return len(sizes.members) == len(self.members) and all(
            size != ABSENT or ending in self.optional for ending, size in zip(self.members, sizes.members, strict=True)
        )

    def takes_key(self, key: str) -> bool:
        """Whether a sample of this form can have this key."""
        return bool((_OWN if self.own_keys else _NUMBERED).match(key))


# Of shards whose contract is not at hand.
TEXT_VIDEO = SampleForm((*MEMBERS, CAPTION, SAT_ID), (CAPTION, SAT_ID))
