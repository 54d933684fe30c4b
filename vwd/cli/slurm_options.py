"""The options of `vwd pack` as `vwd slurm` passes them on: checked before anything is queued, with whole paths."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from vwd.slurm.plan import Work

# Slurm says these for each task; or they mean nothing there.
_NOT_PASSED = {"task", "num_tasks", "shards", "as_json", "debug"}
_PLACED = {"out"}
_SAID = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


@dataclass(frozen=True)
class PackOptions:
    """What a task is to pack, where to, and the options that say so, but for `--out` and the task's."""

    work: Work
    out: Path
    pack: tuple[str, ...]


def pack_options(dataset: str, arguments: tuple[str, ...], base_dir: str) -> PackOptions:
    """The options as `vwd pack` understands them.

    Args:
        base_dir: BASE_DIR, where local copies are and shards go unless the options say otherwise; "" for neither.

    Raises:
        click.UsageError: `vwd pack` has no such option.
        UsageError: an option is Slurm's to say, or the number of rows is not known.
    """
    from vwd.cli.pack import pack
    from vwd.corpora.sources.open import BUILTIN
    from vwd.errors import UsageError
    from vwd.shards.location import is_remote
    from vwd.slurm.plan import Work

    ctx = pack.make_context("vwd pack", [dataset, *arguments])
    said = {name for name in ctx.params if ctx.get_parameter_source(name) in _SAID} - {"dataset"}
    if taken := sorted(said & _NOT_PASSED):
        raise UsageError(
            f"--{taken[0].replace('_', '-').replace('as-json', 'json')} is not for the tasks of an array",
            "Leave it out: every task gets its own part of the rows.",
        )
    options = dict(ctx.params)
    if is_remote(options["out"]):
        raise UsageError(
            f"--out {options['out']}: a submission and its logs need a folder that all nodes see",
            "Give a folder on a shared file system, or queue 'vwd pack' with slurm/slurm_job.sh by hand.",
        )
    if base_dir:
        options |= {"base_dir": Path(base_dir)} if "base_dir" not in said else {}
        options |= {"out": Path(base_dir) / "shards"} if "out" not in said else {}
        said.add("base_dir")
    for name in ("out", "base_dir"):
        options[name] = options[name].resolve()
    if options["rows"] not in ("", BUILTIN):
        options["rows"] = str(Path(options["rows"]).resolve())
    rows = _count_rows(dataset, options)
    work = Work(rows, options["shard_size"], options["start_idx"] or 0, options["num_samples"])
    return PackOptions(work, options["out"], tuple(_words(pack, options, said - _PLACED)))


def _words(command: click.Command, options: dict[str, Any], said: set[str]) -> list[str]:
    words: list[str] = []
    for parameter in command.params:
        if parameter.name in said:
            value = options[parameter.name]
            words += [parameter.opts[0]] if value is True else [parameter.opts[0], str(value)]
    return words


def _count_rows(dataset: str, options: dict[str, Any]) -> int:
    """How many rows the corpus has: the file's or the local copy's, else the registry's. The hub is not asked."""
    from vwd.cli.pack import corpus_of
    from vwd.corpora.sources.local import has_copy
    from vwd.corpora.sources.open import open_rows
    from vwd.errors import UsageError

    corpus = corpus_of(dataset, options)
    here = options["rows"] or (has_copy(options["base_dir"], dataset) and not options["streaming"])
    count: int | None
    if here or not corpus.hub_id:
        count = open_rows(corpus, options["rows"], options["base_dir"]).count
    else:
        moved = os.environ.get(f"VWD_HF_DATASET_ID_{dataset.upper().replace('-', '_')}")
        count = None if moved else corpus.rows or None
    if count is not None:
        return count
    if options["num_samples"] is None:
        raise UsageError(
            f"how many rows {dataset} has is not known here",
            f"Make a local copy with 'vwd download --dataset {dataset} --base-dir {options['base_dir']}', or give "
            "--num-samples.",
        )
    return (options["start_idx"] or 0) + int(options["num_samples"])
