"""Normalising text: mojibake repaired, NFC, one kind of space and of line break, nothing invisible.

Variation selectors go, and a fraction slash is a slash: 1⁄2 is 1/2. Lines keep their indentation, of which code
consists. Everything takes time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from vwd.corpora.surrogates import replace_surrogates
from vwd.limits import LARGEST_INDENT

# A closing quote (E2 80 9D) read as Windows-1252 loses its last byte, which that code page leaves undefined.
# The rest looks like the start of another quote, and a repair would turn it into a dagger.
_LOST_LAST_BYTE = re.compile("â€(?![œ™“”˜¦\u009d])")

# The first byte of UTF-8 for two (Latin, Greek, Cyrillic), three or four bytes, and what may follow it, as
# Windows-1252 shows them.
_FOLLOWING = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(f"[ÂÃÄÅÎÏÐÑ]{_FOLLOWING}|â€|[à-ï]{_FOLLOWING}{{2}}|ð{_FOLLOWING}{{3}}")

_LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# They choose among the forms of the character before them, of which the fonts have one.
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f]")
_FRACTION_SLASH = "\u2044"
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
_RUN_OF_SPACES = re.compile("[\t\u3000 ]+")
_AROUND_BREAKS = re.compile(" ?\n[ \n]*")
_TAB = 4
_PLAIN = re.compile("[\n\x20-\x7e]*")
# So many combining marks in a row are sorted here, in a text so long: unicodedata takes quadratic time.
_MANY_MARKS, _MANY_MARKS_LENGTH = re.compile(rb"[^\0]{32,}"), 1024
# Letters by their class, but they are two marks each.
_PAIRS_OF_MARKS = ("\u0f73", "\u0f75", "\u0f81")


def normalise(text: str) -> str:
    """Text as it will be drawn, except for sentence breaks: lines without trailing or doubled spaces, none empty.

    NFC and not NFKC, which would change ½, ² and full-width punctuation. Lone surrogates become U+FFFD, which
    no font here draws, so that such a row is skipped and reported instead of being changed silently.
    """
    if not _PLAIN.fullmatch(text):
        text = _repair(text)
    return _set_spaces(text)


def renormalise(text: str) -> str:
    """`normalise` for normalised text that was cut or joined; repeats only the steps that this may have undone."""
    if _PLAIN.fullmatch(text) or (_is_nfc(text) and not _MOJIBAKE.search(text)):
        return _set_spaces(text)
    return normalise(text)


def _set_spaces(text: str) -> str:
    """One space between words, and lines that keep their indentation, a tab as four spaces.

    A single space is an indentation only where other lines have more, and never before the whole text. Ideographic
    spaces are none: Chinese begins paragraphs with them.
    """
    if not ("  " in text or "\t" in text or "\u3000" in text):
        return _AROUND_BREAKS.sub("\n", _RUN_OF_SPACES.sub(" ", text)).strip()
    lines = [line.rstrip("\t\u3000 ") for line in text.split("\n")]
    lines = [line for line in lines if line]
    indents = [_indent(line) for line in lines]
    least = 1 if max(indents, default=0) > 1 else 2
    return "\n".join(
        " " * (indent if indent >= max(least, 2 - number) else 0) + _RUN_OF_SPACES.sub(" ", line.lstrip("\t\u3000 "))
        for number, (indent, line) in enumerate(zip(indents, lines, strict=True))
    )


def _indent(line: str) -> int:
    """The columns before a line's text."""
    spaces = line[: len(line) - len(line.lstrip("\t\u3000 "))].replace("\u3000", "")
    return min(len(spaces.expandtabs(_TAB)), LARGEST_INDENT)


def _repair(text: str) -> str:
    text = replace_surrogates(text)
    if _MOJIBAKE.search(text):
        text = "\n".join(_repair_mojibake(line) for line in text.split("\n"))
    text = _LINE_BREAKS.sub("\n", text)
    text = _VARIATION_SELECTORS.sub("", _SPACES.sub(" ", text)).replace(_FRACTION_SLASH, "/")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))
    return _to_nfc(text)


def _to_nfc(text: str) -> str:
    return unicodedata.normalize("NFC", _sort_marks(text))


def _is_nfc(text: str) -> bool:
    return _sort_marks(text) == text and unicodedata.is_normalized("NFC", text)


def _sort_marks(text: str) -> str:
    """Long runs of combining marks decomposed and in canonical order, which leaves the NFC of the text the same."""
    if len(text) < _MANY_MARKS_LENGTH or text.isascii():
        return text
    for pair in _PAIRS_OF_MARKS:
        text = text.replace(pair, unicodedata.normalize("NFD", pair))
    kept, end = [], 0
    for run in _MANY_MARKS.finditer(bytes(map(unicodedata.combining, text))):
        marks = "".join(unicodedata.normalize("NFD", mark) for mark in text[run.start() : run.end()])
        kept += [text[end : run.start()], *sorted(marks, key=unicodedata.combining)]
        end = run.end()
    return "".join(kept) + text[end:]


def _repair_mojibake(line: str) -> str:
    """Only a line with the pattern: elsewhere ftfy would take “a”דb” for misread Hebrew."""
    import ftfy

    if not _MOJIBAKE.search(line):
        return line
    before, line = "", _LOST_LAST_BYTE.sub("â€\u009d", line)
    while line != before:  # composing letters may complete a pattern
        before, line = line, _to_nfc(ftfy.fix_text(line, _ftfy_config()))
    return line


def _ftfy_config() -> Any:
    """Only the encoding is repaired: entities, ligatures, full-width forms and curly quotes are the author's choice."""
    import ftfy

    return ftfy.TextFixerConfig(
        unescape_html=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
