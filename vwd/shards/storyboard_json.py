"""The one schema of `storyboard.json`: its fields in order, their types, writing, reading and checking.

A new field is an attribute of `StoryboardRecord` or `Storyboard`, and a line in `FIELDS`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import add
from typing import Any

import msgspec

from vwd.limits import LARGEST_FONT_SIZE, LARGEST_SIDE, MOST_FPS, MOST_FRAMES
from vwd.text.storyboard import Box, Storyboard, Word

# A JSON value's type: str, int or float; [type] for a list; a dict of names for an object.
JsonType = Any

PROMPT_FIELDS: dict[str, JsonType] = {"video_path": str, "prompt": str}
# Names, order and types are the same in every sample: some readers take those of the first few for those of all.
FIELDS: dict[str, JsonType] = {
    "dataset": str,
    "index": int,
    "kind": str,
    "question": str,
    "answer": str,
    "final_answer": str,
    "fps": float,
    "language": str,
    "frames": int,
    "width": int,
    "height": int,
    "font_size": int,
    "pages": int,
    "prompt_frames": int,
    "page_starts": [int],
    "separator": [int],
    "words": [{"text": str, "frame": int, "page": int, "box": [int], "start": int, "end": int}],
    "separator_page": int,
    "final_words": [int],
}
# The contract's format that has these fields, and those of earlier ones.
FIELDS_SINCE = 4
_LATER = ("separator_page", "final_words")
# What parsing gives for fields that earlier formats do not have.
_DEFAULTS: dict[str, Any] = {"start": -1, "end": -1, "separator_page": msgspec.UNSET, "final_words": msgspec.UNSET}
EARLIER_FIELDS: dict[str, JsonType] = {
    **{name: kind for name, kind in FIELDS.items() if name not in _LATER},
    "words": [{"text": str, "frame": int, "page": int, "box": [int]}],
}
# Smallest and largest values: those of the layout's and the encoders' settings.
_RANGES = {
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
            fields = _decoder().decode(data)
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
        for name, (least, most) in _RANGES.items():
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


def fields_of(data: Mapping[str, Any]) -> dict[str, JsonType]:
    """The fields of a storyboard's format: what was added later is there wholly, or not at all."""
    return FIELDS if "separator_page" in data or "final_words" in data else EARLIER_FIELDS


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


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """Reads JSON into an object with the attributes `FIELDS`; what earlier formats do not have may be missing."""

    def typed(kind: JsonType, name: str = "") -> Any:
        if name in ("box", "separator"):
            return Box
        if isinstance(kind, list):
            return list[typed(kind[0])]  # type: ignore[misc]
        return struct(kind) if isinstance(kind, dict) else kind

    def struct(fields: dict[str, JsonType]) -> type:
        named: list[Any] = [(name, typed(kind, name)) for name, kind in fields.items() if name not in _DEFAULTS]
        more = [
            (
                name,
                typed(fields[name]) | msgspec.UnsetType if default is msgspec.UNSET else typed(fields[name]),
                default,
            )
            for name, default in _DEFAULTS.items()
            if name in fields
        ]
        return msgspec.defstruct("Fields", named + more, gc=False)

    return msgspec.json.Decoder(typed(FIELDS))


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


def type_problem(value: Any, kind: JsonType, where: str = "", exact: bool = False) -> str | None:
    """What of a JSON value has another type than it should, if anything has.

    Args:
        where: the value's place, for the message.
        exact: objects have exactly these fields in this order, and floats are written as such.
    """
    if isinstance(kind, dict):
        names = list(value) if isinstance(value, dict) else []
        if names != list(kind) if exact else not set(kind) <= set(names):
            return f"{where or 'it'} does not have the fields {', '.join(kind)}"
        fields = ((value[n], kind[n], f"{where}.{n}" if where else n) for n in kind)
        return next(filter(None, (type_problem(*field, exact) for field in fields)), None)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{where} is not a list"
        return next(filter(None, (type_problem(one, kind[0], where, exact) for one in value)), None)
    if type(value) is not kind and (exact or kind is not float or type(value) is not int):
        return f"{where} is {value!r:.40}, not {kind.__name__}"
    if kind is str and not _is_encodable(value):
        return f"{where} has half a character"
    if kind is int and not -(2**63) <= value < 2**63:
        return f"{where} is a number of more than 63 bits"
    return None


def _is_encodable(text: str) -> bool:
    """Whether a file can hold a text: half of a surrogate pair cannot be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
