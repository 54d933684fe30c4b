"""Whether the fields of storyboards agree with each other: what is drawn of one that does not could be anything."""

from __future__ import annotations

import numpy as np

from vwd.stream.columns import Columns
from vwd.stream.lines import native_lines


def consistent(words: Columns) -> bool:
    """Whether pages follow each other within the frames, and words, and separators, are on a page and within it."""
    native = native_lines()
    if native:
        return bool(native.consistent(words.scalars, words.starts, words.rows))
    return _by_numpy(words)


def _by_numpy(words: Columns) -> bool:
    if (words.pages < 1).any():
        return False
    last = words.pages.cumsum() - 1
    of, video = (np.arange(len(words.scalars)).repeat(count) for count in (words.pages, words.words))
    rising = words.starts[1:] > words.starts[:-1]
    rising[last[:-1]] = True
    boxes = (words.separator.T, words.size.T), (words.box, words.size.T[:, video])
    return bool(
        rising.all()
        and not words.starts[last - words.pages + 1].any()
        and (words.starts < words.frames[of]).all()
        and (words.prompt_frames <= words.frames).all()
        and ((words.separator_page >= 0) & (words.separator_page < words.pages)).all()
        and ((words.frame >= 0) & (words.frame < words.frames[video])).all()
        and ((words.page >= 0) & (words.page < words.pages[video])).all()
        and all((box >= 0).all() and (box[:2] <= size - box[2:]).all() for box, size in boxes)
    )
