"""The captions of a tar beside it, in `<shard>.meta.jsonl`, where CogVideoX's trainer (sat) looks them up."""

from __future__ import annotations

import json

from vwd.errors import OutputError, ShardError
from vwd.index.listing import Listing, Shard
from vwd.shards.members import SAT_ID
from vwd.storage.objects import local_copy

_CAPTION = "rendering.json"


def sat_meta(listing: Listing, shard: Shard) -> bytes:
    """A line a sample: key, caption (question and answer), duration in seconds, and rate.

    The captions are the one thing that the ledger does not have: they are read from the tar.

    Raises:
        OutputError: the samples have no `id` member.
        ShardError: a caption is not where the ledger says.
    """
    video = listing.contract.video
    if SAT_ID not in listing.contract.members or video is None:
        raise OutputError(
            f"{listing.paths.folder}: the samples have no 'id' member, which sat looks captions up by",
            "Pack with `sat_meta` into another `out`, or index for the other readers only.",
        )
    lines = []
    with local_copy(listing.paths.tar(shard.number)) as copy, copy.open("rb") as tar:
        for sample in listing.samples(shard):
            offset, size = sample.members[_CAPTION]
            tar.seek(offset)
            try:
                caption = json.loads(tar.read(size))["prompt"]
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise ShardError(
                    f"{shard.tar}: {sample.key}.{_CAPTION} is not where the ledger says: {error}",
                    "Run 'vwd pack' with its settings and `check` to pack the shard again.",
                ) from error
            duration = round(float(video.seconds), 6)
            record = {"key": sample.key, "caption": caption, "duration": duration, "fps": float(video.fps)}
            lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    return "".join(lines).encode()
