"""The figures of an output's samples that are drawn as distributions: of all samples, or of many, evenly spaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

from vwd.errors import ShardError
from vwd.report.choose import evenly
from vwd.shards.ledger import Ledger, State, open_ledger
from vwd.shards.offsets import SampleOffsets, entry_offsets
from vwd.shards.paths import OutputPaths
from vwd.shards.tokens import count_tokens
from vwd.storage.objects import local_copy
from vwd.storage.urls import is_remote

# Of each of which the ledger entry is read with its sizes.
_SHARDS_READ = 100
# A shard that is in object storage is downloaded.
_REMOTE_SHARDS_READ = 4
_MEMBER = "storyboard.json"

FIGURES = ("words", "pages", "prompt", "last", "tail", "bytes", "tokens", "final")


@dataclass
class Shape:
    """The figures of samples of one dataset, as columns.

    Attributes:
        samples, shards: of the output.
        shards_read: from which samples were taken.
        columns: for each of `FIGURES` a number a sample: words of the answer; pages; frames of the prompt; the frame of
            the last word; still frames behind it; bytes of the sample in its tar, with headers; tokens of prompt and
            answer; and whether there is a final answer, 0 or 1.
    """

    dataset: str
    samples: int
    shards: int
    shards_read: int
    columns: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in FIGURES})

    @property
    def taken(self) -> int:
        """Samples whose figures these are."""
        return len(self.columns["words"])

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "taken": self.taken}


class _Word(msgspec.Struct, gc=False):
    frame: int


class _Fields(msgspec.Struct, gc=False):
    """What is read of a `storyboard.json`; the rest of it is skipped, which is most."""

    question: str
    answer: str
    final_answer: str
    frames: int
    pages: int
    prompt_frames: int
    words: list[_Word]


_DECODER = msgspec.json.Decoder(_Fields)


def read_shape(paths: OutputPaths, most: int) -> Shape:
    """The figures of at most so many samples, evenly spaced over the shards; of all, where there are no more.

    What is held at a time are the figures, and one shard's sizes.

    Raises:
        ShardError: a tar is gone or cut short, or a storyboard is damaged.
    """
    ledger = open_ledger(paths)
    entries = [one.entry for one in ledger.read() if one.entry and one.state is State.DONE and one.entry.samples]
    total = sum(entry.samples for entry in entries)
    chosen = _shards([entry.samples for entry in entries], most, is_remote(paths.folder))
    shape = Shape(paths.dataset, total, len(entries), len(chosen))
    held = sum(entries[place].samples for place in chosen)
    taken = evenly(held, most)
    first = position = 0
    for place in chosen:
        samples = entries[place].samples
        numbers = []
        while position < len(taken) and taken[position] < first + samples:
            numbers.append(taken[position] - first)
            position += 1
        first += samples
        for figures in _read(ledger, entries[place].number, numbers):
            for name, value in zip(FIGURES, figures, strict=True):
                shape.columns[name].append(value)
    return shape


def _shards(samples: list[int], most: int, remote: bool) -> list[int]:
    """The places of the shards that are read: all that are needed for every sample, else some, evenly spaced."""
    if remote:
        return evenly(len(samples), min(most, _REMOTE_SHARDS_READ))
    if sum(samples) <= most:
        return list(range(len(samples)))
    return evenly(len(samples), min(most, _SHARDS_READ))


def _read(ledger: Ledger, number: int, numbers: list[int]) -> Iterator[tuple[int, ...]]:
    entry = ledger.lookup(number).entry
    if not entry or not numbers:
        return
    offsets = list(entry_offsets(ledger.paths, ledger.contract, entry))
    tar = ledger.paths.tar(number)
    with local_copy(tar) as copy, copy.open("rb") as file:
        for place in numbers:
            yield _figures(file, offsets[place], f"{tar}: {offsets[place].key}.{_MEMBER}")


def _figures(file: BinaryIO, sample: SampleOffsets, name: str) -> tuple[int, ...]:
    span = sample.members[_MEMBER]
    file.seek(span.offset)
    try:
        board = _DECODER.decode(file.read(span.size))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ShardError(f"{name}: {error}", "Run 'vwd verify', and pack the shard again.") from error
    last = board.words[-1].frame if board.words else 0
    words = sum(word.frame >= board.prompt_frames for word in board.words)
    tokens = count_tokens(board.question) + count_tokens(board.answer)
    return (
        words, board.pages, board.prompt_frames, last, board.frames - 1 - last, sample.stop - sample.start, tokens,
        int(bool(board.final_answer)),
    )  # fmt: skip
