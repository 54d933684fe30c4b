"""Where a line may break: marks that neither open nor close one, and cuts of what is longer than a line."""

from __future__ import annotations

import re

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
# A number, a word or a command of LaTeX: not cut.
_WHOLE = re.compile(r"\d(?:(?:[\d.,:]|\{,\}|\\[,!])*\d)?[%°]?|\\[A-Za-z]+\*?|\\.|[^\W\d_\u3040-\u9fff\uac00-\ud7a3]+")


def best_cut(text: str, start: int, limit: int) -> int:
    """The position from `start` + 1 to `limit` at which to end a line that starts at `start`.

    Behind a space, or else behind an operator, ``}`` or a comma, in the line's second half; or else wherever no
    number, word or command is cut. A mark opens or closes a line only where nothing else is left.
    """
    line = text[start : limit + 1]
    inside = {cut for found in _WHOLE.finditer(line) for cut in range(found.start() + 1, found.end())}
    allowed = [cut for cut in range(limit - start, 0, -1) if cut not in inside and _may_cut(line, cut)]
    for kind in (_SPACE, _OPERATOR):
        best = {found.end() for found in kind.finditer(line, len(line) // 2)}
        for cut in allowed:
            if cut in best:
                return start + cut
    if allowed:
        return start + allowed[0]
    return next((cut for cut in range(limit, max(start, limit - 4), -1) if _may_cut(text, cut)), limit)


def _may_cut(text: str, cut: int) -> bool:
    return text[cut : cut + 1] not in NO_LINE_START and text[cut - 1] not in NO_LINE_END
