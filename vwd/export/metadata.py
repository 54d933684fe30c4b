"""A stored sample's prompts and storyboard, checked before they are written anywhere else."""

from __future__ import annotations

from collections.abc import Sequence

from vwd.errors import ShardError
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


def _read_prompt(sample: StoredSample, ending: str) -> str:
    data = sample.json(ending)
    if "prompt" not in data or type_problem(data["prompt"], str):
        problem = "has an invalid" if "prompt" in data else "has no"
        raise ShardError(f"{sample.path}: {sample.key}.{ending} {problem} prompt", _HINT)
    return str(data["prompt"])
