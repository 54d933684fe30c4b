"""Where a Chinese sentence ends, with ASCII and full-width marks."""

from __future__ import annotations

import re
from collections.abc import Callable

from vwd.corpora.english_ends import ends_sentence
from vwd.corpora.speakers import names_speaker_zh

_END = re.compile(
    r"(?P<marks>[。！？]+|(?<![.．…])[.．](?![.．…])|[!?]+)"
    r"(?P<closing>[”’」』）)】\"']*)(?![”’」』）)】\"'])(?P<space> *)(?=\S)"  # all closing marks, at a line's end, too
)
_QUOTES = "”’」』\"'"
_OPERATORS = frozenset("=+-−–*×÷/·<>≤≥≠≈^＝＋－")
_NEVER_FIRST = frozenset("，、；：。！？,;:.!?．）】》」』”’)]}%…")
_OPENS = frozenset('“‘「『（《【("①②③④⑤⑥⑦⑧⑨⑩$\\')
# What closes a displayed formula or code with a mark at its end.
_LATE_CLOSING = re.compile(r" *(?:(?:\\\]|\$\$|\\end\{[A-Za-z]{1,20}\*?\}) *)+(?=\S)|`(?=\S)")
# The number or letter of a list's entry before its full stop, and what stands before that.
_LIST_NUMBER = re.compile(r"(?P<before>.?)(?P<name>(?<!\d)\d{1,2}|(?P<letter>[A-Z]))$")
# What is numbered in front of a sentence: 例1．求面积。
_HEADED = re.compile(
    r"[ （(【*]*(?:步骤|例题?|变式|题目?|问题|练习|习题|试题|定理|推论|引理|性质|定义|命题|方法|解法|情况|情形|任务) ?"
)
_BEFORE_ENTRIES = frozenset(("", *"；;：:、（("))
_BEFORE_LETTERS = _BEFORE_ENTRIES | {" "}
# Directly behind a full stop that follows Chinese: 共有5本.3本是小红的.
_STARTS = re.compile("[0-9A-Z]")
# A word of Latin letters, and its greatest length.
_WORD, _LONGEST_WORD = re.compile(r"[A-Za-z.]+$"), 24
_DOTTED = re.compile(r"\b[A-Za-z]\.[A-Za-z]$")
# After a quotation that is a part of the sentence: 写着“停！”两个字.
_QUOTED = re.compile(
    r"[的和与或]|[这那][句个样种两些]|等(?=[，。、；：])|之类|字样|[一两二三四五六七八九十几]个(?:大)?字|(?:一)?声"
)
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
        if verbatim_end(end):
            late = _LATE_CLOSING.match(line, end)
            if late is None or verbatim_end(late.end()):
                continue
            end = late.end()
        if not _ends_sentence(line, ends[-1] if ends else first, found, end):
            continue
        if not (closed and (names_speaker_zh(line, end) or _QUOTED.match(line, end))):
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
    if not found["closing"] and _is_list_number(line, start, at):
        return False
    if at - start == 1 and before.isalpha() and before.isascii():  # a. b. c.
        return False
    if not found["space"]:
        decimal = before.isdigit() and following.isdigit()
        if line[max(start, at - 2) : at].lower() == "vs":
            return False
        starts = _is_chinese(following) or following in _OPENS or (_is_chinese(before) and _STARTS.match(following))
        return not decimal and (found["marks"] == "．" or bool(starts))
    if _is_chinese(before) or (_is_chinese(following) and not _DOTTED.search(line[max(start, at - 4) : at])):
        return True
    if before.isalpha() and (word := _WORD.search(line, max(start, at - _LONGEST_WORD), at)):  # 住在No. 5楼
        start = max(start, word.start())
    return ends_sentence(line, start, found, end)


def _is_list_number(line: str, start: int, at: int) -> bool:
    """1．读题 · 买：1. 苹果 · A. 5个 · 例1．求面积"""
    number = _LIST_NUMBER.search(line[max(start, at - 3) : at])
    if number is None:
        return False
    if number["before"] in (_BEFORE_LETTERS if number["letter"] else _BEFORE_ENTRIES):
        return True
    return bool(_HEADED.fullmatch(line, start, at - len(number["name"])))


def _is_chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
