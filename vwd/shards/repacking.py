"""What to do about damaged shards: which command makes them again depends on what they hold."""

from __future__ import annotations

from vwd.shards.clip_json import CLIPS
from vwd.shards.contract import Contract


def repack_advice(contract: Contract) -> str:
    """How to pack damaged shards of an output again, as a sentence."""
    content = contract.content.get("name")
    if content and content != CLIPS:
        commands = "'vwd convert-parquet' or 'vwd pack-records', whichever made them,"
        return f"Remove the damaged tars, and run {commands} with the same settings to make them again."
    command = "vwd pack-videos" if content else "vwd pack"
    return f"Run '{command}' with its settings and --check to pack damaged shards again."
