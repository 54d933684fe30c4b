"""What of a sample's files an export needs: prompts, storyboard, measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from vwd.errors import ShardError
from vwd.export.layout import Layout, Measures
from vwd.export.metadata import read_clip, read_prompts, read_storyboard
from vwd.shards.members import TASKS
from vwd.shards.reader import StoredSample
from vwd.shards.storyboard_json import StoryboardRecord

# What stands in names for the task of real videos, which have one caption for all.
CAPTION_TASK = "caption"


class Extract(NamedTuple):
    """What a sample's files say: its prompts by their tasks, and as far as the layout needs them the others."""

    prompts: Mapping[str, str]
    record: StoryboardRecord | None
    measures: Measures | None


def extractor(layout: Layout, tasks: Sequence[str], clips: bool) -> Callable[[StoredSample], Extract]:
    """What reads a sample's prompts by task and, where the layout needs it, its storyboard."""
    needed = {*tasks, *(beside.task for beside in layout.beside)}

    def extract(sample: StoredSample) -> Extract:
        found = _of_clip(sample) if clips else _of_text(sample, layout, needed)
        if layout.one_line:
            _require_lines(sample, found.prompts)
        return found

    return extract


def _of_text(sample: StoredSample, layout: Layout, needed: Collection[str | None]) -> Extract:
    prompts = read_prompts(sample, [task for task in TASKS if task in needed])
    if not layout.reads_storyboard:
        return Extract(prompts, None, None)
    record = read_storyboard(sample)
    board = record.storyboard
    return Extract(prompts, record, Measures(board.frames, board.height, board.width, record.fps, record.seconds))


def _of_clip(sample: StoredSample) -> Extract:
    known = read_clip(sample)
    measures = Measures(known.num_frames, known.height, known.width, known.fps, known.seconds)
    return Extract({CAPTION_TASK: known.text}, None, measures)


def _require_lines(sample: StoredSample, prompts: Mapping[str, str]) -> None:
    """A reader of lines leaves empty ones out: every later prompt would be another video's."""
    for task, prompt in prompts.items():
        if not prompt.strip():
            raise ShardError(f"{sample.path}: {sample.key}.{task}.json has an empty prompt", "Pack this shard again.")
