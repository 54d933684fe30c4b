"""The words of storyboards as numbers: C gives them as it reads, since most words come again and again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from vwd.native import compiled

# Raised together with that of `native/_words.c`.
_INTERFACE = 2
# A vocabulary of more words is followed by an empty one. It takes twice as many.
_MANY = 1 << 15


class Vocabulary:
    """Words by numbers, from 0. It only grows."""

    def __init__(self, native: ModuleType) -> None:
        self._native = native
        self._words = native.vocabulary()

    def __len__(self) -> int:
        return int(self._native.size(self._words))

    def text(self, number: int) -> str:
        """The word with this number."""
        found: str = self._native.text(self._words, number)
        return found

    def split(self, data: bytes) -> tuple[int, int, bytes, bytes] | None:
        """Finds and reads the words of a storyboard's JSON, and takes them up.

        Returns:
            Where their array starts and ends; int32 [N], the number of each, and int64 [N, 6], its frame, page and
            box, both as bytes. None where they are in an unusual form, or too many.
        """
        found: tuple[int, int, bytes, bytes] | None = self._native.split(data, self._words)
        return found


class KnownTexts:
    """The texts of some words by their numbers, int32 [N], in a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, numbers: npt.NDArray[np.int32]) -> None:
        self.vocabulary, self.numbers = vocabulary, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return map(self.vocabulary.text, self.numbers.tolist())


_current: list[Vocabulary] = []


def current_vocabulary() -> Vocabulary | None:
    """This process's vocabulary; None where C is not there."""
    native = _native()
    if native is None:
        return None
    if not _current or len(_current[0]) > _MANY:
        _current[:] = [Vocabulary(native)]
    return _current[0]


@cache
def _native() -> ModuleType | None:
    return compiled("vwd.shards._words", _INTERFACE)
