"""The JSON member of a clip, as `vwd pack-videos` packs it: its caption and measures."""

from __future__ import annotations

from typing import Annotated

import msgspec

from vwd.errors import ShardError
from vwd.limits import LARGEST_JSON_MEMBER
from vwd.storage.typed_json import decode

# The name of such content in the contract.
CLIPS = "clips"

_Count = Annotated[int, msgspec.Meta(ge=1)]
_Positive = Annotated[float, msgspec.Meta(gt=0)]


class KnownClip(msgspec.Struct, frozen=True):
    """What a clip's JSON says of it, as far as readers need it. `text` is its caption, `seconds` how long it lasts."""

    text: str
    num_frames: _Count
    height: _Count
    width: _Count
    fps: _Positive
    seconds: _Positive


_DECODER = msgspec.json.Decoder(KnownClip)


def read_known(data: bytes) -> KnownClip:
    """What is known of a clip.

    Raises:
        ShardError: the JSON is damaged, or says too little.
    """
    try:
        if len(data) > LARGEST_JSON_MEMBER:
            raise ValueError(f"has {len(data):,} bytes, more than {LARGEST_JSON_MEMBER:,}")
        return decode(_DECODER, data)
    except ValueError as error:
        raise ShardError(f"json: {error}", "Check the shards with 'vwd verify'.") from error
