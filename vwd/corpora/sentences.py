"""Where a sentence ends, in English and in Chinese: each sentence is drawn on a line of its own.

Every mark is judged by the words next to it, never by the whole line, so that time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
_ENGLISH_END = re.compile(r"(?<![.!?])[.!?]+[\"'”’)\]»]* +(?=\S)")
_CHINESE_END = re.compile(r"[。！？]+[”’」』）)\"']*|[!?]+[”’」』）)\"']*|\.[”’」』）)\"']* +")
_LIST_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\.")
_OPENING = "\"'“‘([{«$€£¥（「『《"
# Who spoke, after a quotation: “推我！”她说。
_SAYS = re.compile(r"[^，。！？：“\"]{0,8}?[说问道喊叫答想笑嚷]")
_CLOSING_QUOTES = "”’」』\"'"
_WORD = re.compile(r"\S+")
# Characters in which the last two words of a sentence are looked for first.
_TAIL = 64


def break_sentences(text: str, language: str) -> str:
    """Text with every sentence on a line of its own; existing breaks stay. Sentences keep their line's indentation.

    No break after an abbreviation, inside a decimal, or between a list's number and its entry.
    """
    ends = _english_ends if language == "en" else _chinese_ends
    return "\n".join(sentence for line in text.split("\n") for sentence in _sentences(line, ends))


def first_sentences(text: str, count: int, language: str) -> tuple[str, str]:
    """The first `count` sentences (one a line), and the rest."""
    lines = break_sentences(text, language).split("\n")
    return "\n".join(lines[:count]), "\n".join(lines[count:])


def _sentences(line: str, find_ends: Callable[[str], list[int]]) -> Iterator[str]:
    words = line.lstrip(" ")
    indent = line[: len(line) - len(words)] if words else ""
    for start, end in pairwise([0, *find_ends(words), len(words)]):
        yield indent + words[start:end].strip()


def _english_ends(line: str) -> list[int]:
    ends: list[int] = []
    for found in _ENGLISH_END.finditer(line):
        if _ends_sentence(line, ends[-1] if ends else 0, found.end()):
            ends.append(found.end())
    return ends


def _ends_sentence(line: str, start: int, end: int) -> bool:
    """Whether `line[start:end]`, which ends with . ! or ? and spaces, is complete, given what follows it."""
    following = line[end] if line[end] not in _OPENING else _after_opening(line, end)
    if following.islower():
        return False
    words = _last_words(line, start, end)
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
        word = _WORD.search(line, end)
        return word is not None and word[0].strip("\"'“‘(,:").lower() in _OPENERS
    return True


def _after_opening(line: str, at: int) -> str:
    """The first character that is no quote or bracket that opens; the first of these where there is none."""
    return next((line[position] for position in range(at, len(line)) if line[position] not in _OPENING), line[at])


def _last_words(line: str, start: int, end: int) -> list[str]:
    """The last two words of `line[start:end]`, or the only one; there may be more before them."""
    size = _TAIL
    while True:
        first = max(start, end - size)
        words = line[first:end].rsplit(None, 2)
        if first == start or len(words) == 3:
            return words
        size *= 2


def _chinese_ends(line: str) -> list[int]:
    ends: list[int] = []
    counted = quotes = 0
    for found in _CHINESE_END.finditer(line):
        mark, end = found.group(), found.end()
        if end == len(line):
            break
        following = line[end]
        if mark[0] == ".":
            whole = _ends_sentence(line, ends[-1] if ends else 0, end)
        elif mark[0] in "!?":
            whole = following == " " or _is_chinese(following)
        else:
            whole = following not in "，、；：。！？,;:.!?"
        closed = mark.rstrip()[-1] in _CLOSING_QUOTES
        quotes, counted = quotes + line.count('"', counted, end), end
        if mark.rstrip()[-1] == '"' and quotes % 2:
            closed, mark_end = False, end - 1  # a straight quote that opens the next sentence
        else:
            mark_end = end
        if whole and not (closed and _SAYS.match(line, end)):
            ends.append(mark_end)
    return ends


def _is_chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
