"""Captions as a model wrote them, as training texts. Each step changes only what its name says."""

from __future__ import annotations

import html
import re
import unicodedata

# How descriptions by a model begin, which a caption does not.
_PREFIX = re.compile(
    r"(?:[Tt]he (?:video|image) (?:shows|captures|features|depicts|presents|portrays|is)\b|[Ii]n the (?:video|image),)"
)
_TAGS = re.compile(r"</?[A-Za-z][^<>]{0,400}>")
_URLS = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'，。；）」』]*[^\s<>\"'，。；）」』.,;:!?)\]]", re.IGNORECASE)
# Text in which nothing can be broken or marked up: most English captions, of which the repair takes the longest.
_WHOLE = re.compile("[\t\n\r -%'-;=-~]*")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_SPACES = re.compile(r"\s+")


def refine(caption: str) -> str:
    """Without "The video shows" and the like, its first letter raised; one that is only such a prefix becomes ""."""
    found = _PREFIX.match(caption)
    if not found:
        return caption
    rest = caption[found.end() :].strip()
    return rest[:1].upper() + rest[1:]


def clean(caption: str) -> str:
    """Without markup, addresses, broken characters and line breaks. Scripts, numbers, case and signs stay.

    So `48/2`, `640x360`, `\\boxed{72}` and Chinese do not change.
    """
    text = caption if _WHOLE.fullmatch(caption) else _repaired(caption)
    return _SPACES.sub(" ", _CONTROLS.sub("", unicodedata.normalize("NFC", _URLS.sub(" ", text)))).strip()


def _repaired(caption: str) -> str:
    """Without markup, and with what was decoded wrongly put right."""
    import ftfy

    text = ftfy.fix_text(
        caption, normalization="NFC", uncurl_quotes=False, fix_character_width=False, unescape_html=False
    )
    return html.unescape(_TAGS.sub(" ", text))


def is_empty(caption: str | None) -> bool:
    """Whether a caption has no letter or figure. Words such as NA, null and nan are captions."""
    return caption is None or not any(character.isalnum() for character in caption)
