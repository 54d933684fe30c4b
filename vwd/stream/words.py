"""The numbers of words in an atlas, by their text, or by their numbers in a vocabulary: there are hundreds a sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vwd.shards.vocabulary import Vocabulary

# Stands for the number of a word that was not asked for before.
_UNKNOWN = -1


class Words(dict[str, int]):
    """The numbers of words of one size and language.

    Args:
        add: gives a word that has no number one.
    """

    def __init__(self, add: Callable[[str], int]) -> None:
        super().__init__()
        self._add = add
        self._vocabulary: Vocabulary | None = None
        self._known = np.zeros(0, np.int64)

    def __missing__(self, text: str) -> int:
        self[text] = number = self._add(text)
        return number

    def known(self, vocabulary: Vocabulary, words: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """The numbers of words that have others in a vocabulary."""
        if self._vocabulary is not vocabulary:
            self._vocabulary, self._known = vocabulary, np.zeros(0, np.int64)
        if len(self._known) < len(vocabulary):
            more = np.full(2 * len(vocabulary) - len(self._known), _UNKNOWN)
            self._known = np.concatenate([self._known, more])
        found = self._known[words]
        new = words[found == _UNKNOWN].tolist()
        if new:
            for number in dict.fromkeys(new):  # in the order in which they come
                self._known[number] = self[vocabulary.text(number)]
            found = self._known[words]
        return found
