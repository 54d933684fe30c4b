"""Cutting text into reveal units: what appears at a time. English, Korean: a word. Chinese: a jieba word
or a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vwd.corpora.sample import Language
from vwd.text.breaks import NO_LINE_END, NO_LINE_START
from vwd.text.names import cuts_name, join_names, may_name, name_parts
from vwd.text.spec import ChineseUnits

_HANZI = r"\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSE = "，。！？、；：．…‥—―·・）〉》」』】〕〗〙〛｝］’”〞〟％‰～〜－／"
_OPEN = "（〈《「『【〔〖〘〚｛［‘“〝"
_DIGIT = "0-9０-９"
_LATIN = rf"[^ \"{_HANZI}{_CLOSE}{_OPEN}]+"
_TOKEN = re.compile(
    r"(?P<space> )"
    # A formula between dollars: without Chinese, or two prices would be taken for one.
    r"|(?P<formula>\$\$[^$\u3400-\u9fff，。]+\$\$|\$[^$\u3400-\u9fff，。]+\$)"
    rf"|(?P<hanzi>[{_HANZI}]+)"
    # Between digits these belong to a number: 1：4, 8：30, 3．5, 3～5. Before one － is a sign, but not after a word.
    rf"|(?P<close>(?:[{_CLOSE.replace('－', '')}]+|－(?![{_DIGIT}])|(?<=[{_HANZI}])－)+)"
    rf"|(?P<open>[{_OPEN}]+)"
    r'|(?P<quote>")'
    rf"|(?P<latin>(?:－(?=[{_DIGIT}]))?{_LATIN}"
    rf"(?:(?:(?<=[{_DIGIT}])[：．，～－／·](?=[{_DIGIT}])|－(?=[{_DIGIT}])){_LATIN})*)"
)
# One in \\( \\) ends here, or is none.
_FORMULA_END = re.compile(r"(?P<whole>\\\))|[\u3400-\u9fff，。]")
_CLOSERS = "".join(sorted(NO_LINE_START))
_OPENERS = "".join(sorted(NO_LINE_END))
# These join what is on both sides of them, where no space is: 北京-上海.
_CONNECTORS = re.compile(r"[-/~–]+")
# What a sign or a decimal point starts is a number: .5, -7.
_SIGNS = ".－–"


class Unit(NamedTuple):
    """One reveal unit: its text, and what precedes it: a line break with the line's indentation, a space or nothing.

    `lines`: the lines that it is cut into, where it is a part of one that is longer than a page.
    """

    text: str
    lead: str
    lines: tuple[str, ...] = ()


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
        words = _chinese(content, zh_units) if language == "zh" else _spaced(content)
        units += [Unit(word, lead if i == 0 else gap) for i, (word, gap) in enumerate(words)]
    return units


def _spaced(line: str) -> list[tuple[str, str]]:
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
        elif (kind == "close" or (kind == "connector" and not gap)) and units and not opening:
            units[-1][0].extend((gap, text))
            gap = ""
        else:
            units.append(([*opening, text], gap))
            opening, gap = [], ""
    if opening:
        units.append((opening, gap))
    return [("".join(parts), gap) for parts, gap in units]


def _tokens(line: str, zh_units: ChineseUnits) -> Iterator[tuple[str, str]]:
    quotes, before = 0, ""
    for text, kind in _pieces(line):
        before, counted = text, before[-1:].isdigit()
        if kind == "hanzi":
            words = text if zh_units == "char" else _words(text, counted)
            yield from ((word, "word") for word in words)
        elif kind == "quote":
            quotes += 1
            yield text, "open" if quotes % 2 else "close"
        elif kind == "latin" and text[0] in "-/~–" and _CONNECTORS.fullmatch(text):
            yield text, "connector"
        elif kind == "latin":
            closing, core, opening = _split_marks(text)
            yield from ((t, k) for t, k in ((closing, "close"), (core, "word"), (opening, "open")) if t)
        else:
            yield text, "word" if kind == "formula" else kind


def _words(run: str, counted: bool) -> list[str]:
    """A run of Chinese characters, which a number may precede."""
    import rjieba

    words: list[str] = rjieba.cut(run, hmm=False)
    if not may_name(run):
        return words
    if cuts_name(words):
        words = [word for part in name_parts(run) for word in rjieba.cut(part, hmm=False)]
    return join_names(words, counted)


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
    if closing and closing[-1] in _SIGNS and rest[:1].isdigit():
        closing, rest = closing[:-1], closing[-1] + rest
    core = rest.rstrip(_OPENERS)
    return closing, core, rest[len(core) :]
