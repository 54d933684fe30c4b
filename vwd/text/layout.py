"""Layout: from a sample to a storyboard, or to a skip that says why there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat

from vwd.corpora.sample import Language, Sample, Skip, SkipCode
from vwd.limits import SMALLEST_FONT_SIZE
from vwd.text.breaks import best_cut
from vwd.text.metrics import Metrics
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Box, Storyboard, Word
from vwd.text.units import Unit, cut_units

_SEPARATOR_THICKNESS = 2
_NO_SEPARATOR = Box(0, 0, 0, 0)


def lay_out(sample: Sample, spec: StoryboardSpec, metrics: Metrics) -> Storyboard | Skip:
    """The storyboard of a sample.

    Frame 0 shows the prompt (with `spill`, its pages take a frame each), then every frame adds one unit of the
    answer. Never raises for any text: what cannot be shown completely is a skip.
    """
    missing = metrics.undrawable(sample.prompt) or metrics.undrawable(sample.answer)
    if missing:
        return Skip(SkipCode.MISSING_GLYPH, describe(missing))
    prompt = _set_prompt(sample, spec, metrics)
    if isinstance(prompt, Skip):
        return prompt
    prompt_words, setter = prompt
    prompt_frames = setter.page + 1
    units = list(setter.fitting(cut_units(sample.answer, sample.language, spec.zh_units)))
    left = spec.frames - prompt_frames
    if len(units) > left:
        return Skip(SkipCode.ANSWER_TOO_LONG, f"{len(units)} units for {left} frames")

    separator = setter.separate()
    page_starts = list(range(prompt_frames))
    words = [word._replace(frame=word.page) for word in prompt_words]
    for frame, (unit, following) in enumerate(zip(units, _next_texts(units), strict=True), prompt_frames):
        words += setter.place(unit, frame, following)
        if setter.page == len(page_starts):
            page_starts.append(frame)
    return Storyboard(
        spec.page.width, spec.page.height, spec.frames, setter.spec.font_size, sample.language, prompt_frames,
        tuple(page_starts), separator, tuple(words),
    )  # fmt: skip


def describe(char: str) -> str:
    """A character for a skip's detail: code point, name, and itself."""
    return f"U+{ord(char):04X} {unicodedata.name(char, 'unnamed')} {char if char.isprintable() else ''}".rstrip()


def _set_prompt(sample: Sample, spec: StoryboardSpec, metrics: Metrics) -> tuple[list[Word], _Typesetter] | Skip:
    units = cut_units(sample.prompt, sample.language, spec.zh_units)
    smallest = SMALLEST_FONT_SIZE if spec.prompt_overflow == "shrink" else spec.page.font_size
    most_pages = spec.frames - 1 if spec.prompt_overflow == "spill" else 1
    for font_size in range(spec.page.font_size, smallest - 1, -1):
        page = spec.page.with_font_size(font_size)
        if font_size > smallest and len(sample.prompt) > most_pages * _most_characters(page):
            continue
        setter = _Typesetter(page, metrics, sample.language)
        words: list[Word] = []
        fitting = list(setter.fitting(units))
        for unit, following in zip(fitting, _next_texts(fitting), strict=True):
            placed = setter.place(unit, 0, following)
            if setter.page < most_pages:  # the other pages are only counted
                words += placed
        if setter.page < most_pages:
            return words, setter
    return Skip(SkipCode.PROMPT_TOO_LONG, f"{setter.page + 1} pages, {most_pages} at most")


def _next_texts(units: list[Unit]) -> Iterable[str]:
    """For each unit the text of the next one, where that is on the same line; only bars of tables matter."""
    if not any(unit.text == "|" for unit in units):
        return repeat("", len(units))
    return [unit.text if unit.lead == " " else "" for unit in units[1:]] + [""] * bool(units)


