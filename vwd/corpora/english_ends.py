"""Where an English sentence ends, or one in another language that is written with the same marks."""

from __future__ import annotations

import re
from collections.abc import Callable

from vwd.corpora.abbreviations import continues
from vwd.corpora.speakers import names_speaker

_CLOSING = r"[\"'”’)\]»«›‹*`]| [»›]|\\[)\]]|\$\$?"
_END = re.compile(rf"(?<![.!?…])(?P<marks>[.!?…]+)(?P<closing>(?:{_CLOSING})*) +(?=\S)")
# German quotations end with the mark that opens English ones.
_GERMAN_END = re.compile(rf"(?<![.!?…])(?P<marks>[.!?…]+)(?P<closing>(?:{_CLOSING}|“)*) +(?=\S)")
# What closes a formula after a space.
_LATE_CLOSING = re.compile(r"(?:(?:\\[)\]]|\$\$?|\\end\{[A-Za-z]{1,20}\*?\}) ?)+[\"'”’)\]]* +(?=\S)")
_LIST_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\.")
# What is numbered in front of a sentence: Step 1. Add them.
_HEADED = re.compile(
    r"\W*(?:Step|Question|Problem|Example|Exercise|Task|Part|Case|Scenario|Theorem|Lemma|Corollary|Proposition|"
    r"Definition|Remark|Rule|Method|Option|Chapter|Section|Étape|Exercice|Problème|Exemple|Question|Aufgabe|Schritt|"
    r"Beispiel|Paso|Ejercicio|Problema|Ejemplo|Pregunta) $",
    re.IGNORECASE,
)
_LOWER_FIRST = re.compile(r"(?:how|what|if|when|he|she|they|each|find)\b")
_WHOLE_WORD = re.compile(r"(?:[a-z]{4,}|[\d)])(?<!approx)(?<!tbsp)(?<!dept)(?<!gals)(?<!misc)(?<!mins)(?<!secs)$")
_LIST_LETTER = re.compile(r"\((?:[a-z]|[ivx]{2,4})\) |(?:[a-z]|[ivx]{2,4})[.)] [A-Z]")
_OPENING = "\"'“‘„([{«‹$€£¥（「『《—– "
_QUOTES = frozenset("\"'”’“»«›‹")
_OPERATORS = frozenset("=+-−–*×÷/·<>≤≥≠≈^")
# No sentence starts with one of these.
_NEVER_FIRST = re.compile(
    r"[=×÷/<>≤≥≠≈^,;:.!?)\]}%”’]|[»›](?!\w)|[*+−–-] ?[\d$(]|\\(?:[\\)\],;!]|end|q?quad|cdot|times|right)"
)
# Characters before a mark and after it that are looked at.
_NEAR, _TAIL = 160, 24


def english_ends(line: str, first: int, verbatim_end: Callable[[int], int]) -> list[int]:
    """Where each sentence but the last of a line ends, behind the spaces after it.

    Args:
        first: where the line's text starts.
        verbatim_end: the end of the part that a break at a position would cut and must not; 0 where there is none.
    """
    ends: list[int] = []
    for found in (_GERMAN_END if "„" in line else _END).finditer(line):
        end = found.end()
        if verbatim_end(end):
            late = _LATE_CLOSING.match(line, end)
            if late is None or verbatim_end(late.end()):
                continue
            end = late.end()
        if ends_sentence(line, ends[-1] if ends else first, found, end):
            ends.append(end)
    return ends


def ends_sentence(line: str, start: int, found: re.Match[str], end: int) -> bool:
    """Whether a sentence that starts at `start` ends with the marks that were found, when `line[end]` follows them."""
    following = line[end : end + _NEAR]
    opened = following.lstrip(_OPENING)[:1]
    marks, at = found["marks"], found.start()
    if _NEVER_FIRST.match(following) or (opened.islower() and not _is_lower_start(line, at, found, following)):
        return False
    if _QUOTES.intersection(found["closing"]) and names_speaker(following) and not _is_introduced(line, at):
        return False
    if marks == "?" and _is_placeholder(line, start, at, following):
        return False
    word = line.rfind(" ", start, at) + 1 or start
    before = line[max(start, word - _NEAR) : word]
    if marks != ".":
        return marks[0] not in ".…" or not _goes_on_after_dots(before, line[word:at], following)
    if line[max(start, at - 2) : at] == ". ":  # the last of . . .
        *_, before, last = ["", "", *line[max(start, at - _NEAR) : at].rstrip(" .").rsplit(None, 1)]
        return not _goes_on_after_dots(before, last, following)
    last = line[word : at + 1]
    if not found["closing"].strip("*") and _is_list_number(before, last.lstrip("*")):
        return False
    return bool(found["closing"]) or len(last) > _NEAR or not continues(before, last, following)


def _is_list_number(before: str, last: str) -> bool:
    """1. Add them. · Do this: 1. Add. · Step 1. Add."""
    if not _LIST_NUMBER.fullmatch(last):
        return False
    return last[0] in "([" or before.rstrip()[-1:] in ("", *":：;；") or bool(_HEADED.fullmatch(before))


def _is_lower_start(line: str, at: int, found: re.Match[str], following: str) -> bool:
    """Whether a sentence starts in lower case: b. Stir it. · (b) Find y. · $x$ is odd. · It leaks. how much is left?"""
    if _LIST_LETTER.match(following) or (following[0] == "$" and not found["closing"].strip("$")):
        return True
    if found["marks"] != "." or found["closing"]:
        return False
    return bool(_LOWER_FIRST.match(following) and _WHOLE_WORD.search(line, max(0, at - _TAIL), at))


def _is_introduced(line: str, end: int) -> bool:
    """Whether the quotation that ends at `end` has its speaker before it: Ben asks, “Where?”"""
    start = max(line.rfind(quote, max(0, end - 4 * _NEAR), end) for quote in '"“„«')
    return start > 0 and line[max(0, start - 2) : start].rstrip()[-1:] in tuple(",:")


def _is_placeholder(line: str, start: int, at: int, following: str) -> bool:
    """5 + ? × 19"""
    before = line[max(start, at - _NEAR) : at].rstrip()
    operator = before[-1:] in _OPERATORS
    if following[0] in _OPERATORS:
        return operator or not before or line[at - 1] in " (["
    return (operator and following[0].isdigit()) or line[at - 1] in "(["


def _goes_on_after_dots(before: str, word: str, following: str) -> bool:
    """17 ÷ 5 = 3 ... 2 · “I… I forgot.” · A, B, ... Z"""
    if not word and before.rstrip()[-1:] == ",":
        return True
    again = following.split(" ", 1)[0].strip(_OPENING + ".…,!?").lower()
    word = word.strip(_OPENING).lower()
    return ((not word or word[-1].isdigit()) and following[0].isdigit()) or (bool(word) and word == again)
