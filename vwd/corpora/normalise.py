"""Normalising text: mojibake repaired, NFC, one kind of space and of line break, nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# A closing quote (E2 80 9D) read as Windows-1252 loses its last byte, which that code page leaves undefined.
# The rest looks like the start of another quote, and a repair would turn it into a dagger.
_LOST_LAST_BYTE = re.compile("â€(?![œ™“”˜¦\u009d])")

# The first byte of UTF-8 for two (Latin, Greek, Cyrillic), three or four bytes, and what may follow it, as
# Windows-1252 shows them.
_FOLLOWING = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(f"[ÂÃÄÅÎÏÐÑ]{_FOLLOWING}|â€|[à-ï]{_FOLLOWING}{{2}}|ð{_FOLLOWING}{{3}}")

_LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000 ]+")
_AROUND_BREAKS = re.compile(" ?\n[ \n]*")
_PLAIN = re.compile("[\n\x20-\x7e]*")


def normalise(text: str) -> str:
    """Text as it will be drawn, except for sentence breaks: lines without outer or doubled spaces, none empty.

    NFC and not NFKC, which would change ½, ² and full-width punctuation. Lone surrogates become U+FFFD, which
    no font here draws, so that such a row is skipped and reported instead of being changed silently.
    """
    if not _PLAIN.fullmatch(text):
        text = _repair(text)
    return _collapse_spaces(text)


def renormalise(text: str) -> str:
    """`normalise` for normalised text that was cut or joined; repeats only the steps that this may have undone."""
    if _PLAIN.fullmatch(text) or (unicodedata.is_normalized("NFC", text) and not _MOJIBAKE.search(text)):
        return _collapse_spaces(text)
    return normalise(text)


def _collapse_spaces(text: str) -> str:
    text = _SPACES.sub(" ", text)
    return _AROUND_BREAKS.sub("\n", text).strip()


def _repair(text: str) -> str:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # lone surrogates: U+FFFD
    if _MOJIBAKE.search(text):
        text = "\n".join(_repair_mojibake(line) for line in text.split("\n"))
    text = _LINE_BREAKS.sub("\n", text)
    text = _SPACES.sub(" ", text)
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", text)


def _repair_mojibake(line: str) -> str:
    """Only a line with the pattern: elsewhere ftfy would take “a”דb” for misread Hebrew."""
    import ftfy

    return ftfy.fix_text(_LOST_LAST_BYTE.sub("â€\u009d", line), _ftfy_config()) if _MOJIBAKE.search(line) else line


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
        normalization="NFC",
        explain=False,
    )
