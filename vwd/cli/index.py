"""`vwd index`: sidecars for other readers of shards."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument, print_json, with_flags


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--webdataset",
    is_flag=True,
    help="shardindex.json, sizes.json and SHA256SUMS.  [default: on, if none is chosen]",
)
@click.option("--hf", is_flag=True, help="README.md, the card that 'datasets' reads.  [default: on, if none is chosen]")
@click.option(
    "--energon", is_flag=True, help=".nv-meta and <shard>.tar.idx, in place of 'energon prepare'.  [default: off]"
)
@click.option("--dali", is_flag=True, help="<shard>.idx for DALI's webdataset reader.  [default: off]")
@click.option(
    "--sat",
    is_flag=True,
    help="<shard>.meta.jsonl for CogVideoX's trainer; needs 'vwd pack --sat-meta'.  [default: off]",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every kind that this output allows; says which it left out, and why.  [default: off]",
)
@click.option("--push-to-hub", metavar="REPO", help="Then upload everything to this dataset repository.  [default: no]")
@click.option("--private", is_flag=True, help="With --push-to-hub: create a private repository.  [default: off]")
@json_option
def index(output: Path, push_to_hub: str | None, private: bool, as_json: bool, **flags: Any) -> None:
    """Write what other readers need beside the shards of OUT, from the ledger alone.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    If no kind is chosen, those of --webdataset and --hf, which 'vwd pack' also writes when it is complete.
    """
    from vwd.index.write import KINDS, write_all, write_index
    from vwd.shards.paths import find_outputs

    chosen = tuple(kind for kind in KINDS if flags[kind]) or None
    found = find_outputs(output)
    results = []
    for paths in found:
        result = write_all(paths) if flags["everything"] else write_index(paths, chosen)
        results.append(result)
        if not as_json:
            echo(f"{paths.folder}: {len(result.written):,} files written, {result.unchanged:,} unchanged")
            if result.pattern:
                echo(f"  webdataset reads {paths.folder / result.pattern}")
        for reason in result.left_out:
            echo(f"left out: {with_flags(reason)}", err=True)
    if as_json:
        print_json([asdict(result) for result in results])
    if push_to_hub:
        _push(found, push_to_hub, private)


def _push(found: list[Any], repository: str, private: bool) -> None:
    from vwd.errors import UsageError
    from vwd.index.push import push_to_hub
    from vwd.storage.urls import is_remote

    if len(found) > 1:
        raise UsageError(
            f"--push-to-hub uploads one dataset, but there are {len(found)}",
            f"Give one dataset's folder, such as {found[0].folder}.",
        )
    if is_remote(found[0].folder):
        raise UsageError("--push-to-hub uploads shards from disk", "Copy the output here first, and give its folder.")
    echo(push_to_hub(found[0], repository, private), err=True)
