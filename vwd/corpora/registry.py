"""The corpora, declared as data: where each comes from, and the schemas that its rows may have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast, get_args

from vwd.corpora import schemas
from vwd.corpora.sample import BadRowError, Kind, Language, RefusedRow, Row, Sample, Skip, SkipCode, Text
from vwd.corpora.sentences import break_sentences
from vwd.errors import RowsError, UsageError
from vwd.limits import NAMED_COLUMNS

KEY_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Schema:
    """The columns that a row must have, and how it is read from them.

    Attributes:
        optional: columns that are read, too, where a row has them.
        reading: what tells this way of reading from others of the same columns, for `pack.json`.
    """

    columns: tuple[str, ...]
    read: Callable[[Row], Text]
    optional: tuple[str, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column that is ever read, and of `meta.question` also `meta`; a source need not read others."""
        named = self.columns + self.optional
        return tuple(dict.fromkeys([*named, *(name.partition(".")[0] for name in named)]))

    def suits(self, columns: Iterable[str]) -> bool:
        """Whether rows with these columns can be read."""
        existing = set(columns)
        return all(name in existing or ("." in name and name.partition(".")[0] in existing) for name in self.columns)


@dataclass(frozen=True)
class Corpus:
    """A corpus as the registry knows it.

    Attributes:
        hub_id, config, split: where it is on the dataset hub ("" for rows of one's own).
        rows: its size on the hub when this registry was written; 0 where that is unknown.
        licence: its identifier on the hub; "" where none is stated. `terms`: further conditions of its authors.
        schemas: the first one whose columns a row has is used.
        of: the corpus that this is another split of; "" for its usual one.
    """

    name: str
    language: Language
    kind: Kind
    schemas: tuple[Schema, ...]
    hub_id: str = ""
    config: str | None = None
    split: str = "train"
    rows: int = 0
    licence: str = ""
    terms: str = ""
    of: str = ""

    def with_split(self, split: str) -> Corpus:
        """Another of its splits. A corpus of the hub is then `<name>_<split>`: its keys are not those of the usual one.

        Raises:
            UsageError: the split's name cannot be part of a key.
        """
        if split == self.split:
            return self
        name = check_name(f"{self.name}_{split}") if self.hub_id else self.name
        return replace(self, name=name, split=split, rows=0, of=self.name)

    def schema_for(self, columns: Iterable[str], where: str = "") -> Schema:
        """The schema that these columns satisfy.

        Args:
            where: the columns are, for the message.

        Raises:
            RowsError: none does; lists the existing columns.
        """
        existing = list(columns)
        for schema in self.schemas:
            if schema.suits(existing):
                return schema
        wanted = " or ".join(", ".join(f"'{c}'" for c in s.columns) for s in self.schemas)
        shown = ", ".join(f"{name!r:.60}" for name in existing[:NAMED_COLUMNS]) or "none"
        others = f" and {len(existing) - NAMED_COLUMNS:,} more" if len(existing) > NAMED_COLUMNS else ""
        raise RowsError(
            f"{where}{': ' if where else ''}{self.name} needs the column(s) {wanted}; the rows have {shown}{others}",
            "Name yours with `prompt_column` A and `answer_column` B, or choose the corpus of these rows.",
        )

    def sample(self, row: Row, index: int, schema: Schema) -> Sample | Skip:
        """One row as a sample, or the reason why there is none."""
        if isinstance(row, RefusedRow):
            return Skip(SkipCode.BAD_ROW, row.detail)
        try:
            text = schema.read(row)
        except BadRowError as error:
            return Skip(SkipCode.BAD_ROW, str(error))
        prompt, answer = text.prompt, text.answer
        if not text.one_sentence_a_line:
            prompt, answer = (break_sentences(part, self.language) for part in (prompt, answer))
        if not prompt or not answer:
            return Skip(SkipCode.EMPTY_TEXT, "no answer" if prompt else "no prompt")
        return Sample(self.name, index, prompt, answer, text.final_answer, self.language, self.kind)


