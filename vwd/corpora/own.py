"""Corpora of the user's own rows: which columns hold what."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from string import Formatter

from vwd.corpora import schemas
from vwd.corpora.registry import Corpus, Schema, check_known, check_name
from vwd.corpora.sample import Kind, Language
from vwd.errors import UsageError

_HINT = (
    "Give `prompt_column` (or `prompt_template`) and `answer_column`; or `messages_column`; or `text_column`; each "
    "with `rows` and `language`."
)


@dataclass(frozen=True)
class OwnColumns:
    """Where the text is in rows of one's own. A dot leads into an object: `meta.question`.

    Attributes:
        prompt_column, answer_column: drawn as they are.
        prompt_template: in place of the prompt's column: text with columns in braces.
        final_column: the final answer alone; it is not drawn.
        messages_column: a conversation, whose first user and first assistant turn are drawn.
        text_column: a story, whose first two sentences are the prompt.
    """

    prompt_column: str = ""
    answer_column: str = ""
    prompt_template: str = ""
    final_column: str = ""
    messages_column: str = ""
    text_column: str = ""

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    def schema(self, language: Language) -> Schema:
        """How such rows are read.

        Raises:
            UsageError: columns are missing, or do not go together; the template is none.
        """
        prompt = "prompt_template" if self.prompt_template else "prompt_column"
        forms = ((prompt, "answer_column"), ("messages_column",), ("text_column",))
        given = set(self.given)
        form = next((one for one in forms if given.intersection(one)), forms[0])
        if missing := [name for name in form if name not in given]:
            raise UsageError(f"rows of your own need {' and '.join(f'`{name}`' for name in missing)}, too", _HINT)
        if others := sorted(given.difference(form, () if self.text_column else ("final_column",))):
            first = next(name for name in form if name in given)
            raise UsageError(f"`{first}` and `{others[0]}` do not go together", _HINT)
        return replace(self._read(language), columns=self._columns(), reading=self._reading())

    def _read(self, language: Language) -> Schema:
        if self.text_column:
            return Schema((), schemas.Story(self.text_column, language))
        if self.messages_column:
            return Schema((), schemas.Messages(self.messages_column, self.final_column))
        template = parse_template(self.prompt_template) if self.prompt_template else ()
        return Schema((), schemas.Pair(self.prompt_column, self.answer_column, self.final_column, template))

    def _columns(self) -> tuple[str, ...]:
        first = self.text_column or self.messages_column or self.prompt_column
        fields = [name for _, name in parse_template(self.prompt_template) if name]
        return tuple(dict.fromkeys(name for name in (first, *fields, self.answer_column, self.final_column) if name))

    def _reading(self) -> dict[str, str]:
        """What the columns do not tell; two columns are prompt and answer."""
        return {} if set(self.given) == {"prompt_column", "answer_column"} else self.given


def parse_template(template: str) -> tuple[tuple[str, str], ...]:
    """A template as pairs of text and the column that follows it, "" at the end.

    Raises:
        UsageError: it has no column, or something else than a column's name in braces.
    """
    parts: list[tuple[str, str]] = []
    try:
        for text, name, form, conversion in Formatter().parse(template):
            if name is not None and (not name.strip() or form or conversion or "[" in name):
                raise ValueError(f"'{{{name}}}' is no column's name" if name.strip() else "'{}' names no column")
            parts.append((text, name or ""))
        if template and not any(name for _, name in parts):
            raise ValueError("it names no column")
    except ValueError as error:
        raise UsageError(
            f"`prompt_template` {template!r}: {error}",
            "Name columns in braces, such as 'Problem: {question}'; {{ and }} are braces themselves.",
        ) from error
    return tuple(parts)


def corpus_of_columns(name: str, columns: OwnColumns, language: Language) -> Corpus:
    """A corpus of the user's own rows.

    Raises:
        UsageError: the name is not suitable for keys and file names; no rules exist for the language; or as
            `OwnColumns.schema`.
    """
    check_known(language)
    kind: Kind = "story" if columns.text_column else "question"
    return Corpus(check_name(name), language, kind, (columns.schema(language),))
