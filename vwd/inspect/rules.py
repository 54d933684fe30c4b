"""What readers of shards need of a sample beyond completeness: headers, the fields' names and types, `moov` first."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

from vwd.shards.json_types import type_problem
from vwd.shards.reader import StoredSample
from vwd.shards.sample_fields import PROMPT_FIELDS, fields_of
from vwd.video.mp4 import Mp4Error, moov_first

_PROMPTS = ("inference.json", "rendering.json")


def rule_problems(sample: StoredSample) -> Iterator[str]:
    """The rules that a sample breaks.

    Raises:
        ShardError: a JSON member is no JSON object.
    """
    for member in sample.members.values():
        if not _is_plain(sample, member):
            yield f"the header of {member.name} is not plain USTAR without time and owner"
    video = sample.read("mp4")
    try:
        if moov_first(video) is not video:
            yield "the video's header comes after its frames: a stream cannot be decoded as it arrives"
    except Mp4Error as error:
        yield f"the video is broken: {error}"
    for ending in (*_PROMPTS, "storyboard.json"):
        data = sample.json(ending)
        if what := type_problem(data, PROMPT_FIELDS if ending in _PROMPTS else fields_of(data), exact=True):
            yield f"{ending}: {what}"


def _is_plain(sample: StoredSample, member: tarfile.TarInfo) -> bool:
    plain = tarfile.TarInfo(member.name)
    plain.size, plain.mode = member.size, 0o644
    sample.file.seek(member.offset)
    return sample.file.read(tarfile.BLOCKSIZE) == plain.tobuf(tarfile.USTAR_FORMAT)
