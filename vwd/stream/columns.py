"""The words of several storyboards by columns, which are checked and set in lines all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.shards.vocabulary import KnownTexts
from vwd.shards.word_table import WordTable
from vwd.stream.atlas import Atlas

Integers = npt.NDArray[np.int64]


class Board(Protocol):
    """What of a storyboard is drawn, besides its words."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def frames(self) -> int: ...
    @property
    def font_size(self) -> int: ...
    @property
    def language(self) -> Language: ...
    @property
    def prompt_frames(self) -> int: ...
    @property
    def page_starts(self) -> Sequence[int]: ...
    @property
    def separator(self) -> tuple[int, int, int, int]: ...
    @property
    def separator_page(self) -> int: ...


@dataclass(frozen=True)
class Columns:
    """Words of B storyboards, as int64 arrays.

    Attributes:
        scalars: [B, 12]: width, height, frames, prompt_frames, font_size, separator_page, the separator's box, and the
            numbers of pages and words.
        starts: first frame of each page, of all storyboards.
        number: of each word, in the atlas.
        rows: [N, 6], frame, page and box of each word; pages are counted from the storyboard's first.
    """

    scalars: Integers
    starts: Integers
    number: Integers
    rows: Integers

    @property
    def size(self) -> Integers:
        """[B, 2], width and height."""
        return self.scalars[:, :2]

    @property
    def frames(self) -> Integers:
        return self.scalars[:, 2]

    @property
    def prompt_frames(self) -> Integers:
        return self.scalars[:, 3]

    @property
    def font_size(self) -> Integers:
        return self.scalars[:, 4]

    @property
    def separator_page(self) -> Integers:
        return self.scalars[:, 5]

    @property
    def separator(self) -> Integers:
        """[B, 4], a box."""
        return self.scalars[:, 6:10]

    @property
    def pages(self) -> Integers:
        """How many each storyboard has."""
        return self.scalars[:, 10]

    @property
    def words(self) -> Integers:
        """How many each storyboard has."""
        return self.scalars[:, 11]

    @property
    def frame(self) -> Integers:
        return self.rows[:, 0]

    @property
    def page(self) -> Integers:
        return self.rows[:, 1]

    @property
    def box(self) -> Integers:
        """[4, N], left, top, width and height of each word."""
        boxes: Integers = self.rows[:, 2:].T
        return boxes


def columns_of(boards: Sequence[Board], tables: Sequence[WordTable], atlas: Atlas) -> Columns:
    """The columns of some storyboards, and of the words of each.

    Raises:
        OverflowError: a number has more than 63 bits.
    """
    scalars = [
        (
            *(one.width, one.height, one.frames, one.prompt_frames, one.font_size, one.separator_page),
            *one.separator, len(one.page_starts), len(table.texts),
        )
        for one, table in zip(boards, tables, strict=True)
    ]  # fmt: skip
    return Columns(
        np.array(scalars, np.int64),
        np.array([start for one in boards for start in one.page_starts], np.int64),
        np.concatenate(_numbers(boards, tables, atlas)),
        np.concatenate([table.numbers for table in tables]),
    )


def _numbers(boards: Sequence[Board], tables: Sequence[WordTable], atlas: Atlas) -> list[Integers]:
    """The numbers of the words in the atlas: at once of those that follow each other and are drawn alike."""
    found = []
    each = [(atlas.words(one.font_size, one.language), table.texts) for one, table in zip(boards, tables, strict=True)]
    for _, run in groupby(each, lambda pair: (id(pair[0]), id(getattr(pair[1], "vocabulary", None)))):
        (words, first), *more = run
        texts = [first, *(own for _, own in more)]
        if isinstance(first, KnownTexts):
            numbers = [own.numbers for own in texts if isinstance(own, KnownTexts)]
            found.append(words.known(first.vocabulary, np.concatenate(numbers)))
        else:
            found.append(np.array([words[text] for own in texts for text in own], np.int64))
    return found
