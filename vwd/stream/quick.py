"""The samples of a batch whose frames are drawn later, read all at once where nothing is wrong with any of them.

What is checked is what `vwd.stream.sample` checks, but for the fields of words that are not drawn. It says only whether
all is well: where it is not, the samples are read one by one, which says what is wrong with which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np

from vwd.corpora.sample import sample_key
from vwd.errors import ShardError
from vwd.limits import LARGEST_CLIP_BYTES, LARGEST_JSON_MEMBER
from vwd.shards.storyboard_json import RANGES
from vwd.shards.word_table import WordTable, decode_drawn
from vwd.stream.atlas import current_atlas
from vwd.stream.columns import Columns, columns_of
from vwd.stream.consistency import consistent
from vwd.stream.form import TensorFormat
from vwd.stream.frame_selection import Frames, Numbers
from vwd.stream.lines import Lines, lines_of_words
from vwd.stream.sample import Sample, clip_shape
from vwd.video.spec import VideoSpec

# Of all samples of a batch in one array; `index` and `fps` apart, since they are no small integers.
_NUMBERS = [name for name in RANGES if name not in ("index", "fps")]
_BOUNDS = np.array([RANGES[name] for name in _NUMBERS], np.int64).T
_read_numbers = attrgetter(*_NUMBERS)


class Members(NamedTuple):
    """What was read of a sample: its members by ending, its task, and the contract's video if there is a contract."""

    data: Mapping[str, bytes]
    task: str
    video: VideoSpec | None


def make_samples(batch: Sequence[Members], form: TensorFormat) -> tuple[list[Sample], Lines] | None:
    """The samples of a batch without their pages, and the lines of all of these; None where something is wrong."""
    try:
        prompts = [_task_decoder().decode(_sized(one.data[f"{one.task}.json"])).prompt for one in batch]
        boards, tables = zip(*[_board(one) for one in batch], strict=True)
        _require_ranges(boards)
        wanted = [_select(form.frames, *each) for each in zip(boards, tables, strict=True)]
        for board, numbers in zip(boards, wanted, strict=True):
            clip_shape(numbers, form, board)
        atlas = current_atlas()
        words = columns_of(boards, tables, atlas)
        _require_consistent(boards, words)
        lines = lines_of_words(words, atlas, wanted, form.mask)
    except (ValueError, OverflowError, RecursionError, ShardError):  # msgspec's errors are ValueErrors
        return None
    samples = [
        Sample(
            pages=None, key=sample_key(board.dataset, board.index), prompt=prompt, question=board.question,
            answer=board.answer, final_answer=board.final_answer, dataset=board.dataset, index=board.index,
            task=one.task, length=len(numbers),
        )
        for one, board, prompt, numbers in zip(batch, boards, prompts, wanted, strict=True)
    ]  # fmt: skip
    for sample in samples:
        sample.time_axes = {}
    return samples, lines


class _Task(msgspec.Struct):
    """What of a task's member is needed."""

    prompt: str


@cache
def _task_decoder() -> msgspec.json.Decoder[_Task]:
    return msgspec.json.Decoder(_Task)


def _board(one: Members) -> tuple[Any, WordTable]:
    """A storyboard's fields, of the types they should have, and its words.

    Raises:
        ValueError: it is no JSON, a field is missing, or it is of another video.
    """
    fields, words = decode_drawn(_sized(one.data["storyboard.json"]))
    if fields.separator_page is msgspec.UNSET and fields.final_words is msgspec.UNSET:  # an earlier format
        fields.separator_page, fields.final_words = fields.prompt_frames - 1, [0, 0]
    same = one.video is None or (
        (fields.width, fields.height, fields.frames) == (one.video.width, one.video.height, one.video.frames)
    )
    _require(same and type(fields.separator_page) is int and type(fields.final_words) is list)
    first, last = fields.final_words
    _require(0 <= first <= last <= len(words.texts))
    return fields, words


def _select(frames: Frames, board: Any, words: WordTable) -> Numbers:
    if frames.kind != "reveals":
        return _selected(frames, board.frames)
    return frames.revealing(words.numbers[:, 0], board.prompt_frames, board.frames)


@lru_cache(maxsize=64)
def _selected(frames: Frames, of: int) -> Numbers:
    return frames.of(of)


def _require_ranges(boards: Sequence[Any]) -> None:
    """Raises a ValueError where a number is too small or too large."""
    numbers = np.array(list(map(_read_numbers, boards)), np.int64)
    _require(((_BOUNDS[0] <= numbers) & (numbers <= _BOUNDS[1])).all())
    for name in ("index", "fps"):
        least, most = RANGES[name]
        _require(all(least <= getattr(board, name) <= most for board in boards))


def _require_consistent(boards: Sequence[Any], words: Columns) -> None:
    """Raises a ValueError where fields contradict each other."""
    _require((words.pages == [board.pages for board in boards]).all())
    _require(consistent(words))
    many = words.pages * words.size.prod(axis=1) > LARGEST_CLIP_BYTES  # a page has a table of its rows
    _require(not many.any())


def _sized(data: bytes) -> bytes:
    _require(len(data) <= LARGEST_JSON_MEMBER)
    return data


def _require(holds: object) -> None:
    if not holds:
        raise ValueError
