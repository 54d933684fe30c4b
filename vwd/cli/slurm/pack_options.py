"""The options of `vwd pack` as `vwd slurm` passes them on: checked before anything is queued, with absolute paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from vwd.corpora.registry import Corpus
    from vwd.slurm.arrays import Work

# These come from Slurm for each task, or have no meaning there.
_NOT_PASSED = {"task", "num_tasks", "shards", "as_json", "debug"}
_SET_PER_TASK = {"out"}
_EXPLICIT = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


@dataclass(frozen=True)
class PackOptions:
    """What the tasks pack and where to, and the options for that, except for `--out` and the task's.

    Attributes:
        dataset: the output's name, which is the corpus's, with the split where that is given.
    """

    dataset: str
    work: Work
    out: Path
    pack: tuple[str, ...]


def pack_options(dataset: str, arguments: tuple[str, ...], base_dir: str) -> PackOptions:
    """The options as `vwd pack` understands them.

    Args:
        base_dir: BASE_DIR, where local copies are and shards go by default; "" for neither.

    Raises:
        click.UsageError: `vwd pack` has no such option.
        UsageError: an option is set by Slurm, the rows are in another language, or their number is unknown.
    """
    from vwd.cli.pack import pack
    from vwd.cli.rows_options import corpus_of
    from vwd.corpora.sources.open import BUILTIN, absolute
    from vwd.errors import UsageError
    from vwd.slurm.arrays import Work
    from vwd.storage.regular import real_path
    from vwd.storage.urls import is_remote

    ctx = pack.make_context("vwd pack", [dataset, *arguments])
    explicit = {name for name in ctx.params if ctx.get_parameter_source(name) in _EXPLICIT} - {"dataset"}
    if refused := sorted(explicit & _NOT_PASSED):
        raise UsageError(
            f"--{refused[0].replace('_', '-').replace('as-json', 'json')} is not for the tasks of an array",
            "Leave it out: every task gets its own part of the rows.",
        )
    options = dict(ctx.params)
    if is_remote(options["out"]):
        raise UsageError(
            f"--out {options['out']}: a submission and its logs need a folder that all nodes see",
            "Give a folder on a shared file system, or queue 'vwd pack' with slurm/slurm_job.sh by hand.",
        )
    if base_dir:
        options |= {"base_dir": Path(base_dir)} if "base_dir" not in explicit else {}
        options |= {"out": Path(base_dir) / "shards"} if "out" not in explicit else {}
        explicit.add("base_dir")
    for name in ("out", "base_dir", "exclude"):
        options[name] = options[name] and real_path(options[name])
    options["rows"] = tuple(rows if rows == BUILTIN else absolute(rows) for rows in options["rows"])
    corpus = corpus_of(dataset, options)
    rows = _count_rows(corpus, options)
    work = Work(rows, options["shard_size"], options["start_idx"] or 0, options["num_samples"])
    return PackOptions(corpus.name, work, options["out"], tuple(_to_arguments(pack, options, explicit - _SET_PER_TASK)))


def _to_arguments(command: click.Command, options: dict[str, Any], explicit: set[str]) -> list[str]:
    arguments: list[str] = []
    for parameter in command.params:
        if parameter.name in explicit:
            value = options[parameter.name]
            for one in value if isinstance(value, tuple) else (value,):
                arguments += [parameter.opts[0]] if one is True else [parameter.opts[0], str(one)]
    return arguments


def _count_rows(corpus: Corpus, options: dict[str, Any]) -> int:
    """How many rows the corpus has: in the file or the local copy, else in the registry. The hub is not asked."""
    from vwd.cli.rows_options import text_form
    from vwd.corpora.language import check_language
    from vwd.corpora.sources.hub import hub_override
    from vwd.corpora.sources.local import has_copy
    from vwd.corpora.sources.open import open_rows
    from vwd.errors import UsageError

    local = options["rows"] or (has_copy(options["base_dir"], corpus.name) and not options["streaming"])
    count: int | None
    if local or not corpus.hub_id:
        rows = open_rows(
            corpus, options["rows"], options["base_dir"], False, options["max_row_bytes"], text_form(options)
        )
        if not options["force_language"]:
            check_language(corpus, corpus.schema_for(rows.columns), rows)
        count = rows.count
    else:
        count = None if hub_override(corpus) else corpus.rows or None
    if count is not None:
        return count
    if options["num_samples"] is None:
        raise UsageError(
            f"the number of rows of {corpus.name} is unknown here",
            f"Make a local copy with 'vwd download --dataset {corpus.of or corpus.name}"
            f"{f' --split {corpus.split}' * bool(corpus.of)} --base-dir {options['base_dir']}', or give "
            "--num-samples.",
        )
    return (options["start_idx"] or 0) + int(options["num_samples"])