def _most_characters(page: PageSpec) -> int:
    """More characters than fit on a page: the narrowest has 0.46 of the font's size, and a line its break."""
    return page.lines * (4 * page.line_width // page.font_size + 1)


@dataclass
class _Typesetter:
    """A cursor on a page: places units from left to right, breaks lines, turns pages."""

    spec: PageSpec
    metrics: Metrics
    language: Language
    page: int = 0
    x: int = 0
    y: int = 0

    def __post_init__(self) -> None:
        self._left, self._top = self.x, self.y = self.spec.margin_left, self.spec.margin_top
        self._right, self._bottom = self._left + self.spec.line_width, self.spec.bottom
        self._line_height, self._font_size = self.spec.line_height, self.spec.font_size
        self._space, self._bar = self.metrics.advances(" |", self._font_size, self.language)

    def place(self, unit: Unit, frame: int, following: str = "") -> list[Word]:
        """Places a unit after the last one. Several words where it is longer than a line.

        A bar that follows, as it closes the row of a table, stays on the unit's line.
        """
        lead, line_width = unit.lead, self._right - self._left
        if lead[:1] == "\n" and self.x > self._left:
            self._next_line()
        gap = self._space if lead == " " else self._space * lead.count(" ") if lead else 0
        width = self.metrics.width(unit.text, self._font_size, self.language)
        if gap and self.x == self._left:  # indented, but never so far that its line has no room
            gap = max(0, min(gap, line_width // 2, line_width - width))
        bar = self._space + self._bar if following == "|" else 0
        if self.x + gap + width + bar <= self._right or (self.x == self._left and gap + width <= line_width):
            self._make_room(1)
            return [self._put(unit.text, gap, width, frame)]
        if self.x > self._left:
            self._next_line()
        pieces = [(text, self._width(text)) for text in unit.lines] or self._pieces(unit.text)
        self._make_room(len(pieces))
        words = []
        for number, (text, width) in enumerate(pieces):
            if number:
                self._next_line()
            words.append(self._put(text, 0, width, frame))
        return words

    def fitting(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """The same units, but one that is longer than a page as several of at most a page."""
        shortest = self.spec.line_width // (2 * self.spec.font_size) * self.spec.lines
        for unit in units:
            if len(unit.text) <= shortest:
                yield unit
                continue
            pieces = [text for text, _ in self._pieces(unit.text)]
            for first in range(0, len(pieces), self.spec.lines):
                lines = tuple(pieces[first : first + self.spec.lines])
                yield Unit("".join(lines), unit.lead if first == 0 else "", lines)

    def separate(self) -> Box:
        """Ends the prompt: the separator below it if a line of the answer still fits, else a new page."""
        self._next_line()
        start = self.y
        self.y += self.spec.separator_gap
        if self.y + self._line_height > self._bottom:
            return _NO_SEPARATOR
        middle = start + (self.spec.separator_gap - _SEPARATOR_THICKNESS) // 2
        return Box(self._left, middle, self.spec.line_width, _SEPARATOR_THICKNESS)

    def _width(self, text: str) -> int:
        return sum(self.metrics.advances(text, self.spec.font_size, self.language))

    def _put(self, text: str, gap: int, width: int, frame: int) -> Word:
        word = Word(text, frame, self.page, Box(self.x + gap, self.y, width, self._line_height))
        self.x += gap + width
        return word

    def _next_line(self) -> None:
        self.x = self._left
        self.y += self._line_height

    def _make_room(self, lines: int) -> None:
        """Turns the page where it has fewer lines left."""
        if self.y + lines * self._line_height > self._bottom:
            self.page += 1
            self.x, self.y = self._left, self._top

    def _pieces(self, text: str) -> list[tuple[str, int]]:
        """A text cut into pieces of at most a line, and the width of each. No two in a row fit on one line."""
        advances = self.metrics.advances(text, self.spec.font_size, self.language)
        starts = [0]
        width = 0
        for position, advance in enumerate(advances):
            while width + advance > self.spec.line_width:
                cut = best_cut(text, starts[-1], position)
                if len(starts) > 1 and sum(advances[starts[-2] : cut]) <= self.spec.line_width:
                    starts.pop()
                starts.append(cut)
                width = sum(advances[cut:position])
            width += advance
        if len(starts) > 1 and sum(advances[starts[-2] :]) <= self.spec.line_width:
            starts.pop()
        return [(text[start:end], sum(advances[start:end])) for start, end in pairwise([*starts, len(text)])]
