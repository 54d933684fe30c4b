"""Layout: from a sample to a storyboard, or to a skip that says why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat

from vwd.corpora.sample import Language, Sample, Skip, SkipCode
from vwd.limits import SMALLEST_FONT_SIZE
from vwd.text.breaks import best_cut
from vwd.text.final import find_final
from vwd.text.metrics import Metrics
from vwd.text.pace import answer_frames
from vwd.text.scripts import describe_undrawn
from vwd.text.spec import PageSpec, Separator, StoryboardSpec
from vwd.text.storyboard import Box, Storyboard, Word
from vwd.text.units import Unit, cut_units

_SEPARATOR_THICKNESS = 2
_NO_SEPARATOR = Box(0, 0, 0, 0)


def lay_out(sample: Sample, spec: StoryboardSpec, metrics: Metrics) -> Storyboard | Skip:
    """The storyboard of a sample.

    The prompt is shown from frame 0 on (with `spill`, its pages one after the other), then frames add units of the
    answer, at the spec's pace. Never raises for any text: what cannot be shown completely is a skip.
    """
    missing = metrics.undrawable(sample.prompt) or metrics.undrawable(sample.answer)
    if missing:
        return Skip(SkipCode.MISSING_GLYPH, describe_undrawn(missing))
    prompt = _set_prompt(sample, spec, metrics)
    if isinstance(prompt, Skip):
        return prompt
    prompt_words, setter = prompt
    hold, prompt_frames = spec.prompt_hold, (setter.page + 1) * spec.prompt_hold
    units = list(setter.fitting(cut_units(sample.answer, sample.language, spec.zh_units)))
    left = spec.frames - prompt_frames
    if len(units) > left and spec.pace != "fit":
        return Skip(SkipCode.ANSWER_TOO_LONG, f"{len(units)} units for {left} frames")

    separator = setter.separate(spec.separator if units else "auto")
    separator_page = setter.page
    placed = [setter.place(unit, following) for unit, following in zip(units, _next_texts(units), strict=True)]
    frames = answer_frames([words[-1].page for words in placed], left, spec.pace)
    if frames is None:
        return Skip(SkipCode.ANSWER_TOO_LONG, f"{setter.page + 1 - separator_page} pages for {left} frames")
    words = [word._replace(frame=word.page * hold) for word in prompt_words]
    page_starts = list(range(0, prompt_frames, hold))
    for frame, unit_words in zip(frames, placed, strict=True):
        words += [word._replace(frame=prompt_frames + frame) for word in unit_words]
        if unit_words[-1].page == len(page_starts):
            page_starts.append(prompt_frames + frame)
    return Storyboard(
        spec.page.width, spec.page.height, spec.frames, setter.spec.font_size, sample.language, prompt_frames,
        tuple(page_starts), separator, tuple(words), separator_page, _final_words(sample, words, len(prompt_words)),
    )  # fmt: skip


def _final_words(sample: Sample, words: list[Word], first: int) -> tuple[int, ...]:
    """Places in `words`, from `first` on, of those that show the final answer."""
    start, end = find_final(sample.answer, sample.final_answer)
    return tuple(place for place in range(first, len(words)) if words[place].start < end and words[place].end > start)


def _set_prompt(sample: Sample, spec: StoryboardSpec, metrics: Metrics) -> tuple[list[Word], _Typesetter] | Skip:
    units = cut_units(sample.prompt, sample.language, spec.zh_units)
    smallest = SMALLEST_FONT_SIZE if spec.prompt_overflow == "shrink" else spec.page.font_size
    most_pages = (spec.frames - 1) // spec.prompt_hold if spec.prompt_overflow == "spill" else 1
    for font_size in range(spec.page.font_size, smallest - 1, -1):
        page = spec.page.with_font_size(font_size)
        if font_size > smallest and len(sample.prompt) > most_pages * _most_characters(page):
            continue
        setter = _Typesetter(page, metrics, sample.language)
        words: list[Word] = []
        fitting = list(setter.fitting(units))
        for unit, following in zip(fitting, _next_texts(fitting), strict=True):
            placed = setter.place(unit, following)
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
    """A cursor on a page: places units from left to right, breaks lines, turns pages.

    `position`: how many code points of the text are placed.
    """

    spec: PageSpec
    metrics: Metrics
    language: Language
    page: int = 0
    x: int = 0
    y: int = 0
    position: int = 0

    def __post_init__(self) -> None:
        self._left, self._top = self.x, self.y = self.spec.margin_left, self.spec.margin_top
        self._right, self._bottom = self._left + self.spec.line_width, self.spec.bottom
        self._line_height, self._font_size = self.spec.line_height, self.spec.font_size
        self._space, self._bar = self.metrics.advances(" |", self._font_size, self.language)

    def place(self, unit: Unit, following: str = "") -> list[Word]:
        """Places a unit after the last one, at frame 0. Several words, on one page, where it is longer than a line.

        A bar that follows, as it closes the row of a table, stays on the unit's line.
        """
        lead, line_width = unit.lead, self._right - self._left
        self.position += len(lead)
        if lead[:1] == "\n" and self.x > self._left:
            self._next_line()
        gap = self._space if lead == " " else self._space * lead.count(" ") if lead else 0
        width = self.metrics.width(unit.text, self._font_size, self.language)
        if gap and self.x == self._left:  # indented, but never so far that its line has no room
            gap = max(0, min(gap, line_width // 2, line_width - width))
        bar = self._space + self._bar if following == "|" else 0
        if self.x + gap + width + bar <= self._right or (self.x == self._left and gap + width <= line_width):
            self._make_room(1)
            return [self._put(unit.text, gap, width)]
        if self.x > self._left:
            self._next_line()
        pieces = [(text, self._width(text)) for text in unit.lines] or self._pieces(unit.text)
        self._make_room(len(pieces))
        words = []
        for number, (text, width) in enumerate(pieces):
            if number:
                self._next_line()
            words.append(self._put(text, 0, width))
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

    def separate(self, separator: Separator) -> Box:
        """Ends the prompt: the separator below it if a line of the answer still fits, else a new page."""
        self.position = 0
        self._next_line()
        start = self.y
        self.y += self.spec.separator_gap
        if self.y + self._line_height > self._bottom:
            if separator == "auto":
                return _NO_SEPARATOR
            self.page += 1
            start, self.y = self._top, self._top + self.spec.separator_gap
        middle = start + (self.spec.separator_gap - _SEPARATOR_THICKNESS) // 2
        return Box(self._left, middle, self.spec.line_width, _SEPARATOR_THICKNESS)

    def _width(self, text: str) -> int:
        return sum(self.metrics.advances(text, self.spec.font_size, self.language))

    def _put(self, text: str, gap: int, width: int) -> Word:
        word = Word(text, 0, self.page, Box(self.x + gap, self.y, width, self._line_height), self.position)
        self.x += gap + width
        self.position += len(text)
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
