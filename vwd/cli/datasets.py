"""`vwd datasets`: the registry."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, base_dir_option, echo, json_option, print_json


@click.command(cls=VwdCommand)
@base_dir_option
@json_option
def datasets(base_dir: Path, as_json: bool) -> None:
    """List the corpora: language, size, hub id, and whether there is a local copy."""
    print_registry(base_dir, as_json)


def print_registry(base_dir: Path, as_json: bool) -> None:
    """Prints the corpora, one a line, or as JSON."""
    from vwd.corpora.registry import CORPORA
    from vwd.corpora.sources.hub import hub_id
    from vwd.corpora.sources.local import copy_path, has_copy

    rows = [
        {
            "dataset": corpus.name,
            "language": corpus.language,
            "rows": corpus.rows,
            "hub_id": hub_id(corpus),
            "local_copy": str(copy_path(base_dir, corpus.name)) if has_copy(base_dir, corpus.name) else "",
        }
        for corpus in CORPORA.values()
    ]
    if as_json:
        print_json(rows)
        return
    echo(f"{'dataset':<20} {'language':<9} {'rows':>10}  {'hub id':<34} local copy")
    for row in rows:
        size = f"{row['rows']:,}" if row["rows"] else "?"
        echo(f"{row['dataset']:<20} {row['language']:<9} {size:>10}  {row['hub_id']:<34} {row['local_copy'] or '-'}")
