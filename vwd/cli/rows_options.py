"""The options of `vwd pack` that say what is in the user's own rows, and how files of text are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import F

if TYPE_CHECKING:
    from vwd.corpora.registry import Corpus
    from vwd.corpora.sources.text_file import TextForm

_OWN = {
    "prompt_column": "the column of the prompt; a dot leads into an object, as in meta.question.",
    "answer_column": "the column of the answer.",
    "prompt_template": "a prompt of several columns, such as '{context} {question}'.",
    "final_column": "the column of the final answer alone, which is not drawn.",
    "messages_column": "the column of a conversation; its first user and assistant turns are drawn.",
    "text_column": "the column of a story; its first two sentences are the prompt.",
}


def own_columns_options(command: F) -> F:
    """Which columns of the user's own rows are drawn."""
    for name, what in reversed(_OWN.items()):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, default="", help=f"Your own rows: {what}  [default: none]")(command)
    return command


def text_form_options(command: F) -> F:
    """How files of text are to be read."""
    for option in (
        click.option("--encoding", default="", help="Of files of text, such as latin-1 or gb18030.  [default: UTF-8]"),
        click.option(
            "--delimiter", default="",
            help="Between the fields of CSV files, such as ';' or 'tab'.  [default: as the header shows]",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def text_form(options: dict[str, Any]) -> TextForm:
    """How text files are to be read.

    Raises:
        UsageError: a value is not allowed.
    """
    from vwd.corpora.sources.text_file import TextForm

    return TextForm.parse(options["delimiter"], options["encoding"])


def corpus_of(dataset: str, options: dict[str, Any]) -> Corpus:
    """The corpus that a name and the options of `vwd pack` mean.

    Raises:
        UsageError: there is none of this name, or an option for one's own rows is missing.
    """
    from vwd.corpora.own import OwnColumns, corpus_of_columns
    from vwd.corpora.registry import find_split
    from vwd.corpora.sources.open import BUILTIN
    from vwd.errors import UsageError

    columns, rows = OwnColumns(**{name: options[name] for name in _OWN}), options["rows"]
    given = bool(rows) and BUILTIN not in rows
    split = options["split"]
    if not (columns.given or options["language"]):
        return find_split(dataset, split, given)
    missing = [] if given else ["`rows` FILE"]
    if not options["language"]:
        missing.append("`language`")
    if missing:
        raise UsageError(
            f"rows of your own need {' and '.join(missing)}, too",
            "Give `rows` FILE `prompt_column` A `answer_column` B `language` en|ko|zh.",
        )
    corpus = corpus_of_columns(dataset, columns, options["language"])
    return corpus.with_split(split) if split else corpus
