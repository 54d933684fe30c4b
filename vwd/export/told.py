"""What a stored sample tells of itself, checked: its prompts, and the facts of its storyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from vwd.errors import ShardError
from vwd.shards.members import TASKS
from vwd.shards.read import StoredSample

T = TypeVar("T")

_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Facts:
    """A sample's video and text in figures and words.

    Attributes:
        width, height: in pixels.
        frames: of the video; `prompt_frames` of them, from the first on, show the prompt alone.
        fps: frames a second.
        words: how many pieces of text appear.
    """

    language: str
    kind: str
    question: str
    answer: str
    final_answer: str
    width: int
    height: int
    frames: int
    fps: float
    pages: int
    prompt_frames: int
    words: int

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def read_prompts(sample: StoredSample, tasks: Sequence[str] = TASKS) -> dict[str, str]:
    """The prompt of each task.

    Raises:
        ShardError: a record has none, or one that is no text.
    """
    return {task: _field(sample, f"{task}.json", sample.json(f"{task}.json"), "prompt", _text) for task in tasks}


def read_facts(sample: StoredSample) -> Facts:
    """The facts of a sample's storyboard.

    Raises:
        ShardError: one is missing, or cannot be.
    """
    ending = "storyboard.json"
    data = sample.json(ending)

    def get(name: str, convert: Callable[[Any], T]) -> T:
        return _field(sample, ending, data, name, convert)

    return Facts(
        language=get("language", _text),
        kind=get("kind", _text),
        question=get("question", _text),
        answer=get("answer", _text),
        final_answer=get("final_answer", _text),
        width=get("width", _count),
        height=get("height", _count),
        frames=get("frames", _count),
        fps=get("fps", _rate),
        pages=get("pages", _count),
        prompt_frames=get("prompt_frames", _count),
        words=get("words", _length),
    )


def _field(sample: StoredSample, ending: str, data: dict[str, Any], name: str, convert: Callable[[Any], T]) -> T:
    try:
        return convert(data[name])
    except (KeyError, ValueError) as error:
        problem = "has no" if isinstance(error, KeyError) else "has a strange"
        raise ShardError(
            f"{sample.path}: {sample.key}.{ending} {problem} {name}", "Fetch or pack this shard again."
        ) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    value.encode()  # half a surrogate pair is a ValueError: no file could hold it
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST:
        raise ValueError
    return value


def _rate(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value <= _LARGEST:
        raise ValueError
    return float(value)


def _length(value: object) -> int:
    if not isinstance(value, list):
        raise ValueError
    return len(value)
