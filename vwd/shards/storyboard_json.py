"""The one schema of `storyboard.json`: writing, reading and checking. Its fields are in `vwd.shards.sample_fields`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add
from typing import Any

import msgspec

from vwd.limits import LARGEST_FONT_SIZE, LARGEST_SIDE, MOST_FPS, MOST_FRAMES
from vwd.shards.json_types import type_problem
from vwd.shards.sample_fields import EARLIER_FIELDS, FIELDS, fields_of
from vwd.shards.storyboard_decoder import storyboard_decoder
from vwd.text.storyboard import Box, Storyboard, Word

# Smallest and largest values: those of the layout's and the encoders' settings.
RANGES = {
    "index": (0, 2**63 - 1),
    "fps": (1e-6, MOST_FPS),
    "frames": (1, MOST_FRAMES),
    "width": (2, LARGEST_SIDE),
    "height": (2, LARGEST_SIDE),
    "font_size": (1, LARGEST_FONT_SIZE),
    "pages": (1, MOST_FRAMES),
    "prompt_frames": (1, MOST_FRAMES),
}


@dataclass(frozen=True)
class StoryboardRecord:
    """The content of a sample's `storyboard.json`.

    Attributes:
        index: the row's number in the corpus.
        kind: question or story.
        fps: frames a second.
    """

    dataset: str
    index: int
    kind: str
    question: str
    answer: str
    final_answer: str
    fps: float
    storyboard: Storyboard

    @property
    def seconds(self) -> float:
        return self.storyboard.frames / self.fps

    def to_json(self) -> dict[str, Any]:
        """As plain values; `from_json` reads them back."""
        board = self.storyboard
        values = {
            **vars(self),
            **vars(board),
            "pages": board.pages,
            "page_starts": list(board.page_starts),
            "separator": list(board.separator),
            "words": [
                {
                    "text": word.text,
                    "frame": word.frame,
                    "page": word.page,
                    "box": list(word.box),
                    "start": word.start,
                    "end": word.end,
                }
                for word in board.words
            ],
            "final_words": list(board.final_words),
        }
        return {name: values[name] for name in FIELDS}

    @classmethod
    def parse(cls, data: bytes) -> StoryboardRecord:
        """From the bytes of a `storyboard.json`: as `from_json`, in half the time.

        Raises:
            ValueError: it is no JSON, or a field is missing or invalid; names it.
        """
        try:
            fields = storyboard_decoder().decode(data)
        except (msgspec.MsgspecError, RecursionError):
            return cls.from_json(_parse(data))  # which names what is wrong
        own = {name: value for name in FIELDS if (value := getattr(fields, name)) is not msgspec.UNSET}
        if len(own) not in (len(FIELDS), len(EARLIER_FIELDS)):
            return cls.from_json(_parse(data))
        new = tuple.__new__  # half the time of Word(…)
        words = tuple([new(Word, (word.text, word.frame, word.page, word.box, word.start)) for word in fields.words])
        return cls._checked(own, fields.separator, words)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoryboardRecord:
        """The inverse of `to_json`, also of what earlier formats wrote; fields that are not known here are ignored.

        Raises:
            ValueError: a field is missing or invalid; names it.
        """
        for name, kind in fields_of(data).items():
            if name not in data:
                raise ValueError(f"has no {name}")
            if name == "words":  # hundreds: checked below, all together
                continue
            if type_problem(data[name], kind):
                raise ValueError(f"has an invalid {name}")
        try:
            separator = Box(*data["separator"])
        except TypeError as error:
            raise ValueError("has an invalid separator") from error
        return cls._checked(data, separator, _parse_words(data["words"]))

    @classmethod
    def _checked(cls, data: Mapping[str, Any], separator: Box, words: tuple[Word, ...]) -> StoryboardRecord:
        """The record of fields that have the right types."""
        for name, (least, most) in RANGES.items():
            if not least <= data[name] <= most:
                raise ValueError(f"has an invalid {name}")
        board = Storyboard(
            width=data["width"],
            height=data["height"],
            frames=data["frames"],
            font_size=data["font_size"],
            language=data["language"],
            prompt_frames=data["prompt_frames"],
            page_starts=tuple(data["page_starts"]),
            separator=separator,
            words=words,
            separator_page=data.get("separator_page", data["prompt_frames"] - 1),
            final_words=_range(data.get("final_words", (0, 0))),
        )
        if problem := _inconsistency(board, data["pages"]):
            raise ValueError(problem)
        own = ("dataset", "index", "kind", "question", "answer", "final_answer")
        return cls(**{name: data[name] for name in own}, fps=float(data["fps"]), storyboard=board)


def _parse(data: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is none.
    """
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError("is no JSON object")
    return parsed


def _range(values: Sequence[int]) -> tuple[int, int]:
    if len(values) != 2:
        raise ValueError("has an invalid final_words")
    return values[0], values[1]


def _inconsistency(board: Storyboard, pages: int) -> str:
    """Which field contradicts the others; "" where none does."""
    starts = board.page_starts
    rising = all(a < b for a, b in pairwise(starts))
    if len(starts) != pages or not rising or starts[0] != 0 or starts[-1] >= board.frames:
        return "has an invalid page_starts"
    if board.prompt_frames > board.frames:
        return "has an invalid prompt_frames"
    if not _inside(board, [board.separator]):
        return "has an invalid separator"
    if not 0 <= board.separator_page < pages:
        return "has an invalid separator_page"
    if not 0 <= board.final_words[0] <= board.final_words[1] <= len(board.words):
        return "has an invalid final_words"
    if not board.words:
        return ""
    _, frames, numbers, boxes, _ = zip(*board.words, strict=True)  # by columns: there are hundreds
    timed = min(frames) >= 0 and max(frames) < board.frames and min(numbers) >= 0 and max(numbers) < pages
    return "" if timed and _inside(board, boxes) else "has an invalid words"


def _inside(board: Storyboard, boxes: Sequence[Box]) -> bool:
    """Whether all boxes are inside the frame."""
    width, height = board.width, board.height
    left, top, across, down = zip(*boxes, strict=True)
    fits: bool = max(map(add, left, across)) <= width and max(map(add, top, down)) <= height
    return fits and min(*map(min, (left, top, across, down))) >= 0


def _parse_words(words: Any) -> tuple[Word, ...]:
    try:
        parsed = tuple(Word(w["text"], w["frame"], w["page"], Box(*w["box"]), w.get("start", -1)) for w in words)
        columns = list(zip(*parsed, strict=True)) or [(), (), (), (), ()]
        numbers = {type(n) for column in (*columns[1:3], *columns[3], columns[4]) for n in column}
        if {type(text) for text in columns[0]} <= {str} and numbers <= {int}:
            return parsed
    except (TypeError, KeyError):
        pass
    raise ValueError("has an invalid words")
