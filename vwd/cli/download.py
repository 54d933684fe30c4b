"""`vwd download`: local copies of corpora."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, base_dir_option, corpus_names, echo, json_option, print_json
from vwd.cli.datasets import print_registry


@click.command(cls=VwdCommand)
@click.argument("corpus", metavar="[DATASET]", required=False, shell_complete=corpus_names)
@click.option("--dataset", shell_complete=corpus_names, help="The same as DATASET.  [default: all corpora]")
@click.option("--split", default="", help="Another split than the usual one.  [default: train]")
@base_dir_option
@click.option("--force", is_flag=True, help="Replace existing copies.  [default: off]")
@click.option("--list", "list_only", is_flag=True, help="Only list the corpora.  [default: off]")
@json_option
def download(
    corpus: str | None, dataset: str | None, split: str, base_dir: Path, force: bool, list_only: bool, as_json: bool
) -> None:
    """Fetch DATASET or all corpora from the hub to local copies, for nodes without internet.

    A copy is at <base>/<dataset>/dataset as memory-mapped Arrow, where 'vwd pack' finds it. An existing copy is
    left alone. With --split it is at <base>/<dataset>_<split>/dataset.
    """
    if list_only:
        print_registry(base_dir, as_json)
        return
    from vwd.corpora.registry import CORPORA, find_split
    from vwd.corpora.sources.download import download_corpus
    from vwd.corpora.sources.local import copy_path
    from vwd.errors import UsageError

    if corpus and dataset and corpus != dataset:
        raise UsageError(f"DATASET {corpus} and --dataset {dataset}", "Give either.")
    name, done = corpus or dataset, []
    if split and not name:
        raise UsageError("--split without a DATASET", "Name one: each has splits of its own.")
    for one in [find_split(name, split)] if name else CORPORA.values():
        rows, fresh = download_corpus(one, base_dir, force)
        path = copy_path(base_dir, one.name)
        done.append({"dataset": one.name, "rows": rows.count, "path": str(path), "downloaded": fresh})
        if not as_json:
            echo(f"{path}: {rows.count:,} rows, {'downloaded' if fresh else 'already present'}")
    if as_json:
        print_json(done)
