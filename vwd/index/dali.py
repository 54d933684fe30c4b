"""DALI's index of a tar, `<shard>.idx`: format v1.2 of its webdataset reader (`wds2idx`)."""

from __future__ import annotations

from vwd.index.listing import Listing, Shard


def dali_index(listing: Listing, shard: Shard) -> bytes:
    """A header line, then a line a sample: ending, offset of the content, size and name of each member."""
    lines = [f"v1.2 {shard.samples}\n"]
    for sample in listing.samples(shard):
        parts = (f"{ending} {span.offset} {span.size} {sample.key}.{ending}" for ending, span in sample.members.items())
        lines.append(" ".join(parts) + "\n")
    return "".join(lines).encode()
