"""Where a line may break: marks that neither open nor close one, and cuts of what is longer than a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

# GB/T 15834-2011: stops, closing quotes and brackets, ellipses, dashes, connectors (— ～ －), interpuncts and solidi do
# not open a line; opening quotes and brackets do not close one.
NO_LINE_START = frozenset("，。！？、；：．…‥—―·•・）〉》」』】〕〗〙〛｝］’”〞〟％‰℃°′″～〜－–／⸺,.!?;:)]}%»›")
NO_LINE_END = frozenset("（〈《「『【〔〖〘〚｛［‘“〝([{«‹")

# From the best kind of cut to the worst; each ends where a line may.
_SPACE = re.compile(r" +")
_OPERATOR = re.compile(
    r"(?<=[^\s=<>(\[{^_&+*/×÷·-])(?:[=<>≤≥≈+*/×÷·&|-]+|\\(?:times|cdot|div|pm|mp|leq?|geq?|neq?|approx|equiv|to|quad)(?![A-Za-z]))"
    r"|\}(?![{}^_\]),.$])|,|\\\\"
)
# Between an argument of a LaTeX command and the next, or before a command.
_ARGUMENT = re.compile(r"\}(?=[{\\])|(?<=[^\\])(?=\\[A-Za-z])")
# A number, a word or a command of LaTeX with the brace that opens its argument: not cut. A comma before other than
# three digits is one of a list.
_WHOLE = re.compile(
    r"\d(?:(?:[\d.:]|,(?=\d{3}(?!\d))|\{,\}|\\[,!])*\d)?[%°]?|\\[A-Za-z]+\*?\{?|\\.|[^\W\d_\u3040-\u9fff\uac00-\ud7a3]+"
)
# Of a number that is longer than a line: its digits between commas, with the comma.
_DIGITS = re.compile(r"\d+(?:\{,\}|\\[,!]|[.,:])?")


def best_cut(text: str, start: int, limit: int) -> int:
    """The position from `start` + 1 to `limit` at which to end a line that starts at `start`.

    Behind a space, or else behind an operator, ``}`` or a comma, or else between arguments, in the line's second half;
    or else wherever no number, word or command is cut. A mark opens or closes a line only where nothing else is left.
    """
    line = text[start : limit + 1]
    inside = {cut - start for begin, end in _wholes(text, start, limit) for cut in range(begin + 1, end)}
    allowed = [cut for cut in range(limit - start, 0, -1) if cut not in inside and _may_cut(line, cut)]
    for kind in (_SPACE, _OPERATOR, _ARGUMENT):
        best = {found.end() for found in kind.finditer(line, len(line) // 2)}
        for cut in allowed:
            if cut in best:
                return start + cut
    if allowed:
        return start + allowed[0]
    return next((cut for cut in range(limit, max(start, limit - 4), -1) if _may_cut(text, cut)), limit)


def _wholes(text: str, start: int, limit: int) -> Iterator[tuple[int, int]]:
    """The parts that are not cut. Of a number without room on a line, its digits between commas; of a word, none."""
    size = limit - start
    for found in _WHOLE.finditer(text, start, limit + size + 1):
        if found.start() > limit:
            return
        if found.end() - found.start() <= size:
            yield found.span()
        elif found[0][0].isdigit():
            digits = (part.span() for part in _DIGITS.finditer(text, *found.span()))
            yield from ((begin, end) for begin, end in digits if end - begin <= size)


def _may_cut(text: str, cut: int) -> bool:
    if text[cut : cut + 1] == "{" and text[cut - 1] in "^_":
        return False
    return text[cut : cut + 1] not in NO_LINE_START and text[cut - 1] not in NO_LINE_END
