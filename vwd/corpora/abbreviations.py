"""Words that end with a full stop within a sentence. What precedes and follows one decides whether it ends there."""

from __future__ import annotations

import re

# A name follows, even one that looks like the start of a sentence.
_TITLES = frozenset("mr mrs ms mx messrs mme mlle hr frl dra".split())
_NEVER_LAST = frozenset("vs e.g i.e cf viz approx ca resp z.b d.h bzw bspw p.ex".split())
# The rest of a name, or the end of the sentence.
_IN_NAMES = frozenset(
    "dr prof st mt ft fr gen col capt cpt lt sgt rev hon sen rep gov pres supt sra srta "
    "jr sr inc ltd co corp dept al bros univ assn av".split()
)
# A number follows: no. 5, Fig. 3, Rs. 500, Jan. 4.
_BEFORE_NUMBERS = frozenset(
    "no nos nr rs re fig figs eq eqs vol vols p pp ch chap sec art ex prob thm abb kap pág págs núm "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
# Units with a smaller one after them: 5 ft. 3 in.
_UNITS = frozenset("ft lb lbs hr hrs h min mins yd yds m gal".split())
_SMALLER_UNIT = re.compile(r"\d[\d.,/]* ?(?:inch(?:es)?|in|ounces?|oz|mins?|minutes|secs?|ft|feet|cm|mm|pts?|s)\b")
_HALF_DAYS = frozenset(("a.m", "p.m", "am", "pm"))
_AFTER_HALF_DAY = re.compile(
    r"[(=+*/–−-]|(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?s?\b|[A-Z]{2,4}\b|[A-Z][a-z]+ Time\b"
)
# Degrees, and eras.
_DEGREES = frozenset("ph.d m.d b.a m.a b.s m.s a.d b.c b.c.e c.e".split())
_ALPHABETIC = re.compile(r"[a-z]{1,3}(?:\.[a-z]{1,3})+")

# Words that open a sentence and hardly ever follow a short form within one.
_OPENERS = frozenset(
    "a after all although an and another as at because before both but by calculate determine during each every "
    "finally find first for from given he hence her here his how however i if in initially it its last later let "
    "meanwhile my next no now of on once one our she similarly since so some suppose that the their then there "
    "therefore these they this those thus to today tomorrow under we what when where whether which while who whose "
    "why with yes you your second third nobody everyone everybody someone many most several people "
    "der die das er sie es wir ich ein eine wie dann wann danach le la les il elle on un une nous je".split()
)
# What a letter names, which ends a sentence as any word does: Box A.
_LABELLED = frozenset(
    "account alloy initial angle answer apartment area bag bank basket bike bin block boat book bottle bowl box brand "
    "bucket building bus can candidate car card case category child choice circle city class column company computer "
    "container country course crate cube cup customer district door drink drug element employee engine exam example "
    "factory family farm field figure firm flight floor form fund game garden gate gear glass grade group hall "
    "hepatitis hotel house island item jar job lane letter level line liquid list lot machine material metal method "
    "mixture model number office option pack part party path patient person phase phone piece pile pipe pizza plan "
    "plane planet plant plate platform player plot point pool product program project pump question rectangle region "
    "road room rope round route row runner sample scheme school section segment server set shape shelf ship shop side "
    "size solution square stage state station step stop store student subject substance supplier symbol system table "
    "tank team test tower town track train tray tree triangle truck tube type unit value van variable vehicle version "
    "vertex village vitamin wall warehouse woman worker zone a an be is".split()
)
# A and B. · from A to B.
_INITIAL = re.compile(r"[A-Z]\. ")
_INITIALS = re.compile(r"[A-Z]\. [A-Z][a-z]")
_TWO_LETTERS = re.compile(r"\b[A-Z],? (?:and|or|to|und|et|&) $")
_GERMAN_BEFORE = frozenset("am vom zum beim im der die das dem den des bis ab seit jeder jede jedes".split())
_GERMAN_MONTH = re.compile(r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sept|Okt|Nov|Dez)[a-zä]*\b(?! [a-z]+ed\b)")
# What a number follows in one letter: p. 5, Q. 5.
_NUMBERED = ("p.", "n.", "Q.", "S.")
# One letter behind a number, which is no year: 50 L.
_UNIT_LETTERS = frozenset("LWVKN")
_AFTER_AMOUNT = re.compile(r"(?<![\d/-])(?!(?:1[5-9]|20)\d\d$)[\d.,]*\d$")
# German, with a space within: z. B., u. U., i. A.
_SPACED = re.compile(r"[zuis]\.")
# EE. UU.
_DOUBLED = re.compile(r"([A-Z])\1\.")
_OPENING = "\"'“‘„([{«$€£¥（「『《‹"
_AROUND = _OPENING + "”’)]}»,:;"


def continues(before: str, last: str, following: str) -> bool:
    """Whether a sentence continues after `last`, a word that ends with a full stop.

    Args:
        before: what precedes the word in its sentence; a few words are enough.
        following: what follows the full stop and its spaces, at least a few words; does not start in lower case.
    """
    short = last.strip(_AROUND)[:-1].lower()
    word = following.split(" ", 1)[0].rstrip(".!?'s’").strip(_AROUND).lower()
    if short in _TITLES or short in _NEVER_LAST:
        return True
    if following[0].isdigit() and short.endswith("str"):  # a German street
        return True
    if short in _BEFORE_NUMBERS and not (short in _UNITS and before):
        return not following[0].isalpha() or (len(word) == 1 and short != "no")
    if short.isdigit():
        return _is_german_ordinal(before, short, following, word)
    if len(short) == 1 and short.isalpha():
        return _is_initial(before, last.strip(_AROUND), following, word)
    if short in _HALF_DAYS:
        return bool(_AFTER_HALF_DAY.match(following))
    if short in _DEGREES:
        return not following[0].isalpha()
    if short in _IN_NAMES and not (short == "ft" and _is_after_number(before)):
        return word not in _OPENERS
    if short in _UNITS and _SMALLER_UNIT.match(following):
        return True
    if _DOUBLED.fullmatch(last) and _DOUBLED.match(following):
        return True
    return bool(_ALPHABETIC.fullmatch(short)) and not short.startswith("sq.") and word not in _OPENERS


def _is_after_number(before: str) -> bool:
    """8 ft. · 600 sq. ft."""
    previous = before.rsplit(None, 1)[-1] if before.strip() else ""
    return previous[-1:].isdigit() or previous.strip(".").lower() in ("sq", "cu", "square", "cubic", "per", "linear")


def _is_initial(before: str, letter: str, following: str, word: str) -> bool:
    """``J. Pell`` against ``Box A. Juice``."""
    if letter in _NUMBERED and following[0].isdigit():
        return True
    if letter == "I." or letter.islower():
        return bool(_SPACED.fullmatch(letter) and _INITIAL.match(following))
    previous = before.rsplit(None, 1)[-1].strip(_AROUND).lower() if before.strip() else ""
    if _INITIALS.match(following) and not _TWO_LETTERS.search(before):
        return True
    if letter[0] in _UNIT_LETTERS and _AFTER_AMOUNT.search(previous):
        return False
    if previous in _LABELLED or previous.removesuffix("s") in _LABELLED or word == previous or word in _OPENERS:
        return False
    return not _TWO_LETTERS.search(before) and following[0] not in "$€£¥"


def _is_german_ordinal(before: str, number: str, following: str, word: str) -> bool:
    """``am 3. Mai``, ``im 19. Jahrhundert``."""
    words = before.split()
    if len(number) > 2 or not following[0].isupper() or not words or word in _OPENERS or words[-2:-1] == ["I"]:
        return False
    return bool(_GERMAN_MONTH.match(following)) or words[-1].lower() in _GERMAN_BEFORE
