"""Numbers as text: whether two final answers are the same number, exactly."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from vwd.grade.formulas import same_formula

_COMMA = r"(?:\{,\}|,(?:\\[,!])?|\\[,!;]|[ \u2009\u202f'\u2019](?=[0-9]{3}(?![0-9])))"
_INTEGER = rf"[0-9]{{1,3}}(?:{_COMMA}[0-9]{{3}})+(?![0-9])|[0-9]+"
_DECIMAL = rf"(?:{_INTEGER})(?:\.[0-9]+)?|\.[0-9]+"
_CURRENCY = r"(?:\\?\$|€|£|¥|USD|RMB)?\s*"
_FRACTION = r"\\[dt]?frac\s*(?:\{\s*(?P<top>[0-9]+)\s*\}\s*\{\s*(?P<bottom>[0-9]+)\s*\}|(?P<one>[0-9])(?P<two>[0-9]))"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z_.])(?P<sign>-\s*)?{_CURRENCY}(?P<inner>-\s*)?(?:"
    rf"(?P<mixed>[0-9]+)\s*{_FRACTION}"
    rf"|{_FRACTION.replace('<', '<f_')}"
    r"|(?P<whole>[0-9]+)\s+(?P<a>[0-9]+)\s*/\s*(?P<b>[0-9]+)(?![0-9])"
    r"|(?P<c>[0-9]+)\s*/\s*(?P<d>[0-9]+)(?![0-9/])"
    rf"|(?P<decimal>{_DECIMAL})(?:[eE](?P<power>[+-]?[0-9]{{1,3}})(?![0-9A-Za-z]))?"
    r")"
)
_VULGAR = re.compile("(?<=[0-9])(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_WRAPPED = re.compile(r"\\(?:boxed|text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")
_NEGATIVE = re.compile(r"负(?=\s*[0-9.$¥])|\bnegative\s+(?=[0-9.$])", re.IGNORECASE)
_DASHES = str.maketrans({"−": "-", "–": "-", "‒": "-", "﹣": "-", "⁄": "/", "∕": "/"})


def plain(text: str) -> str:
    """A text as numbers are looked for in it: compatibility forms, dashes and wrappers of LaTeX replaced."""
    text = unicodedata.normalize("NFKC", _VULGAR.sub(" ", text)).translate(_DASHES)
    text = _NEGATIVE.sub("-", text)
    while (unwrapped := _WRAPPED.sub(r"\1", text)) != text:
        text = unwrapped
    return text


def numbers_in(text: str) -> list[Fraction]:
    """All numbers of a text in their order, exactly: 1,000, $3.50, -7, 2 1/2, \\frac{1}{3}, 1e3. Units are left out."""
    return [value for value, _ in placed_numbers(plain(text))]


def placed_numbers(text: str) -> list[tuple[Fraction, int]]:
    """The numbers of a text that is `plain`, and where each ends."""
    found = ((_value(match), match.end()) for match in _NUMBER.finditer(text))
    return [(value, end) for value, end in found if value is not None]


def _value(found: re.Match[str]) -> Fraction | None:
    part = found.groupdict()
    try:
        if part["decimal"]:
            digits = re.sub(r"[^0-9.]", "", part["decimal"])
            value = Fraction(digits) * Fraction(10) ** int(part["power"] or 0)
        elif part["c"]:
            value = Fraction(int(part["c"]), int(part["d"]))
        elif part["whole"]:
            value = int(part["whole"]) + Fraction(int(part["a"]), int(part["b"]))
        elif part["mixed"]:
            value = int(part["mixed"]) + _ratio(part, "")
        else:
            value = _ratio(part, "f_")
    except (ZeroDivisionError, ValueError):
        return None
    return -value if part["sign"] or part["inner"] else value


def _ratio(part: dict[str, str | None], prefix: str) -> Fraction:
    top, bottom = (
        (part[f"{prefix}top"], part[f"{prefix}bottom"])
        if part[f"{prefix}top"]
        else (part[f"{prefix}one"], part[f"{prefix}two"])
    )
    return Fraction(int(top or 0), int(bottom or 0))


def same_answer(found: str, expected: str) -> bool:
    """Whether a stated answer is the expected one: the same number, or the same text but for case, spaces and marks.

    Where the statement is an equation, its last side counts.
    """
    wanted = numbers_in(expected)
    if len(wanted) == 1 and _is_number(expected):
        stated = numbers_in(re.split(r"[=≈]", plain(found))[-1]) or numbers_in(found)
        return bool(stated) and stated[0] == wanted[0]
    if _bare(found) == _bare(expected) != "":
        return True
    return "\\" in found + expected and same_formula(expected, found)


def _is_number(text: str) -> bool:
    """Whether a text is a number with at most a unit, not a sentence or a formula with one in it."""
    rest = _NUMBER.sub("", plain(text), count=1)
    return not re.search(r"[0-9=+*/^\\({\[]|\w\s+\w+\s+\w", rest.replace("\\$", "").replace("\\%", ""))


def _bare(text: str) -> str:
    return re.sub(r"[\s.,。，!！?？:：;；$\"'“”‘’]+", "", plain(text)).casefold()
