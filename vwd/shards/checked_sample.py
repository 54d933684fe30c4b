"""A sample that is shown to people: its members as packed, and a storyboard of the output's own videos."""

from __future__ import annotations

from collections.abc import Mapping

from vwd.errors import ShardError
from vwd.limits import LARGEST_CLIP_BYTES
from vwd.shards.checksums import Checksums
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry
from vwd.shards.repacking import repack_advice
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.video.bitmaps import inks_by_frame
from vwd.video.spec import VideoSpec

_REPACK = "Run 'vwd verify', and 'vwd pack' with its settings and --check to pack the shard again."


def check_members(where: str, contract: Contract, entry: Entry, number: int, members: Mapping[str, bytes]) -> None:
    """Compares a sample's members with the checksums of its shard's entry, where it has some.

    Args:
        where: the shard and the key, for the message.
        number: of the sample in its shard.

    Raises:
        ShardError: one differs from what was packed.
    """
    try:
        ending = Checksums(entry.checksums, entry.samples, contract.members).differing(number, members)
    except ValueError as error:
        raise ShardError(f"{where}: the ledger entry: {error}", repack_advice(contract)) from error
    if ending:
        raise ShardError(f"{where}.{ending}: differs from what was packed", repack_advice(contract))


def read_storyboard(where: str, data: bytes, video: VideoSpec | None) -> StoryboardRecord:
    """The storyboard of a text video, of the size that the output's videos have: no other is ever drawn.

    Args:
        where: the shard and the key, for the message.
        video: of the output's contract; None where the storyboard will not be drawn.

    Raises:
        ShardError: it is damaged, or of a video of another size.
    """
    try:
        record = StoryboardRecord.parse(data)
    except ValueError as error:
        raise ShardError(f"{where}.storyboard.json {error}", _REPACK) from error
    board = record.storyboard
    size = (board.width, board.height, board.frames)
    if video and size != (video.width, video.height, video.frames):
        wanted = f"{video.width}x{video.height} pixels and {video.frames} frames"
        raise ShardError(
            f"{where}.storyboard.json is of {size[0]}x{size[1]} pixels and {size[2]} frames, not of {wanted}", _REPACK
        )
    if board.pages * board.width * board.height > LARGEST_CLIP_BYTES:
        raise ShardError(
            f"{where}.storyboard.json: {board.pages:,} pages of {size[0]}x{size[1]} are more than "
            f"{LARGEST_CLIP_BYTES:,} bytes", _REPACK,
        )  # fmt: skip
    if video:
        try:
            inks_by_frame(board)
        except ValueError as error:
            raise ShardError(f"{where}.storyboard.json {error}", _REPACK) from error
    return record
