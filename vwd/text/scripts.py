"""What a skip says about a character that no font draws: its name, and its script where none of it is drawn."""

from __future__ import annotations

import re
import unicodedata

# Of a character's Unicode name, what precedes its kind is its script.
_SCRIPT = re.compile(
    r"(?P<script>[A-Z][A-Z -]*?) (?:(?:SMALL|CAPITAL|MODIFIER|INDEPENDENT|DEPENDENT|SUBJOINED) )*"
    r"(?:LETTER|CHARACTER|SYLLABLE|VOWEL|CONSONANT|DIGIT|SIGN|MARK|VIRAMA|POINT)S?\b"
)
# Of these the fonts have letters: what is missing is a letter, not the script.
_DRAWN = frozenset("Latin Greek Cyrillic Armenian Georgian Hiragana Katakana Bopomofo Hangul".split())
_NO_SCRIPT = frozenset(("COMBINING", "MUSICAL", "MODIFIER", "MATHEMATICAL", "CJK"))
_EMOJI = (0x1F000, 0x1FAFF)


def script_name(char: str) -> str:
    """The script of a letter or of a mark on one, such as "Thai"; "" for any other character and for hanzi."""
    if unicodedata.category(char) not in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"):
        return ""
    found = _SCRIPT.match(unicodedata.name(char, ""))
    return found["script"].title() if found and found["script"].split()[0] not in _NO_SCRIPT else ""


def describe_undrawn(char: str) -> str:
    """A character for a skip's detail: code point, name, itself, and its script."""
    name = f"U+{ord(char):04X} {unicodedata.name(char, 'unnamed')} {char if char.isprintable() else ''}".rstrip()
    script = "" if script_name(char) in _DRAWN else script_name(char)
    script = script or ("Emoji" if _EMOJI[0] <= ord(char) <= _EMOJI[1] else "")
    return f"{name}; {script} is not drawn, see docs/languages.md".replace("Emoji is", "emoji are") if script else name
