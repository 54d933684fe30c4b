"""The words of several storyboards by columns, which are checked and set in lines all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
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
        size: [B, 2], width and height.
        frames, prompt_frames, font_size, separator_page: [B].
        separator: [B, 4], a box.
        pages, words: [B], how many.
        starts: first frame of each page, of all storyboards.
        number: of each word, in the atlas.
        frame, page: of each word; pages are counted from the storyboard's first.
        box: [4, N], left, top, width and height of each word.
    """

    size: Integers
    frames: Integers
    prompt_frames: Integers
    font_size: Integers
    separator_page: Integers
    separator: Integers
    pages: Integers
    words: Integers
    starts: Integers
    number: Integers
    frame: Integers
    page: Integers
    box: Integers


def columns_of(boards: Sequence[Board], tables: Sequence[WordTable], atlas: Atlas) -> Columns:
    """The columns of some storyboards, and of the words of each.

    Raises:
        OverflowError: a number has more than 63 bits.
    """
    scalars = np.array(
        [
            (
                *(one.width, one.height, one.frames, one.prompt_frames, one.font_size, one.separator_page),
                *one.separator, len(one.page_starts), len(table.texts),
            )
            for one, table in zip(boards, tables, strict=True)
        ],
        np.int64,
    ).T  # fmt: skip
    numbers: list[int] = []
    for one, table in zip(boards, tables, strict=True):
        numbers += map(atlas.words(one.font_size, one.language).__getitem__, table.texts)
    words = np.concatenate([table.numbers for table in tables]).T
    return Columns(
        size=scalars[:2].T,
        frames=scalars[2],
        prompt_frames=scalars[3],
        font_size=scalars[4],
        separator_page=scalars[5],
        separator=scalars[6:10].T,
        pages=scalars[10],
        words=scalars[11],
        starts=np.array([start for one in boards for start in one.page_starts], np.int64),
        number=np.array(numbers, np.int64),
        frame=words[0],
        page=words[1],
        box=words[2:],
    )
