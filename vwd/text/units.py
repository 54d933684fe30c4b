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
    # A formula between dollars or in \( \): without Chinese, or two prices would be taken for one.
    r"|(?P<formula>\$\$[^$\u3400-\u9fff，。]+\$\$|\$[^$\u3400-\u9fff，。]+\$|\\\([^\u3400-\u9fff，。]*?\\\))"
    r"|(?P<hanzi>[\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    r"|(?P<close>[，。！？、；：…—）〉》」』】〕〗｝］’”]+)"
    r"|(?P<open>[（〈《「『【〔〖｛［‘“]+)"
    r'|(?P<quote>")'
    r"|(?P<latin>[^ \"\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    r"，。！？、；：…—）〉》」』】〕〗｝］’”（〈《「『【〔〖｛［‘“]+)"
)
_CLOSERS = "".join(sorted(NO_LINE_START))


class Unit(NamedTuple):
    """One reveal unit: its text, and what precedes it: a line break, a space or nothing."""

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
        lead = "\n" if number else ""
        words = _english(line) if language == "en" else _chinese(line, zh_units)
        units += [Unit(word, lead if i == 0 else gap) for i, (word, gap) in enumerate(words)]
    return units


def _english(line: str) -> list[tuple[str, str]]:
    return [(word, " ") for word in line.split(" ")]


def _chinese(line: str, zh_units: ChineseUnits) -> list[tuple[str, str]]:
    units: list[tuple[str, str]] = []
    opening = gap = ""
    for text, kind in _tokens(line, zh_units):
        if kind == "space":
            opening, gap = (opening + " ", gap) if opening else (opening, " ")
        elif kind == "open":
            opening += text
        elif kind == "close" and units and not opening:
            units[-1] = (units[-1][0] + gap + text, units[-1][1])
            gap = ""
        else:
            units.append((opening + text, gap))
            opening = gap = ""
    if opening:
        units.append((opening, gap))
    return units


def _tokens(line: str, zh_units: ChineseUnits) -> Iterator[tuple[str, str]]:
    import rjieba

    quotes = 0
    for found in _TOKEN.finditer(line):
        kind, text = str(found.lastgroup), found.group()
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


def _split_marks(run: str) -> tuple[str, str, str]:
    """Closing marks before and opening marks after a run without hanzi, such as the two in ``),f(``."""
    rest = run.lstrip(_CLOSERS)
    closing = run[: len(run) - len(rest)]
    if closing.endswith(".") and rest[:1].isdigit():  # .5 is a number
        closing, rest = closing[:-1], "." + rest
    core = rest.rstrip("".join(NO_LINE_END))
    return closing, core, rest[len(core) :]
