"""What is no prose in a text, and must not be cut into sentences: formulas, code, the arguments of LaTeX commands."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}|\\[A-Za-z]+ ?\{|\\[A-Za-z]+|\\.|\$\$?|`+|[{}\n]|\[/?asy\]", re.DOTALL
)
# Between two dollars: a formula has one of these, or is a single short term; two prices are not.
_FORMULA = re.compile(r"[\\^_={}<>]")
_SHORT_TERM = 12
_PAIRS = {"\\(": "\\)", "\\[": "\\]", "[asy]": "[/asy]"}
_CLOSING = {end: start for start, end in _PAIRS.items()}

Span = tuple[int, int]


def verbatim_spans(text: str) -> list[Span]:
    """Start and end of each part that is no prose, in order, none inside another. One pass, in linear time.

    ``$…$``, ``$$…$$``, ``\\(…\\)``, ``\\[…\\]``, environments, ``\\text{…}`` and other arguments, code in backticks.
    """
    if "\\" not in text and "$" not in text and "`" not in text and "[asy]" not in text:
        return []
    spans: list[Span] = []
    opened: dict[str, int] = {}  # the start of each kind that is open
    braces: list[int] = []  # starts of open arguments; -1 for a brace on its own
    environments: list[int] = []
    argument_end = -1
    for found in _TOKEN.finditer(text):
        token, start, end = found[0], found.start(), found.end()
        if token == "\n":
            for kind in [kind for kind in opened if kind == "$" or (kind[0] == "`" and len(kind) < 3)]:
                del opened[kind]
        elif token.startswith("\\begin{"):
            environments.append(start)
        elif token.startswith("\\end{"):
            if environments:
                spans.append((environments.pop(), end))
        elif token in _PAIRS:
            opened.setdefault(token, start)
        elif token in _CLOSING:
            if _CLOSING[token] in opened:
                spans.append((opened.pop(_CLOSING[token]), end))
        elif token == "$":
            _dollar(text, start, opened, spans)
        elif token[0] in "$`":
            if token in opened:
                spans.append((opened.pop(token), end))
            else:
                opened[token] = start
        elif token[-1] == "{":
            braces.append(start if token != "{" or start == argument_end else -1)
        elif token == "}" and braces:
            argument = braces.pop()
            if argument >= 0:
                spans.append((argument, end))
                argument_end = end
    return _outer(spans)


def _dollar(text: str, at: int, opened: dict[str, int], spans: list[Span]) -> None:
    """A dollar that closes a formula, or else may open one."""
    start = opened.pop("$", None)
    following = text[at + 1 : at + 2]
    if start is not None and text[at - 1] != " " and not following.isdigit():
        content = text[start + 1 : at]
        if _FORMULA.search(content) or (len(content) <= _SHORT_TERM and " " not in content):
            spans.append((start, at + 1))
            return
    if following.strip():
        opened["$"] = at


def _outer(spans: list[Span]) -> list[Span]:
    """Only those that are in no other."""
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
