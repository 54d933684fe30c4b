"""Which characters are looked for: the common ones of a language first, others where none of these fits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from vwd.corpora.sample import Language
from vwd.video.fonts import drawable, drawable_characters, latin_characters

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_WESTERN = (
    "".join(map(chr, range(0xA1, 0x100)))
    + "–—‘’“”•…€−√π≤≥≠≈∞°×÷→←′″ŒœŠšŽžĀāĒēĪīŌōŪūĂăĄąĆćČčĐđĘęĚěĞğİıŁłŃńŇňŐőŘřŚśŞşŤťŮůŰűŹźŻż"
)
_GREEK = "αβγδεθλμξρστφχψωΔΣΠΩΘΛΦΨ"


@cache
def common(language: Language) -> str:
    """The characters that texts of a language consist of, in order of preference; no space."""
    chars = _ASCII + _WESTERN + _GREEK
    if language == "zh":
        # GB 2312: marks, full-width forms and kana in its rows 1 to 9, the 3,755 commonest hanzi in rows 16 to 55.
        chars += "".join(_double_bytes("gb2312", range(0xA1, 0xAA))) + "".join(
            _double_bytes("gb2312", range(0xB0, 0xD8))
        )
    elif language == "ko":
        # KS X 1001: the 2,350 commonest syllables of Hangul in rows 16 to 40.
        chars += "".join(_double_bytes("euc_kr", range(0xB0, 0xC9)))
    return "".join(char for char in dict.fromkeys(chars) if drawable(char) and char.strip())


@cache
def uncommon(language: Language) -> str:
    """The narrow characters of the Latin font, and GB 2312's other 3,008 hanzi, as far as they are not common."""
    hanzi = "".join(_double_bytes("gb2312", range(0xD8, 0xF8)))
    return _others(latin_characters() + hanzi, common(language))


@cache
def rare(language: Language) -> str:
    """All other characters that the shipped fonts draw."""
    return _others(drawable_characters(), common(language) + uncommon(language))


TIERS = (common, uncommon, rare)


def _others(chars: str, known: str) -> str:
    without = frozenset(known)
    return "".join(char for char in chars if char not in without and char.strip() and drawable(char))


def _double_bytes(encoding: str, rows: range) -> Iterator[str]:
    for high in rows:
        for low in range(0xA1, 0xFF):
            yield bytes([high, low]).decode(encoding, "ignore")
