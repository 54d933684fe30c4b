"""What of a storyboard's words is drawn, as a table: from its JSON at once where C reads it, else from its words."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from vwd.shards.storyboard_decoder import storyboard_decoder
from vwd.shards.vocabulary import KnownTexts, current_vocabulary

_COLUMNS = 6


class DrawnWord(Protocol):
    """What of a word is drawn."""

    @property
    def text(self) -> str: ...
    @property
    def frame(self) -> int: ...
    @property
    def page(self) -> int: ...
    @property
    def box(self) -> tuple[int, int, int, int]: ...


class WordTable(NamedTuple):
    """Words in their order.

    Attributes:
        numbers: int64 [N, 6], frame, page, and left, top, width and height of the box of each.
    """

    texts: Sequence[str] | KnownTexts
    numbers: npt.NDArray[np.int64]


def word_table(words: Sequence[DrawnWord]) -> WordTable:
    """The table of some words.

    Raises:
        OverflowError: a number has more than 63 bits.
    """
    numbers = list(chain.from_iterable([(word.frame, word.page, *word.box) for word in words]))
    try:
        packed = struct.pack(f"{len(numbers)}q", *numbers)  # half the time of np.array
    except struct.error as error:
        raise OverflowError(str(error)) from error
    return WordTable([word.text for word in words], _rows(packed))


def decode_drawn(data: bytes) -> tuple[Any, WordTable]:
    """The fields of a `storyboard.json`, as `storyboard_decoder(drawn=True)` reads them, and the table of its words.

    Where C has read the words, the fields have none.

    Raises:
        ValueError, RecursionError: the JSON is damaged, or a field is missing or of another type.
        OverflowError: a number has more than 63 bits.
    """
    decoder = storyboard_decoder(drawn=True)
    vocabulary = current_vocabulary()
    if vocabulary is None or (found := vocabulary.split(data)) is None:
        fields = decoder.decode(data)
        return fields, word_table(fields.words)
    start, stop, numbers, rows = found
    texts = KnownTexts(vocabulary, np.frombuffer(numbers, np.int32))
    return decoder.decode(b"[]".join((data[:start], data[stop:]))), WordTable(texts, _rows(rows))


def _rows(packed: bytes) -> npt.NDArray[np.int64]:
    return np.frombuffer(packed, np.int64).reshape(-1, _COLUMNS)
