"""Which frames of a video are selected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard

Kind = Literal["all", "evenly", "first", "stride", "reveals"]
Numbers = npt.NDArray[np.int64]

_NAMED = re.compile(r"(first|stride|reveals):([1-9]\d*)")


@dataclass(frozen=True)
class Frames:
    """A selection of frames.

    Attributes:
        kind: `all`; `evenly`, `count` from the first to the last; `first`, the first `count`; `stride`, every
            `count`th; `reveals`, each at which a word of the answer appears, or `count` of these, evenly.
        count: 0 where the kind needs none.
    """

    kind: Kind = "all"
    count: int = 0

    @classmethod
    def parse(cls, text: Frames | int | str | None) -> Frames:
        """From what a user writes: None or "all", 49, "first:16", "stride:4", "reveals", "reveals:32".

        Raises:
            UsageError: it is none of these.
        """
        if isinstance(text, Frames):
            return text
        if text is None or text == "all":
            return cls()
        if text == "reveals":
            return cls("reveals")
        if str(text).isdecimal() and int(text) > 0:
            return cls("evenly", int(text))
        if named := _NAMED.fullmatch(str(text)):
            kinds: dict[str, Kind] = {"first": "first", "stride": "stride", "reveals": "reveals"}
            return cls(kinds[named[1]], int(named[2]))
        raise UsageError(
            f"frames={text!r}",
            "Give 'all', a number (that many, evenly), 'first:N', 'stride:N', 'reveals' or 'reveals:N'.",
        )

    @property
    def vary(self) -> bool:
        """Whether two videos of equal length may have different numbers of selected frames."""
        return self.kind == "reveals" and not self.count

    def select(self, storyboard: Storyboard) -> Numbers:
        """The numbers of the selected frames, never decreasing; some repeat where more are requested than there are.

        Returns:
            int64 [T], T at least 1.
        """
        if self.kind != "reveals":
            return self.of(storyboard.frames)
        return self.revealing([word.frame for word in storyboard.words], storyboard.prompt_frames, storyboard.frames)

    def of(self, frames: int) -> Numbers:
        """As `select`, from the number of a video's frames; for any kind but `reveals`."""
        if self.kind == "evenly":
            return _evenly(frames, self.count)
        if self.kind == "first":
            return np.minimum(np.arange(self.count), frames - 1)
        return np.arange(0, frames, self.count if self.kind == "stride" else 1)

    def revealing(self, appear: npt.ArrayLike, prompt_frames: int, frames: int) -> Numbers:
        """As `select`, from the frames in which words appear; for `reveals`."""
        reveals = np.unique(np.asarray(appear, np.int64))
        reveals = reveals[reveals >= prompt_frames]
        if not len(reveals):
            reveals = np.array([frames - 1], np.int64)
        return reveals[_evenly(len(reveals), self.count)] if self.count else reveals


def _evenly(frames: int, count: int) -> Numbers:
    """`count` of `frames` numbers, from the first to the last; a single one is the last, which shows the most."""
    if count == 1:
        return np.array([frames - 1])
    return (np.arange(count) * (frames - 1) + (count - 1) // 2) // (count - 1)