_GSM8K = Schema(("question", "answer"), schemas.from_gsm8k)
_MESSAGES = Schema(("messages",), schemas.from_messages)
_OPENMATH = Schema(("problem", "generated_solution", "expected_answer"), schemas.from_openmath)
_BELLE = Schema(("instruction", "output"), schemas.from_belle, optional=("input",))
_GSM8K_ZH = Schema(("question_zh-cn", "answer_only"), schemas.from_gsm8k_zh)
_METAMATH_ZH = Schema(("question_zh", "answer_zh", "answer_only"), schemas.from_metamath_zh)
_STORY_EN = Schema(("text",), schemas.Story("text", "en"))
_STORY_ZH = Schema(("story_zh",), schemas.Story("story_zh", "zh"))

CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("gsm8k", "en", "question", (_GSM8K,), "openai/gsm8k", "main", rows=7_473, licence="mit"),
        Corpus(
            "openmath2_gsm8k", "en", "question", (_MESSAGES, _OPENMATH), "ai2-adapt-dev/openmath-2-gsm8k",
            terms="its text is from nvidia/OpenMathInstruct-2, which is CC-BY-4.0",
        ),
        Corpus("belle_school_math", "zh", "question", (_BELLE,), "BelleGroup/school_math_0.25M", rows=248_481,
            licence="gpl-3.0", terms="its authors allow research only",
        ),
        Corpus("gsm8k_chinese", "zh", "question", (_METAMATH_ZH, _GSM8K_ZH), "swulling/gsm8k_chinese", rows=7_473,
            terms="its text is translated from openai/gsm8k, which is MIT",
        ),
        Corpus("tinystories", "en", "story", (_STORY_EN,), "roneneldan/TinyStories", rows=2_119_719,
            licence="cdla-sharing-1.0",
        ),
        Corpus("tinystories_chinese", "zh", "story", (_STORY_ZH,), "adam89/TinyStoriesChinese"),
    )
}  # fmt: skip


def find_corpus(name: str, own_rows: bool = False) -> Corpus:
    """A corpus of the registry.

    Args:
        own_rows: the user has given rows with this name, which may be one of their own.

    Raises:
        UsageError: there is none of this name; suggests the nearest.
    """
    if name in CORPORA:
        return CORPORA[name]
    if own_rows:
        raise UsageError(
            f"'{name}' is none of the corpora that are known, and it is not said which columns of its rows to read",
            "Give `language`, with `prompt_column` and `answer_column`, or `text_column`, or `messages_column`.",
        )
    near = difflib.get_close_matches(name.lower(), CORPORA, n=1, cutoff=0.4)
    guess = f"Did you mean '{near[0]}'? " if near else ""
    raise UsageError(
        f"no corpus is called '{name}'; there are {', '.join(CORPORA)}",
        f"{guess}For rows of your own give `rows`, `prompt_column`, `answer_column` and `language`.",
    )


def find_split(name: str, split: str = "", own_rows: bool = False) -> Corpus:
    """`find_corpus`, and of it a split; `gsm8k_test` with its split `test` is the same as `gsm8k`.

    Raises: as `find_corpus`, and `Corpus.with_split`.
    """
    corpus = find_corpus(name.removesuffix(f"_{split}") if split else name, own_rows)
    return corpus.with_split(split) if split else corpus


def own_corpus(name: str, prompt_column: str, answer_column: str, language: Language) -> Corpus:
    """A corpus of the user's own rows: two columns of text. `vwd.corpora.own` has the other forms.

    Raises:
        UsageError: as `check_name`, or no rules exist for the language.
    """
    schema = Schema((prompt_column, answer_column), schemas.Pair(prompt_column, answer_column))
    return Corpus(check_name(name), check_known(language), "question", (schema,))


def check_known(language: str) -> Language:
    """A language that rows may be packed as.

    Raises:
        UsageError: no rules exist for it.
    """
    if language not in get_args(Language):
        raise UsageError(
            f"there are no units, sentence ends and labels for the `language` '{language}'; there are for en, ko, zh",
            "Give en for rows whose words have spaces between them; docs/languages.md says what is drawn.",
        )
    return cast(Language, language)


def check_name(name: str) -> str:
    """A name of one's own for a dataset, which is suitable for keys and file names.

    Raises:
        UsageError: it has other characters than a-z, 0-9, _ and -.
    """
    if not KEY_SAFE.fullmatch(name):
        raise UsageError(
            f"'{name}' cannot be a dataset name: it goes into every key and file name",
            "Use lower-case letters, digits, _ and -, starting with a letter or a digit.",
        )
    return name
