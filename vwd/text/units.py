"""Cutting text into reveal units: what appears at a time. English: a word. Chinese: a jieba word or a character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vwd.corpora.sample import Language
from vwd.text.spec import ChineseUnits

# Marks that must not start a line, and marks that must not end one (GB/T 15834, Chinese text layout).
NO_LINE_START = frozenset("，。！？、；：…—·）〉》」』】〕〗｝］’”％‰℃,.!?;:)]}%»")
NO_LINE_END = frozenset("（〈《「『【〔〖｛［‘“([{«")

_TOKEN = re.compile(
    r"(?P<space> )"
    # A formula between dollars: without Chinese, or two prices would be taken for one.
    r"|(?P<formula>\$\$[^$\u3400-\u9fff，。]+\$\$|\$[^$\u3400-\u9fff，。]+\$)"
    r"|(?P<hanzi>[\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    r"|(?P<close>[，。！？、；：…—）〉》」』】〕〗｝］’”]+)"
    r"|(?P<open>[（〈《「『【〔〖｛［‘“]+)"
    r'|(?P<quote>")'
    r"|(?P<latin>[^ \"\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    r"，。！？、；：…—）〉》」』】〕〗｝］’”（〈《「『【〔〖｛［‘“]+)"
)
# One in \\( \\) ends here, or is none.
_FORMULA_END = re.compile(r"(?P<whole>\\\))|[\u3400-\u9fff，。]")
_CLOSERS = "".join(sorted(NO_LINE_START))


class Unit(NamedTuple):
    """One reveal unit: its text, and what precedes it: a line break with the line's indentation, a space or nothing."""

    text: str
    lead: str


def cut_units(text: str, language: Language, zh_units: ChineseUnits) -> list[Unit]:
    """The units of a text, in order: joining leads and texts gives the text again.

    Chinese words keep their punctuation: closing marks stay with the word before, opening ones with the word
    after, so that line breaks between units are where Chinese allows them. Numbers, Latin words and formulas
    are whole.
    """
    if not text:
        return []
    units: list[Unit] = []
    for number, line in enumerate(text.split("\n")):
        content = line.lstrip(" ")
        lead = "\n" * (number > 0) + line[: len(line) - len(content)]
        words = _english(content) if language == "en" else _chinese(content, zh_units)
        units += [Unit(word, lead if i == 0 else gap) for i, (word, gap) in enumerate(words)]
    return units


def _english(line: str) -> list[tuple[str, str]]:
    return [(word, " ") for word in line.split(" ")]


def _chinese(line: str, zh_units: ChineseUnits) -> list[tuple[str, str]]:
    units: list[tuple[list[str], str]] = []  # of parts, joined once: a text of marks alone is one unit
    opening: list[str] = []
    gap = ""
    for text, kind in _tokens(line, zh_units):
        if kind == "space":
            if opening:
                opening.append(" ")
            else:
                gap = " "
        elif kind == "open":
            opening.append(text)
        elif kind == "close" and units and not opening:
            units[-1][0].extend((gap, text))
            gap = ""
        else:
            units.append(([*opening, text], gap))
            opening, gap = [], ""
    if opening:
        units.append((opening, gap))
    return [("".join(parts), gap) for parts, gap in units]


def _tokens(line: str, zh_units: ChineseUnits) -> Iterator[tuple[str, str]]:
    import rjieba

    quotes = 0
    for text, kind in _pieces(line):
        if kind == "hanzi":
            words = rjieba.cut(text, hmm=False) if zh_units == "word" else text
            yield from ((word, "word") for word in words)
        elif kind == "quote":
            quotes += 1
            yield text, "open" if quotes % 2 else "close"
        elif kind == "latin":
            closing, core, opening = _split_marks(text)
            yield from ((t, k) for t, k in ((closing, "close"), (core, "word"), (opening, "open")) if t)
        else:
            yield text, "word" if kind == "formula" else kind


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """The line in pieces of one kind each: every character is in one."""
    if "\\(" not in line:
        yield from ((found.group(), str(found.lastgroup)) for found in _TOKEN.finditer(line))
        return
    ends = _FORMULA_END.finditer(line)
    end = next(ends, None)
    position = 0
    while position < len(line):
        if line.startswith("\\(", position):
            while end and end.start() < position + 2:
                end = next(ends, None)
            if end and end["whole"]:
                yield line[position : end.end()], "formula"
                position = end.end()
                continue
        found = _TOKEN.match(line, position)
        assert found, "the kinds cover every character"
        yield found.group(), str(found.lastgroup)
        position = found.end()


def _split_marks(run: str) -> tuple[str, str, str]:
    """Closing marks before and opening marks after a run without hanzi, such as the two in ``),f(``."""
    rest = run.lstrip(_CLOSERS)
    closing = run[: len(run) - len(rest)]
    if closing.endswith(".") and rest[:1].isdigit():  # .5 is a number
        closing, rest = closing[:-1], "." + rest
    core = rest.rstrip("".join(NO_LINE_END))
    return closing, core, rest[len(core) :]
