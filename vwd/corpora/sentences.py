"""Where a sentence ends, in English and in Chinese: each sentence is drawn on a line of its own."""

from __future__ import annotations

import re
from itertools import pairwise

# A title or a Latin short form: more of the same sentence always follows.
_NEVER_LAST = frozenset(
    "mr mrs ms mx dr prof st mt ft gen col capt lt sgt rev hon sen rep gov pres "
    "vs e.g i.e cf viz al approx ca fig figs eq eqs no nos vol pp ch sec "
    "jan feb mar apr jun jul aug sept oct nov dec".split()
)
# A unit or another short form, which may also end a sentence: the next word decides.
_SOMETIMES_LAST = frozenset(
    "oz lb lbs in ft yd yds mi mph km cm mm kg mg ml gal gals qt qts pt pts tsp tbsp tbs "
    "sec secs min mins hr hrs wk wks yr yrs mo mos etc inc ltd co corp jr sr dept ave blvd rd sq cu avg "
    "a.m p.m am pm ph.d b.c a.d u.s u.s.a u.k d.c".split()
)
# Words that open a sentence and hardly ever follow a unit within one.
_OPENERS = frozenset(
    "a after all first second third finally later meanwhile "
    "also an and as at because before both but by each every for from given he her his how however i "
    "if in it its let my next no now on one our she since so that the their then there therefore these they this "
    "those thus to we what when where which while who why with you your calculate find determine".split()
)
_ENGLISH_END = re.compile(r"[.!?]+[\"'”’)\]»]* +(?=\S)")
_CHINESE_END = re.compile(r"[。！？]+[”’」』）)\"']*|[!?]+[”’」』）)\"']*|\.[”’」』）)\"']* +")
_LIST_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\.")
_OPENING = "\"'“‘([{«$€£¥（「『《"
# Who spoke, after a quotation: “推我！”她说。
_SAYS = re.compile(r"[^，。！？：“\"]{0,8}?[说问道喊叫答想笑嚷]")
_CLOSING_QUOTES = "”’」』\"'"


def break_sentences(text: str, language: str) -> str:
    """Text with every sentence on a line of its own; existing breaks stay.

    No break after an abbreviation, inside a decimal, or between a list's number and its entry.
    """
    ends = _english_ends if language == "en" else _chinese_ends
    return "\n".join("\n".join(_cut(line, ends(line))) for line in text.split("\n"))


def first_sentences(text: str, count: int, language: str) -> tuple[str, str]:
    """The first `count` sentences (one a line), and the rest."""
    lines = break_sentences(text, language).split("\n")
    return "\n".join(lines[:count]), "\n".join(lines[count:])


def _cut(line: str, ends: list[int]) -> list[str]:
    edges = [0, *ends, len(line)]
    return [line[a:b].strip() for a, b in pairwise(edges)]


def _english_ends(line: str) -> list[int]:
    ends: list[int] = []
    for found in _ENGLISH_END.finditer(line):
        sentence = line[ends[-1] if ends else 0 : found.end()]
        if _ends_sentence(sentence.rstrip(), line[found.end() :]):
            ends.append(found.end())
    return ends


def _ends_sentence(sentence: str, rest: str) -> bool:
    """Whether `sentence`, which ends with . ! or ?, is complete, given what follows it."""
    start = rest.lstrip(_OPENING)[:1] or rest[:1]
    if start.islower():
        return False
    words = sentence.rsplit(None, 2)
    last = words[-1]
    if not last.endswith(".") or last.endswith(".."):
        return True
    if _LIST_NUMBER.fullmatch(last) and (len(words) == 1 or words[-2].endswith((":", "："))):
        return False
    short = last.strip(_OPENING)[:-1].lower()
    if short in _NEVER_LAST:
        return False
    initial = len(short) == 1 and short.isalpha() and short != "i"
    if initial or "." in short or short in _SOMETIMES_LAST:
        return rest.split(None, 1)[0].strip("\"'“‘(,:").lower() in _OPENERS
    return True


def _chinese_ends(line: str) -> list[int]:
    ends: list[int] = []
    for found in _CHINESE_END.finditer(line):
        mark, rest = found.group(), line[found.end() :]
        if not rest:
            break
        if mark[0] == ".":
            whole = _ends_sentence(line[ends[-1] if ends else 0 : found.end()].rstrip(), rest)
        elif mark[0] in "!?":
            whole = rest[0] == " " or _is_chinese(rest[0])
        else:
            whole = rest[0] not in "，、；：。！？,;:.!?"
        closed = mark.rstrip()[-1] in _CLOSING_QUOTES
        if mark.rstrip()[-1] == '"' and line[: found.end()].count('"') % 2:
            closed, mark_end = False, found.end() - 1  # a straight quote that opens the next sentence
        else:
            mark_end = found.end()
        if whole and not (closed and _SAYS.match(rest)):
            ends.append(mark_end)
    return ends


def _is_chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
