"""A contact sheet: the frames of a video at which something is to be seen, side by side, with their numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.preview.sample import Previewed
from vwd.text.metrics import line_height
from vwd.text.storyboard import Box, Storyboard
from vwd.video.bitmaps import word_coverage
from vwd.video.frames import play

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_TABLE, _TEXT, _FAINT = (236, 239, 241), (38, 50, 56), (96, 110, 118)
_PROMPT, _ANSWER, _FINAL = (25, 118, 210), (230, 81, 0), (46, 125, 50)
_GAP, _SMALL = 20, 16
# Frames a sheet: a long text has a page turn for each of its pages.
_SHEET_FRAMES = 24
# Bytes of the frames of a sheet: of the largest video it has one.
_SHEET_BYTES = 150_000_000


def key_frames(board: Storyboard) -> tuple[int, ...]:
    """The first frame, and the last one of every page: all that there is to see of a text, once."""
    turns = [start - 1 for start in board.page_starts[1:]]
    return tuple(sorted({0, *turns, board.frames - 1}))


def draw_frames(board: Storyboard, frames: tuple[int, ...], boxes: bool = False) -> dict[int, Picture]:
    """Frames as colour pictures, uint8 [height, width, 3].

    Args:
        boxes: mark each word: blue in the prompt, orange in the answer, green in the final answer.
    """
    canvas = np.empty((board.height, board.width, 3), np.uint8)
    drawn: dict[int, Picture] = {}
    for frame, _ in enumerate(play(board, canvas)):
        if frame in frames:
            drawn[frame] = canvas.copy()
            if boxes:
                _mark_words(drawn[frame], board, frame)
    return drawn


def contact_sheet(sample: Previewed, boxes: bool = False) -> Picture:
    """The key frames of a sample on a grey table, uint8 [height, width, 3]."""
    board = sample.storyboard
    fitting = _SHEET_BYTES // (3 * board.height * board.width)
    frames = _thinned(key_frames(board), max(1, min(_SHEET_FRAMES, fitting)))
    drawn = draw_frames(board, frames, boxes)
    columns = min(2, len(frames))
    caption = line_height(_SMALL) + 10
    row_height, head = board.height + caption + _GAP, 2 * line_height(_SMALL) + 2 * _GAP
    rows = -(-len(frames) // columns)
    sheet = np.full((head + rows * row_height, _GAP + columns * (board.width + _GAP), 3), _TABLE, np.uint8)
    _write(sheet, _GAP, _GAP, sample.key, _TEXT, board.language)
    _write(sheet, _GAP, _GAP + line_height(_SMALL), _facts(sample), _FAINT, board.language)
    for place, frame in enumerate(frames):
        x, y = _GAP + place % columns * (board.width + _GAP), head + place // columns * row_height
        sheet[y - 1 : y + board.height + 1, x - 1 : x + board.width + 1] = _FAINT
        sheet[y : y + board.height, x : x + board.width] = drawn[frame]
        _write(sheet, x, y + board.height + 6, _caption(sample, frame), _FAINT, board.language)
    return sheet


def _thinned(frames: tuple[int, ...], most: int) -> tuple[int, ...]:
    if len(frames) <= most:
        return frames
    places = np.unique(np.linspace(len(frames) - 1, 0, most).round().astype(int))
    return tuple(frames[place] for place in places)


def _facts(sample: Previewed) -> str:
    board = sample.storyboard
    words = sum(1 for word in board.words if word.frame >= board.prompt_frames)
    last = board.words[-1].frame if board.words else 0
    pages = f"{board.pages} page{'s' * (board.pages > 1)}"
    return f"{pages}, {words} words of the answer, from frame {board.prompt_frames} to {last} of {board.frames}"


def _caption(sample: Previewed, frame: int) -> str:
    page = sum(start <= frame for start in sample.storyboard.page_starts)
    return f"frame {frame}  {frame / float(sample.fps):.2f} s  page {page}"


def _write(sheet: Picture, x: int, y: int, text: str, colour: Colour, language: Language) -> None:
    """Text on the sheet, cut at its edge."""
    coverage = word_coverage(text, _SMALL, language)[:, : sheet.shape[1] - x - 4]
    place = sheet[y : y + coverage.shape[0], x : x + coverage.shape[1]]
    share = coverage[:, :, None] / 255
    place[:] = (place * (1 - share) + np.array(colour) * share).round().astype(np.uint8)


def _mark_words(picture: Picture, board: Storyboard, frame: int) -> None:
    page = sum(start <= frame for start in board.page_starts) - 1
    for number, word in enumerate(board.words):
        if word.frame <= frame and word.page == page:
            colour = _PROMPT if word.frame < board.prompt_frames else _ANSWER
            if board.final_words[0] <= number < board.final_words[1]:
                colour = _FINAL
            _outline(picture, word.box, colour)


def _outline(picture: Picture, box: Box, colour: Colour) -> None:
    x, y, right, bottom = box.x, box.y, box.x + box.width - 1, box.y + box.height - 1
    picture[y, x : right + 1] = picture[bottom, x : right + 1] = colour
    picture[y : bottom + 1, x] = picture[y : bottom + 1, right] = colour
