"""What predictions are graded against: the storyboards of shards, or a benchmark's questions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from vwd.errors import OutputError, UsageError
from vwd.grade.truths import Truth, Truths, benchmark_truths
from vwd.limits import LARGEST_SIDECAR
from vwd.shards.ledger import Ledger, open_ledger
from vwd.shards.members import TASKS
from vwd.shards.offsets import entry_offsets
from vwd.shards.paths import find_outputs
from vwd.shards.reader import StoredSample, open_shard
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.regular import read_regular
from vwd.storage.urls import is_remote


def load_truths(against: Path) -> Truths | list[Truth]:
    """The truths of an output, which are loaded one by one, or of a `questions.json`.

    Raises:
        OutputError: it holds no complete shard; while looping: a storyboard is damaged.
        ShardError: while looping: a shard is damaged.
        UsageError: a file is no `questions.json`.
    """
    if not is_remote(against) and against.is_file():
        return _questions(against)
    truths = OutputTruths([open_ledger(paths) for paths in find_outputs(against)])
    if not len(truths):
        raise OutputError(f"{against} holds no complete shard", "Pack some, or look at 'vwd status'.")
    return truths


class OutputTruths(Truths):
    """The truths of the complete shards of some datasets' outputs, in order."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._shards = [
            (ledger, number) for ledger in ledgers for number, entry in sorted(ledger.done().items()) if entry.samples
        ]
        self._keys = [key for ledger, number in self._shards for key in _shard_keys(ledger, number)]

    def keys(self) -> Sequence[str]:
        return self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Truth]:
        for ledger, number in self._shards:
            with open_shard(ledger.paths.tar(number)) as samples:
                yield from map(sample_truth, samples)


def _shard_keys(ledger: Ledger, number: int) -> list[str]:
    entry = ledger.lookup(number).entry
    assert entry is not None
    return [sample.key for sample in entry_offsets(ledger.paths, ledger.contract, entry)]


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
