"""What readers of shards ask of a sample beyond being whole: headers, the fields' names and types, where `moov` is."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any

from vwd.shards.members import MEMBERS
from vwd.shards.read import StoredSample
from vwd.video.mp4 import moov_first

_PROMPT = {"video_path": str, "prompt": str}
# Names and types, the same in every sample: some readers take those of the first few for those of all.
_FIELDS: dict[str, Any] = {
    "inference.json": _PROMPT,
    "rendering.json": _PROMPT,
    "storyboard.json": {
        "dataset": str, "index": int, "kind": str, "question": str, "answer": str, "final_answer": str, "fps": float,
        "language": str, "frames": int, "width": int, "height": int, "font_size": int, "pages": int,
        "prompt_frames": int, "page_starts": [int], "separator": [int],
        "words": [{"text": str, "frame": int, "page": int, "box": [int]}],
    },
}  # fmt: skip


def rule_problems(sample: StoredSample) -> Iterator[str]:
    """The rules that a sample breaks. Its video's boxes have been found whole.

    Raises:
        ShardError: a JSON member is no JSON object.
    """
    for member in sample.members.values():
        if not _is_plain(sample.tar, member):
            yield f"the header of {member.name} is not plain USTAR without time and owner"
    video = sample.read("mp4")
    if moov_first(video) is not video:
        yield "the video's header stands behind its frames: a stream cannot be decoded as it arrives"
    for ending in MEMBERS:
        if ending in _FIELDS and (what := _differs(sample.json(ending), _FIELDS[ending])):
            yield f"{ending}: {what}"


def _is_plain(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    plain = tarfile.TarInfo(member.name)
    plain.size, plain.mode = member.size, 0o644
    assert tar.fileobj is not None
    tar.fileobj.seek(member.offset)
    return tar.fileobj.read(tarfile.BLOCKSIZE) == plain.tobuf(tarfile.USTAR_FORMAT)


def _differs(value: Any, kind: Any, where: str = "") -> str | None:
    """What of a JSON value is not of its kind, if anything is."""
    if isinstance(kind, dict):
        if not isinstance(value, dict) or list(value) != list(kind):
            return f"{where or 'it'} does not have the fields {', '.join(kind)}"
        return next(filter(None, (_differs(value[n], kind[n], f"{where}.{n}" if where else n) for n in kind)), None)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{where} is not a list"
        return next(filter(None, (_differs(one, kind[0], where) for one in value)), None)
    if type(value) is not kind:
        return f"{where} is {value!r:.40}, not {kind.__name__}"
    if kind is str and any("\ud800" <= letter <= "\udfff" for letter in value):
        return f"{where} has half a character"
    if kind is int and not -(2**63) <= value < 2**63:
        return f"{where} is a number of more than 63 bits"
    return None
