"""Three small files over all tars for webdataset and its relatives; `vwd pack` writes them when it is complete."""

from __future__ import annotations

import json

from vwd.index.listing import Listing


def shard_index(listing: Listing) -> bytes:
    """`shardindex.json`, as wids reads it (webdataset, `wids-shard-index-v1`); URLs are relative to it.

    Without `md5sum`, which wids writes but does not read: the sums are in SHA256SUMS.
    """
    shards = [{"url": shard.tar, "nsamples": shard.samples, "filesize": shard.bytes} for shard in listing.shards]
    index = {"__kind__": "wids-shard-index-v1", "wids_version": 1, "name": listing.paths.dataset, "shardlist": shards}
    return _json(index)


def sizes(listing: Listing) -> bytes:
    """`sizes.json`, as open_clip reads it: the number of samples by the name of the tar."""
    return _json({shard.tar: shard.samples for shard in listing.shards})


def sha256sums(listing: Listing) -> bytes:
    """`SHA256SUMS`, as `sha256sum --check` reads it."""
    return "".join(f"{shard.sha256}  {shard.tar}\n" for shard in listing.shards).encode()


def brace_pattern(listing: Listing) -> str:
    """All tars as one name for webdataset, such as `gsm8k-{000000..000007}.tar`; "" where there is none.

    Gaps make it a list of ranges.
    """
    if not listing.shards:
        return ""
    runs: list[list[int]] = []
    for number in (shard.number for shard in listing.shards):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [f"{run[0]:06d}" if len(run) == 1 else f"{{{run[0]:06d}..{run[-1]:06d}}}" for run in runs]
    return f"{listing.paths.dataset}-{parts[0] if len(parts) == 1 else '{' + ','.join(parts) + '}'}.tar"


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode()
