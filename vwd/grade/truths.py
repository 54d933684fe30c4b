"""What a video should say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vwd.corpora.sample import Language
from vwd.text.spec import PageSpec
from vwd.text.storyboard import Storyboard


@dataclass(frozen=True)
class Truth:
    """What a video should say.

    Attributes:
        key: the name of its prediction.
        storyboard: None where only the final answer is known.
        prompts: texts that a model may have been given for it.
    """

    key: str
    question: str
    answer: str
    final_answer: str
    language: Language
    storyboard: Storyboard | None = None
    prompts: tuple[str, ...] = ()

    @property
    def page(self) -> PageSpec:
        """The page on which it is expected."""
        board = self.storyboard
        if board is None:
            return PageSpec()
        plain = PageSpec(board.width, board.height, board.font_size)
        return plain.for_language(self.language)


class Truths(ABC):
    """Truths that are loaded one by one, each time that they are looped over."""

    @abstractmethod
    def keys(self) -> Iterable[str]:
        """Their keys, without loading them."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Truth]: ...


def keys_of(truths: Truths | Sequence[Truth]) -> set[str]:
    """The keys of truths."""
    return set(truths.keys() if isinstance(truths, Truths) else (truth.key for truth in truths))


def benchmark_truths(questions: Any) -> list[Truth]:
    """The truths of VideoThinkBench's `questions.json`: an object by file name, or a list.

    Raises:
        ValueError: it is neither, or an item is without its file's name, its question or its answer.
    """
    if isinstance(questions, dict):
        items = [{"video_filename": name, **item} for name, item in questions.items() if isinstance(item, dict)]
        if len(items) != len(questions):
            raise ValueError("an item is no object")
    elif isinstance(questions, list) and all(isinstance(item, dict) for item in questions):
        items = questions
    else:
        raise ValueError("neither an object nor a list of objects")
    return [_benchmark_truth(number, item) for number, item in enumerate(items)]


def _benchmark_truth(number: int, item: dict[str, Any]) -> Truth:
    name, question = item.get("video_filename"), item.get("question")
    answer = item.get("correct_answer", item.get("answer"))
    if not isinstance(name, str) or not isinstance(question, str) or not isinstance(answer, (str, int, float)):
        raise ValueError(f"item {number} is without a file name, a question or an answer")
    chinese = any("\u4e00" <= char <= "\u9fff" for char in question)
    return Truth(
        name.rpartition(".")[0] or name, question, "", str(answer), "zh" if chinese else "en", None, (question,)
    )
