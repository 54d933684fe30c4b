"""A storyboard as lines of text: which glyphs a line is made of, where they are, and when each of them appears."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from vwd.errors import ShardError
from vwd.stream.atlas import Atlas, current_atlas
from vwd.stream.form import Mask
from vwd.stream.frame_selection import Numbers
from vwd.text.storyboard import Storyboard, Word

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """What the selected frames of a video show.

    Times are counted in selected frames: at time t, selected frame t is shown. Pages that no selected frame shows are
    left out, and so is what appears on a page after its last one.

    Attributes:
        size: height and width of the video.
        length: how many frames are selected.
        pages: int64 [P, 2], the first time of each page, and the one after its last.
        lines: int64 [L, 3]: page, top and height of each line, none of which overlap. A rule is a line of its own.
        pieces: int64 [N, 4]: line, left edge, time and number of glyphs of each word and rule.
        masked: bool [N], which of them a mask covers.
        glyphs: int32 [G], those of all pieces, by their numbers in the atlas.
    """

    size: tuple[int, int]
    length: int
    pages: Integers
    lines: Integers
    pieces: Integers
    masked: npt.NDArray[np.bool_]
    glyphs: npt.NDArray[np.int32]
    atlas: Atlas


def lines_of(board: Storyboard, wanted: Numbers, mask: Mask | None = None) -> Lines:
    """The lines that some frames of a storyboard show.

    Args:
        wanted: the numbers of the frames, never decreasing.

    Raises:
        ShardError: its words are not set in lines, from left to right and from top to bottom.
    """
    starts = np.array(board.page_starts)
    bounds = np.searchsorted(wanted, starts)
    pages = np.empty((len(starts), 2), np.int64)
    pages[:, 0], pages[:-1, 1], pages[-1, 1] = bounds, bounds[1:], len(wanted)
    atlas = current_atlas()
    known = atlas.words(board.font_size, board.language)
    words, rule = (board.words, -1)
    if board.separator.height and board.separator.width:
        words, rule = _with_rule(board, starts)
    if not words:
        return _nothing(board, wanted, pages, atlas)
    texts, frames, numbers, boxes, _ = zip(*words, strict=True)
    # No font has characters of less than a third of their size: a longer text is not even drawn.
    _check(max(map(len, texts)) * board.font_size <= 3 * board.width, "a word is longer than a line")
    runs = [known[text] for text in texts]
    if rule >= 0:
        runs[rule] = atlas.rule(board.separator.width, board.separator.height)
    count = len(words)
    frame, page = np.array(frames), np.array(numbers)
    left, top, width, height = np.fromiter(chain.from_iterable(boxes), np.int64, 4 * count).reshape(-1, 4).T
    glyphs, widths, heights = zip(*runs, strict=True)
    _check((width == widths).all() and (height == heights).all(), "a word's box is not as large as its text")
    _check((page == starts.searchsorted(frame, "right") - 1).all(), "a word appears while another page is shown")
    time = wanted.searchsorted(frame)
    line, lines = _in_lines(page, top, height, left, width)
    shown = time < pages[page, 1]
    masked = frame >= board.prompt_frames if mask == "answer" else np.ones(count, np.bool_)
    if rule >= 0:
        masked[rule] = False
    pieces = np.empty((count, 4), np.int64)
    pieces[:, 0], pieces[:, 1], pieces[:, 2], pieces[:, 3] = line, left, time, list(map(len, glyphs))
    if not shown.all():
        glyphs = tuple(one for one, kept in zip(glyphs, shown.tolist(), strict=True) if kept)
        pieces, masked = pieces[shown], masked[shown]
        pages, lines, pieces[:, 0] = _shown(pages, lines, pieces[:, 0])
    return Lines(
        (board.height, board.width), len(wanted), pages, lines, pieces, masked,
        np.concatenate(glyphs) if glyphs else np.zeros(0, np.int32), atlas,
    )  # fmt: skip


def _nothing(board: Storyboard, wanted: Numbers, pages: Integers, atlas: Atlas) -> Lines:
    """A video without a word."""
    empty = np.zeros((0, 4), np.int64)
    shown = pages[pages[:, 0] < pages[:, 1]]
    return Lines(
        (board.height, board.width), len(wanted), shown, empty[:, :3], empty, np.zeros(0, np.bool_),
        np.zeros(0, np.int32), atlas,
    )  # fmt: skip


def _with_rule(board: Storyboard, starts: Integers) -> tuple[tuple[Word, ...], int]:
    """The words, and the separator among them as a blank word; its place."""
    page = board.separator_page
    rule = Word(" ", int(starts[page]), page, board.separator)
    at = bisect_left(board.words, (rule.page, rule.box.y), key=lambda word: (word.page, word.box.y))
    return (*board.words[:at], rule, *board.words[at:]), at


def _in_lines(
    page: Integers, top: Integers, height: Integers, left: Integers, width: Integers
) -> tuple[Integers, Integers]:
    """The line of each piece, and the lines."""
    new = np.ones(len(page), np.bool_)
    new[1:] = (page[1:] != page[:-1]) | (top[1:] != top[:-1])
    lines = np.array([page[new], top[new], height[new]]).T
    line = new.cumsum() - 1
    apart = new[1:] | (left[1:] >= left[:-1] + width[:-1])
    turned = lines[1:, 0] - lines[:-1, 0]
    below = (turned > 0) | ((turned == 0) & (lines[1:, 1] >= lines[:-1, 1] + lines[:-1, 2]))
    _check(apart.all() and below.all() and (height == lines[line, 2]).all(), "words overlap, or are in another order")
    return line, lines


def _shown(pages: Integers, lines: Integers, line: Integers) -> tuple[Integers, Integers, Integers]:
    """Pages that are shown at some time, lines that have pieces on them, and the pieces' lines among these."""
    visible = pages[:, 0] < pages[:, 1]
    used = np.zeros(len(lines), np.bool_)
    used[line] = True
    kept = lines[used]
    kept[:, 0] = (visible.cumsum() - 1)[kept[:, 0]]
    return pages[visible], kept, (used.cumsum() - 1)[line]


def _check(holds: np.bool_ | bool, problem: str) -> None:
    if not holds:
        raise ShardError(
            f"the storyboard is not set in lines: {problem}", "Use source='storyboard', which draws any storyboard."
        )
