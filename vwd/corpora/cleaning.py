"""Turns what corpora write for machines into what a reader should see. All of it in time linear in the text."""

from __future__ import annotations

import re

_ANNOTATION = re.compile(r"<<[^<>]*>>")
# \boxed{5}, \fbox{5}, and \boxed 5, which has no braces.
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*(?:\{|(?P<bare>-?\d(?:[\d,.]*\d)?|(?<=[\s])[A-Za-z](?![A-Za-z])))")
# Typeset between thousands: 9{,}500 and 1,\!200.
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|,\\!|\\,)(?=\d{3}(?!\d))")
_CURRENCY = re.compile(r"^(?P<sign>[-−]?)(?:\\?\$|[€£¥￥₹])\s*(?=[\d.-])")
_WRAPPED = re.compile(
    r"\$([^$]+)\$|\\\(([^\\]+)\\\)|\*\*([^*]+)\*\*"
    r"|\\(?:text(?:bf|rm|it)?|mbox|math(?:rm|bf|it|sf))\s*\{((?:[^{}\\$]|\\[$%])*)\}"
)
# A unit in words behind a number, in up to three pieces: 12 \text{ cm}^2.
_UNIT = re.compile(
    r"(?<=[\d}%])(?:(?:\\[ ,;]|~|\s)*\\(?:text(?:rm)?|mbox|mathrm)\s*\{[^{}\\$]*\}(?:\^(?:\d|\{\d\}))?){1,3}$"
)
# The full stop of p.m. is its own.
_STOP = re.compile(r"(?<!\.)(?<!\.[A-Za-z])[.．]$")
_BRACE = re.compile("[{}]")
_CHINESE_FINAL = re.compile(r"答案(?:[是为][：:]?|[：:])\s*")

# Boxes in boxes that are unwrapped, and other typesetting in typesetting: **\text{\$5}**.
_DEEPEST_BOX, _DEEPEST_WRAPPING = 9, 4


def drop_annotations(answer: str) -> str:
    """GSM8K's calculator annotations ``<<48/2=24>>`` removed; the result that follows each stays."""
    return _ANNOTATION.sub("", answer)


def split_final(answer: str) -> tuple[str, str]:
    """Removes GSM8K's last line ``#### 72``: the steps, and the final answer ("" where there is none).

    A full stop behind it and a dollar before it go, too; so do marked lines directly before it.
    """
    steps, mark, final = answer.rpartition("####")
    if not mark:
        return answer, ""
    final, *after = final.strip().split("\n", 1)
    lines = steps.rstrip("#").rstrip().split("\n")
    while lines and lines[-1].lstrip().startswith("####"):
        lines.pop()
    return "\n".join([*lines, *after]).rstrip(), bare_answer(final)


def bare_answer(final: str) -> str:
    r"""A final answer without what only typesets it: ``\$9{,}500`` is 9500, ``18\text{ dollars}.`` is 18.

    A comma that is written plainly stays: 1,200 may be a pair.
    """
    final = _THOUSANDS.sub("", unwrap_boxed(final)[0])
    for _ in range(_DEEPEST_WRAPPING):
        final = _without_stop(final)
        found = _WRAPPED.fullmatch(final)
        final = next(text for text in found.groups() if text is not None) if found else final
    final = _CURRENCY.sub(r"\g<sign>", final.strip())
    return _without_stop(_UNIT.sub("", final).replace("\\%", "%"))


def _without_stop(final: str) -> str:
    return _STOP.sub("", final.strip()).rstrip()


def split_chinese_final(answer: str) -> tuple[str, str]:
    """Removes a closing ``答案是：72。``, ``答案：72``, ``答案为72``: steps and final answer ("" where there is none).

    It starts a line or a sentence, and is the last sentence.
    """
    closing = answer.rstrip()
    closing = (closing[:-1] if closing.endswith(("。", ".", "．")) else closing).rstrip()
    # What is stated has no full stop, and is on one line.
    others_end = max(closing.rfind("。"), closing.rfind("\n"))
    for found in _CHINESE_FINAL.finditer(answer):
        if found.end() > others_end:
            start = _sentence_start(answer, found.start())
            if start is not None:
                return answer[:start], closing[found.end() :]
    return answer, ""


def _sentence_start(text: str, at: int) -> int | None:
    """Where the white space starts that sets off what is at `at` as a line or sentence; None within a sentence."""
    start = at
    while start and text[start - 1].isspace():
        start -= 1
    if start == 0 or text[start - 1] in "。！？":
        return start
    line_break = text.find("\n", start, at)
    return None if line_break < 0 else line_break


def unwrap_boxed(solution: str) -> tuple[str, str]:
    r"""Replaces each balanced ``\boxed{…}`` by its content; that of the last one is the final answer.

    Nested boxes, too, at most nine deep. An unbalanced one is left alone, and so are those after it.
    """
    text, final = _unwrap_outer(solution)
    for _ in range(_DEEPEST_BOX - 1):
        text, final = _unwrap_outer(text)[0], _unwrap_outer(final)[0]
    return text, final


def _unwrap_outer(solution: str) -> tuple[str, str]:
    kept: list[str] = []
    final, position = "", 0
    while found := _BOXED.search(solution, position):
        start, end = found.end(), found.end()
        if found["bare"]:
            start = found.start("bare")
        else:
            closing = _closing_brace(solution, start)
            if closing is None:
                break
            end = closing
        final = solution[start:end]
        kept += [solution[position : found.start()], final]
        position = end if found["bare"] else end + 1
    return "".join(kept) + solution[position:], final.strip()


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return None
