"""Where an answer's text mentions the final answer."""

from __future__ import annotations

import re

# A number as it is drawn: with commas, plain or typeset ones, between thousands, or a decimal point.
_NUMBER = re.compile(r"[-−]?[0-9](?:[0-9]|(?:(?:\{,\}|,)(?:\\[,!])?|\\[,!]|\.)(?=[0-9]))*")
_BETWEEN_DIGITS = re.compile(r"\{,\}|\\[,!]|,")
# Chinese has no spaces between words.
_NOT_BEFORE, _NOT_AFTER = "(?<![A-Za-z0-9])", "(?![A-Za-z0-9])"
_NOWHERE = (0, 0)


def find_final(answer: str, final: str) -> tuple[int, int]:
    """The place of the last mention of `final`: its first code point and the one behind its last; 0, 0 for none.

    A number is found however its thousands are set off; other text as it is, not inside a word or number.
    """
    if not final:
        return _NOWHERE
    if _NUMBER.fullmatch(final):
        wanted = _plain(final)
        numbers = [(number.span(), _plain(number[0])) for number in _NUMBER.finditer(answer)]
        exact = [span for span, number in numbers if number == wanted]
        return (exact or [span for span, number in numbers if number.lstrip("-") == wanted.lstrip("-")] or [_NOWHERE])[
            -1
        ]
    before, after = (_NOT_BEFORE if final[0].isalnum() else ""), (_NOT_AFTER if final[-1].isalnum() else "")
    whole = [found.span() for found in re.finditer(before + re.escape(final) + after, answer)]
    return whole[-1] if whole else _NOWHERE


def _plain(number: str) -> str:
    return _BETWEEN_DIGITS.sub("", number).replace("−", "-")
