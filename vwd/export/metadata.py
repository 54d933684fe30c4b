"""A stored sample's prompts and storyboard, checked before they are written anywhere else."""

from __future__ import annotations

from collections.abc import Sequence

from vwd.errors import ShardError
from vwd.shards.clip_json import KnownClip, read_known
from vwd.shards.json_types import type_problem
from vwd.shards.members import TASKS
from vwd.shards.reader import StoredSample
from vwd.shards.storyboard_json import StoryboardRecord

_HINT = "Fetch or pack this shard again."


def read_prompts(sample: StoredSample, tasks: Sequence[str] = TASKS) -> dict[str, str]:
    """The prompt of each task.

    Raises:
        ShardError: a record has no prompt, or one that is not text.
    """
    return {task: _read_prompt(sample, f"{task}.json") for task in tasks}


def read_storyboard(sample: StoredSample) -> StoryboardRecord:
    """A sample's storyboard and texts.

    Raises:
        ShardError: a field is missing or invalid.
    """
    try:
        return StoryboardRecord.from_json(sample.json("storyboard.json"))
    except ValueError as error:
        raise ShardError(f"{sample.path}: {sample.key}.storyboard.json {error}", _HINT) from error


def read_clip(sample: StoredSample) -> KnownClip:
    """What is known of a real video, which is to be an .mp4 file.

    Raises:
        ShardError: its JSON is damaged, or it is another kind of file.
    """
    if "mp4" not in sample.members:
        raise ShardError(
            f"{sample.path}: {sample.key} is no .mp4 file, and trainers' folders have no others",
            "Cut the videos with 'vwd meta cut', which writes .mp4; or read the shards with 'vwd.stream'.",
        )
    try:
        return read_known(sample.read("json"))
    except ShardError as error:
        raise ShardError(f"{sample.path}: {sample.key}.{error.what}", error.hint) from error


def _read_prompt(sample: StoredSample, ending: str) -> str:
    data = sample.json(ending)
    if "prompt" not in data or type_problem(data["prompt"], str):
        problem = "has an invalid" if "prompt" in data else "has no"
        raise ShardError(f"{sample.path}: {sample.key}.{ending} {problem} prompt", _HINT)
    return str(data["prompt"])
