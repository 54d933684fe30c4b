"""Whether rows are in the language that they are packed as: judged by their script, so that only clear cases are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sample import BadRowError, Language, RefusedRow, Row, Text
from vwd.corpora.sources.rows import Rows
from vwd.errors import UsageError, VwdError
from vwd.limits import JUDGED_ROWS, MAX_ROW_BYTES

# Han and kana, half-width kana among them: what is written without spaces. Korean has spaces.
_UNSPACED = re.compile(
    r"[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
# Words of any other script; single letters are mostly variables, and \frac and its like are LaTeX.
_WORD = re.compile(r"(?<![\\\w])[^\W\d_\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff]{2,}")
_CODE_MARK = re.compile(r"[{}()\[\]<>=_\\/+*;|&^%#@~`$]")

# A row is Chinese where Han and kana outnumber words four to one, and stand in runs longer than segmented words.
_HAN_A_WORD = 4
_HAN_A_RUN = 3
# A row is Western prose from so many words on, where marks of code are fewer than two a word.
_WORDS_OF_PROSE = 3
_MARKS_A_WORD = 0.5
# Rows are in another language where half of them clearly are, and at most one in twenty may be in the one given.
_MOST, _FEW = 1 / 2, 1 / 20
# Places in the rows besides the first ones that are looked at before rows are refused: a file may be sorted.
_PLACES = 4

# How much is read: rows, characters of a column, and characters in all, so that this takes a second at most.
JUDGED_TEXT, JUDGED_CHARACTERS = 2000, 500_000
# A stream is opened again for the shards, which then read these rows once more.
STREAMED_ROWS = 100

_NAMES = {"en": "English", "zh": "Chinese", "ko": "Korean"}


class _Script(Enum):
    CHINESE = "Chinese or Japanese"
    WESTERN = "text in words with spaces"
    MIXED = "both"
    OTHER = "code, or a few words"
    NONE = "no letters"


def check_language(corpus: Corpus, schema: Schema, rows: Rows) -> None:
    """Refuses rows that are clearly not in the corpus's language: a sentence would be drawn as a single word.

    The first rows are read; only where they seem wrong, others, too. Broken rows are left to their shards.

    Raises:
        UsageError: the rows are in another language.
    """
    count = JUDGED_ROWS if rows.seekable else STREAMED_ROWS
    # So many that are right cannot be outweighed by the rest.
    scripts = _scripts(schema, rows, 0, count, lambda found: _right(corpus.language, found) > count * _FEW)
    if not _is_wrong(corpus.language, scripts):
        return
    for place in range(1, _PLACES):
        start = (rows.count or 0) * place // _PLACES
        if rows.seekable and start >= JUDGED_ROWS:
            scripts += _scripts(schema, rows, start, JUDGED_ROWS // _PLACES)
    if _is_wrong(corpus.language, scripts):
        raise _refusal(corpus, scripts)


def _is_wrong(language: Language, scripts: Counter[_Script]) -> bool:
    judged = scripts.total() - scripts[_Script.NONE]
    wrong = scripts[_Script.WESTERN if language == "zh" else _Script.CHINESE]
    return wrong > 0 and wrong >= judged * _MOST and _right(language, scripts) <= judged * _FEW


def _right(language: Language, scripts: Counter[_Script]) -> int:
    return scripts[_Script.CHINESE] + scripts[_Script.MIXED] if language == "zh" else scripts[_Script.WESTERN]


def _refusal(corpus: Corpus, scripts: Counter[_Script]) -> UsageError:
    found, other = (_Script.WESTERN, "en") if corpus.language == "zh" else (_Script.CHINESE, "zh")
    own = f"`prompt_column` A, `answer_column` B and `language` {other}"
    mend = f"Choose the corpus of these rows, or give {own}" if corpus.hub_id else f"Give `language` {other}"
    return UsageError(
        f"these rows cannot be packed as {_NAMES[corpus.language]}: of {scripts.total():,} that were looked at, "
        f"{scripts[found]:,} are {found.value}",
        f"{mend}; or `force_language`, if this is what you want.",
    )


def _scripts(
    schema: Schema, rows: Rows, start: int, count: int, enough: Callable[[Counter[_Script]], bool] = lambda found: False
) -> Counter[_Script]:
    """How many of the rows from `start` on are in which script; fewer than `count` where the texts are long.

    Args:
        enough: called with what was found so far; whether no more need be read.
    """
    found: Counter[_Script] = Counter()
    characters = 0
    with suppress(VwdError):  # a broken row is named when its shard is packed
        for row in rows.read(start, start + count, schema.wanted, MAX_ROW_BYTES):
            for text in _texts(schema, row):
                found[_script(text)] += 1
                characters += len(text.prompt) + len(text.answer)
            if characters >= JUDGED_CHARACTERS or enough(found):
                break
    return found


def _texts(schema: Schema, row: Row) -> Iterator[Text]:
    """A row's text, of which the beginning is enough; none where it will be skipped."""
    if not isinstance(row, RefusedRow):
        with suppress(BadRowError):
            yield schema.read({name: _beginning(value) for name, value in row.items()})


def _beginning(value: Any) -> Any:
    if isinstance(value, str):
        return value[:JUDGED_TEXT]
    if isinstance(value, list):
        return [_beginning(item) for item in value]
    return {name: _beginning(item) for name, item in value.items()} if isinstance(value, dict) else value


def _script(text: Text) -> _Script:
    whole = f"{text.prompt}\n{text.answer}"
    han, words = len(_UNSPACED.findall(whole)), len(_WORD.findall(whole))
    if not han:
        if words < _WORDS_OF_PROSE:
            return _Script.OTHER if words else _Script.NONE
        is_prose = len(_CODE_MARK.findall(whole)) <= words * _MARKS_A_WORD
        return _Script.WESTERN if is_prose else _Script.OTHER
    runs = sum(1 for part in whole.split() if _UNSPACED.search(part))
    is_chinese = han >= words * _HAN_A_WORD and han >= runs * _HAN_A_RUN
    return _Script.CHINESE if is_chinese else _Script.MIXED
