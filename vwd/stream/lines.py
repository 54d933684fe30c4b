"""Storyboards as lines of text: which glyphs a line is made of, where they are, and when each of them appears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from vwd.errors import ShardError
from vwd.native import compiled
from vwd.shards.word_table import word_table
from vwd.stream.atlas import Atlas, current_atlas
from vwd.stream.columns import Columns, columns_of
from vwd.stream.form import Mask
from vwd.stream.frame_selection import Numbers
from vwd.text.storyboard import Storyboard

Integers = npt.NDArray[np.int64]
_Tables = tuple[Integers, Integers, Integers, npt.NDArray[np.bool_], npt.NDArray[np.int32]]

# Raised together with that of `native/_lines.c`: a checkout may have one from before its last update.
_INTERFACE = 2


@dataclass(frozen=True)
class Lines:
    """What the selected frames of some videos show.

    Times are counted in selected frames: at time t, selected frame t is shown. Pages that no selected frame shows are
    left out, and so is what appears on a page after its last one.

    Attributes:
        sizes: height and width of each video.
        lengths: how many of its frames are selected.
        pages: int64 [P, 3]: video, first time, and the time after the last of each page.
        lines: int64 [L, 3]: page, top and height of each line, none of which overlap. A rule is a line of its own.
        pieces: int64 [N, 4]: line, left edge, time and number of glyphs of each word and rule.
        masked: bool [N], which of them a mask covers.
        glyphs: int32 [G], those of all pieces, by their numbers in the atlas.
    """

    sizes: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]
    pages: Integers
    lines: Integers
    pieces: Integers
    masked: npt.NDArray[np.bool_]
    glyphs: npt.NDArray[np.int32]
    atlas: Atlas


@cache
def native_lines() -> ModuleType | None:
    """The module in C that sets lines and places glyphs; None where it is not there, or of another version."""
    return compiled("vwd.stream._lines", _INTERFACE)


def lines_of(board: Storyboard, wanted: Numbers, mask: Mask | None = None) -> Lines:
    """The lines that some frames of a storyboard show: see `lines_of_words`."""
    atlas = current_atlas()
    return lines_of_words(columns_of([board], [word_table(board.words)], atlas), atlas, [wanted], mask)


def lines_of_words(words: Columns, atlas: Atlas, wanted: Sequence[Numbers], mask: Mask | None = None) -> Lines:
    """The lines that some frames of storyboards show.

    Args:
        words: of storyboards whose fields do not contradict each other.
        wanted: the numbers of the frames of each, never decreasing.

    Raises:
        ShardError: the words of one are not set in lines, from left to right and from top to bottom.
    """
    sizes = tuple(map(tuple, words.size[:, ::-1].tolist()))
    lengths = tuple(map(len, wanted))
    found = _set_in_c(words, atlas, wanted, mask)
    return Lines(sizes, lengths, *(found or _set_by_numpy(words, atlas, wanted, mask)), atlas)


def _set_in_c(words: Columns, atlas: Atlas, wanted: Sequence[Numbers], mask: Mask | None) -> _Tables | None:
    """The tables of lines; None without C, or where the words are not set in lines."""
    native = native_lines()
    if native is None:
        return None
    separators = words.separator[:, 2:].tolist()
    rules = np.array([atlas.rule(*one) if all(one) else 0 for one in separators], np.int64)
    found = native.set_lines(
        words.scalars, words.starts, words.rows, words.number, rules, atlas.measures, atlas.spelling,
        *_times(words.frames, wanted), mask == "answer",
    )  # fmt: skip
    if found is None:
        return None
    pages, lines, pieces, masked, glyphs = found
    return (
        np.frombuffer(pages, np.int64).reshape(-1, 3),
        np.frombuffer(lines, np.int64).reshape(-1, 3),
        np.frombuffer(pieces, np.int64).reshape(-1, 4),
        np.frombuffer(masked, np.bool_),
        np.frombuffer(glyphs, np.int32),
    )


def _set_by_numpy(words: Columns, atlas: Atlas, wanted: Sequence[Numbers], mask: Mask | None) -> _Tables:
    """As `_set_in_c`. Raises a ShardError where words are not set in lines."""
    words, rule = _with_rules(words, atlas)
    videos = np.arange(len(wanted))
    video = videos.repeat(words.words)
    _, count, width, height, characters = atlas.measures[words.number].T
    left, top = words.box[:2]
    # No font has characters of less than a third of their size: a longer text is not even drawn.
    fits = characters * words.font_size[video] <= 3 * words.size[video, 0]
    _check(fits.all(), "a word is longer than a line")
    _check((words.box[2:] == (width, height)).all(), "a word's box is not as large as its text")
    first_page = words.pages.cumsum() - words.pages
    page, of = words.page + first_page[video], videos.repeat(words.pages)
    ends = np.append(words.starts[1:], 0)
    ends[first_page + words.pages - 1] = words.frames
    shown_then = (words.starts[page] <= words.frame) & (words.frame < ends[page])
    _check(shown_then.all(), "a word appears while another page is shown")
    first_frame, times = _times(words.frames, wanted)
    pages = np.array([of, times[first_frame[of] + words.starts], times[first_frame[of] + ends]]).T
    time = times[first_frame[video] + words.frame]
    line, lines = _in_lines(page, top, height, left, width)
    masked = words.frame >= words.prompt_frames[video] if mask == "answer" else np.ones(len(page), np.bool_)
    masked[rule] = False
    pieces = np.array([line, left, time, count]).T
    shown = time < pages[page, 2]
    number = words.number
    if not (shown.all() and (pages[:, 1] < pages[:, 2]).all()):
        number, pieces, masked = number[shown], pieces[shown], masked[shown]
        pages, lines, pieces[:, 0] = _shown(pages, lines, pieces[:, 0])
    return pages, lines, pieces, masked, _spelled(atlas, number)


def _with_rules(words: Columns, atlas: Atlas) -> tuple[Columns, Integers]:
    """The words, and the separators among them as blank words; their places."""
    ruled = np.flatnonzero(words.separator[:, 2:].all(axis=1))
    if not len(ruled):
        return words, ruled
    video = np.arange(len(words.words)).repeat(words.words)
    page, top = words.separator_page, words.separator[:, 1]
    before = (words.page < page[video]) | ((words.page == page[video]) & (words.box[1] < top[video]))
    before = np.bincount(video, before, len(page)).astype(np.int64)
    at = (words.words.cumsum() - words.words + before)[ruled]
    first_page = words.pages.cumsum() - words.pages
    plain = np.ones(len(video) + len(ruled), np.bool_)
    plain[at + np.arange(len(ruled))] = False
    rows, number = np.empty((len(plain), 6), np.int64), np.empty(len(plain), np.int64)
    rows[plain], number[plain] = words.rows, words.number
    number[~plain] = [atlas.rule(*one) for one in words.separator[ruled, 2:].tolist()]
    shown = words.starts[first_page + page][ruled], page[ruled]
    rows[~plain] = np.column_stack([*shown, words.separator[ruled]])
    scalars = words.scalars.copy()
    scalars[ruled, 11] += 1
    return Columns(scalars, words.starts, number, rows), np.flatnonzero(~plain)


def _times(frames: Integers, wanted: Sequence[Numbers]) -> tuple[Integers, Integers]:
    """The time at which each frame of each video has been reached, and where each video's frames start there."""
    different: dict[tuple[int, int], Integers] = {}  # most often the same numbers are wanted of all
    for one, count in zip(wanted, frames.tolist(), strict=True):
        if (id(one), count) not in different:
            different[id(one), count] = one.searchsorted(np.arange(count + 1))
    sizes = [len(table) for table in different.values()]
    starts = dict(zip(different, np.cumsum([0, *sizes]).tolist(), strict=False))
    first = [starts[id(one), count] for one, count in zip(wanted, frames.tolist(), strict=True)]
    return np.array(first, np.int64), np.concatenate(list(different.values()))


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
    visible = pages[:, 1] < pages[:, 2]
    used = np.zeros(len(lines), np.bool_)
    used[line] = True
    kept = lines[used]
    kept[:, 0] = visible.cumsum()[kept[:, 0]] - 1
    return pages[visible], kept, used.cumsum()[line] - 1


def _spelled(atlas: Atlas, words: Integers) -> npt.NDArray[np.int32]:
    """The glyphs of some words, one word after the other."""
    first, count = atlas.measures[words, :2].T
    places = (first - count.cumsum() + count).repeat(count) + np.arange(count.sum())
    spelled: npt.NDArray[np.int32] = atlas.spelling[places]
    return spelled


def _check(holds: object, problem: str) -> None:
    if not holds:
        raise ShardError(
            f"the storyboard is not set in lines: {problem}", "Use source='storyboard', which draws any storyboard."
        )
