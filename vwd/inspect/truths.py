"""What predictions are graded against: the storyboards of shards, or a benchmark's questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from vwd.errors import OutputError, UsageError
from vwd.grade.truths import Truth, benchmark_truths
from vwd.limits import LARGEST_SIDECAR
from vwd.shards.ledger import open_ledger
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths, find_outputs
from vwd.shards.reader import StoredSample, open_shard
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.regular import read_regular
from vwd.storage.urls import is_remote


def load_truths(against: Path) -> list[Truth]:
    """The truths of an output, or of a `questions.json`.

    Raises:
        OutputError: it holds no complete shard.
        ShardError: a shard is damaged.
        UsageError: a file is no `questions.json`.
    """
    if not is_remote(against) and against.is_file():
        return _questions(against)
    truths = [truth for paths in find_outputs(against) for truth in output_truths(paths)]
    if not truths:
        raise OutputError(f"{against} holds no complete shard", "Pack some, or look at 'vwd status'.")
    return truths


def output_truths(paths: OutputPaths) -> Iterator[Truth]:
    """The truths of all complete shards of one dataset's output, in order."""
    ledger = open_ledger(paths)
    for number, entry in sorted(ledger.done().items()):
        if entry.samples:
            with open_shard(paths.tar(number)) as samples:
                yield from map(sample_truth, samples)


def sample_truth(sample: StoredSample) -> Truth:
    """What the video of a stored sample says.

    Raises:
        ShardError: a member cannot be read.
    """
    try:
        record = StoryboardRecord.parse(sample.read("storyboard.json"))
    except ValueError as error:
        raise OutputError(f"{sample.path}: {sample.key}: storyboard.json {error}", "Run 'vwd verify'.") from error
    prompts = tuple(str(sample.json(f"{task}.json").get("prompt", "")) for task in TASKS)
    board = record.storyboard
    return Truth(sample.key, record.question, record.answer, record.final_answer, board.language, board, prompts)


def _questions(file: Path) -> list[Truth]:
    try:
        return benchmark_truths(json.loads(read_regular(file, LARGEST_SIDECAR)))
    except (ValueError, RecursionError, OSError) as error:
        raise UsageError(
            f"{file} is no questions.json of VideoThinkBench: {error}", "Give that file, or an output of 'vwd pack'."
        ) from error
