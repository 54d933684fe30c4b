"""`vwd index`: sidecars for other readers of shards."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vwd.cli.command import VwdCommand, json_option, output_argument, show_json


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--webdataset", is_flag=True, help="shardindex.json, sizes.json and SHA256SUMS.  [default: on, without a choice]"
)
@click.option("--hf", is_flag=True, help="README.md, the card that 'datasets' reads.  [default: on, without a choice]")
@click.option(
    "--energon", is_flag=True, help=".nv-meta and <shard>.tar.idx, in place of 'energon prepare'.  [default: off]"
)
@click.option("--dali", is_flag=True, help="<shard>.idx for DALI's webdataset reader.  [default: off]")
@click.option(
    "--sat",
    is_flag=True,
    help="<shard>.meta.jsonl for CogVideoX's trainer; needs 'vwd pack --sat-meta'.  [default: off]",
)
@click.option("--all", "everything", is_flag=True, help="All that this output has what it takes for.  [default: off]")
@click.option("--push-to-hub", metavar="REPO", help="Then upload everything to this dataset repository.  [default: no]")
@click.option("--private", is_flag=True, help="Where --push-to-hub makes the repository: privately.  [default: off]")
@json_option
def index(output: Path, push_to_hub: str | None, private: bool, as_json: bool, **flags: Any) -> None:
    """Write what other readers want beside the shards of OUT, from the ledger alone.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    Without a choice, the light ones: those of --webdataset and --hf, which 'vwd pack' too writes at its end.
    """
    from vwd.index.index import KINDS, LIGHT, all_kinds, write_index
    from vwd.shards.outputs import find_outputs

    chosen = tuple(kind for kind in KINDS if flags[kind]) or LIGHT
    found = find_outputs(output)
    results = []
    for paths in found:
        result = write_index(paths, all_kinds(paths) if flags["everything"] else chosen)
        results.append(result)
        if not as_json:
            click.echo(f"{paths.folder}: {len(result.written):,} files written, {result.unchanged:,} as they were")
            if result.pattern:
                click.echo(f"  webdataset reads {paths.folder / result.pattern}")
    if as_json:
        show_json([asdict(result) for result in results])
    if push_to_hub:
        _push(found, push_to_hub, private)


def _push(found: list[Any], repository: str, private: bool) -> None:
    from vwd.errors import UsageError
    from vwd.index.push import push
    from vwd.shards.location import is_remote

    if len(found) > 1:
        raise UsageError(
            f"--push-to-hub takes one dataset, and there are {len(found)}",
            f"Give one dataset's folder, such as {found[0].folder}.",
        )
    if is_remote(found[0].folder):
        raise UsageError("--push-to-hub uploads shards from disk", "Copy the output here first, and give its folder.")
    click.echo(push(found[0], repository, private), err=True)
