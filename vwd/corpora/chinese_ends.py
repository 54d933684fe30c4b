"""Where a Chinese sentence ends, with ASCII and full-width marks."""

from __future__ import annotations

import re
from collections.abc import Callable

from vwd.corpora.english_ends import ends_sentence
from vwd.corpora.speakers import names_speaker_zh

_END = re.compile(
    r"(?P<marks>[。！？]+|(?<![.．…])[.．](?![.．…])|[!?]+)(?P<closing>[”’」』）)】\"']*)(?P<space> *)(?=\S)"
)
_QUOTES = "”’」』\"'"
_OPERATORS = frozenset("=+-−–*×÷/·<>≤≥≠≈^＝＋－")
_NEVER_FIRST = frozenset("，、；：。！？,;:.!?．）】》」』”’)]}%…")
_OPENS = frozenset('“‘「『（《【("①②③④⑤⑥⑦⑧⑨⑩$\\')
# The number or letter of a list's entry before its full stop, and what stands before that.
_LIST_NUMBER = re.compile(r"(?P<before>.?)(?:(?<!\d)\d{1,2}|(?P<letter>[A-Z]))$")
_BEFORE_ENTRIES = frozenset(("", *"；;：:、（("))
_BEFORE_LETTERS = _BEFORE_ENTRIES | {" "}
_DOTTED = re.compile(r"\b[A-Za-z]\.[A-Za-z]$")
# After a factorial.
_COUNTED = frozenset("种个是的为等末位中里与和")


def chinese_ends(line: str, first: int, verbatim_end: Callable[[int], int]) -> list[int]:
    """Where each sentence but the last of a line ends; arguments as for `english_ends`."""
    ends: list[int] = []
    counted = quotes = 0
    for found in _END.finditer(line, first):
        end = found.end()
        straight = found["closing"].endswith('"')
        quotes, counted = quotes + line.count('"', counted, end), end
        opens = straight and not found["space"] and quotes % 2 == 1
        closed = found["closing"][-1:] in tuple(_QUOTES) and not opens
        if opens:  # a straight quote that opens the next sentence
            end -= 1
        if verbatim_end(end) or not _ends_sentence(line, ends[-1] if ends else first, found, end):
            continue
        if not (closed and names_speaker_zh(line, end)):
            ends.append(end)
    return ends


def _ends_sentence(line: str, start: int, found: re.Match[str], end: int) -> bool:
    mark, at, following = found["marks"], found.start(), line[end]
    if following in _NEVER_FIRST:
        return False
    before = line[at - 1] if at > start else ""
    if "?" in mark or "？" in mark:
        if following == "的":
            return False
        bracketed = before in tuple("（(") and found["closing"][:1] in tuple("）)")
        if bracketed or (following in _OPERATORS and not _is_chinese(before)):
            return False
    if mark[0] in ".．":
        return _full_stop_ends(line, start, found, end)
    if mark[0] in "!?":
        if mark == "!" and before.isdigit() and (following in _COUNTED or following in _OPERATORS):
            return False  # a factorial
        return bool(found["space"]) or _is_chinese(before) or _is_chinese(following) or following in _OPENS
    return True


def _full_stop_ends(line: str, start: int, found: re.Match[str], end: int) -> bool:
    at, following = found.start(), line[end]
    before = line[at - 1] if at > start else ""
    number = _LIST_NUMBER.search(line[max(start, at - 3) : at])
    if (
        number
        and not found["closing"]
        and number["before"] in (_BEFORE_LETTERS if number["letter"] else _BEFORE_ENTRIES)
    ):
        return False
    if at - start == 1 and before.isalpha() and before.isascii():  # a. b. c.
        return False
    if not found["space"]:
        decimal = before.isdigit() and following.isdigit()
        return not decimal and (found["marks"] == "．" or _is_chinese(following) or following in _OPENS)
    if _is_chinese(before) or (_is_chinese(following) and not _DOTTED.search(line[max(start, at - 4) : at])):
        return True
    return ends_sentence(line, start, found, end)


def _is_chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
