"""What a sample is in a shard: its members, in a fixed order, with the same fields in every sample."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from vwd.corpora.prompts import inference_prompt, rendering_prompt
from vwd.corpora.sample import Sample
from vwd.errors import ShardError
from vwd.limits import LARGEST_JSON_MEMBER, LARGEST_MEMBER
from vwd.shards.paths import sample_video_path
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.text.storyboard import Storyboard
from vwd.video.spec import VideoSpec

MEMBERS = ("mp4", "inference.json", "rendering.json", "storyboard.json")
TASKS = ("inference", "rendering")
# CogVideoX's trainer (sat) looks up a sample's caption when it meets this member, by the member's name. The content
# is a number, since readers of shards decode members of this name as one. Only with `sat_meta`.
SAT_ID = "id"
# A prompt alone, as finetrainers and open_clip look for it. Only with `caption`.
CAPTION = "txt"


# Numbers outside these have an exponent, which msgspec writes as e-5 and the standard library as e-05.
_LEAST_PLAIN, _LEAST_EXPONENT = 1e-4, 1e16


def member_endings(sat_meta: bool, caption: bool) -> tuple[str, ...]:
    """The endings of every sample's members, in their order."""
    return (*MEMBERS, *[CAPTION] * caption, *[SAT_ID] * sat_meta)


def sample_members(
    sample: Sample, storyboard: Storyboard, spec: VideoSpec, video: bytes, sat_meta: bool = False, caption: str = ""
) -> dict[str, bytes]:
    """The members of a sample by their ending, in the order of the tar.

    Args:
        caption: the task whose prompt is the caption; "" for no caption.

    Raises:
        ShardError: one is larger than any reader takes.
    """
    path = sample_video_path(sample.dataset, sample.key)
    question = inference_prompt(sample.prompt, sample.language, sample.kind)
    both = rendering_prompt(sample.prompt, sample.answer, sample.language, sample.kind)
    record = StoryboardRecord(
        dataset=sample.dataset,
        index=sample.index,
        kind=sample.kind,
        question=sample.prompt,
        answer=sample.answer,
        final_answer=sample.final_answer,
        fps=float(spec.fps),
        storyboard=storyboard,
    )
    members = {
        "mp4": video,
        "inference.json": _compact({"video_path": path, "prompt": question}),
        "rendering.json": _compact({"video_path": path, "prompt": both}),
        "storyboard.json": _compact(record.to_json()),
    }
    if caption:
        members[CAPTION] = {"inference": question, "rendering": both}[caption].encode()
    if sat_meta:
        members[SAT_ID] = str(sample.index).encode()
    for ending, data in members.items():
        most = LARGEST_JSON_MEMBER if ending.endswith(".json") else LARGEST_MEMBER
        if len(data) > most:
            raise ShardError(
                f"{sample.key}.{ending} has {len(data):,} bytes, more than the {most:,} that readers take",
                "Give fewer `frames`, a smaller `size` or a coarser `quality`.",
            )
    return members


def _compact(data: dict[str, Any]) -> bytes:
    """JSON without spaces: what the standard library writes, in a fifth of its time."""
    if data.get("fps", 1) < _LEAST_PLAIN or data.get("seconds", 1) >= _LEAST_EXPONENT:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return msgspec.json.encode(data)
