"""Who spoke, after a quotation that ends with a mark of its own: “Where?” Ben asks. · “走！”她喊。"""

from __future__ import annotations

import re

_SAID = (
    "said says asked asks replied replies answered answers shouted shouts yelled yells cried cries exclaimed exclaims "
    "whispered whispers called calls screamed screams added begged explained responded suggested warned announced "
    "repeated wondered muttered murmured mumbled growled roared chirped squeaked pleaded insisted declared sobbed "
    "gasped sighed complained commanded demanded"
)
_NO_SUBJECT = "So|Then|But|And|When|As|After|Finally|Suddenly|Later|Now|Soon|If|While|Once|Before"
_WORD = r"[\w.’'-]{1,24}"
_SPEAKER = re.compile(
    rf"(?!(?:{_NO_SUBJECT})\b)[A-Z][\w’'-]{{0,24}}\.?(?: {_WORD}){{0,4}}? (?P<verb>{'|'.join(_SAID.split())})\b"
    r"(?P<rest>[^.!?\"“”«»]{0,80})(?P<end>.?)"
)
_VERB_FIRST = re.compile(rf"(?:{'|'.join(_SAID.title().split())})(?: {_WORD}){{1,4}}[.,!]")
# How, to whom, or while what; anything else is what was said.
_MANNER = re.compile(
    r" (?:to|at|as|with|in|from|back|again|out|and|while|when|after|before|through|too|together|aloud|over|up|down|"
    r"[a-z]+ly)\b"
)
_ASKED_WHAT = re.compile(r" (?:if|whether|to|for|about|what|why|how|where|when|who|which|that)\b")

# In Chinese: what the mark after the verb is decides. What was said has a colon before it.
_SPEAKER_ZH = re.compile(
    r"[^，。！？：；“”‘’\"\n]{0,12}?(?:说|问|喊|叫|答|嚷|想|(?<!知)(?<!难)(?<!味)道|嘀咕|告诉.{1,3})(?:道|着)?(?=[。，！？；…．.,!?;]|$)"
)
_SPEAKS_ON_ZH = re.compile(r"[^。！？“”\"\n]{0,12}?[：:]")


def names_speaker(following: str) -> bool:
    """Whether the words after a quotation say who spoke it, and do not begin another one."""
    if _VERB_FIRST.match(following):
        return True
    found = _SPEAKER.match(following)
    if found is None or found["end"] in ('"', "“", "«"):
        return False
    rest = found["rest"]
    if not rest.strip() or rest[0] in ",;:":
        return True
    if found["verb"] in ("asked", "asks", "begged", "warned"):
        return not _ASKED_WHAT.match(rest) and not _ASKED_WHAT.search(rest)
    return bool(_MANNER.match(rest))


def names_speaker_zh(text: str, at: int) -> bool:
    """The same for Chinese, at a position of a text."""
    return bool(_SPEAKER_ZH.match(text, at)) and not _SPEAKS_ON_ZH.match(text, at)
