"""The `vwd` command: registers the verbs. Each imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import click

from vwd.cli.command import print_error
from vwd.cli.completion import completion
from vwd.cli.convert_parquet import convert_parquet
from vwd.cli.datasets import datasets
from vwd.cli.decontaminate import decontaminate
from vwd.cli.download import download
from vwd.cli.export.jsonl import jsonl
from vwd.cli.export.layout import layout
from vwd.cli.export.opensora import opensora
from vwd.cli.export.parquet import parquet
from vwd.cli.export.sat import sat
from vwd.cli.grade import grade
from vwd.cli.index import index
from vwd.cli.meta import meta
from vwd.cli.pack import pack
from vwd.cli.pack_records import pack_records
from vwd.cli.pack_videos import pack_videos
from vwd.cli.prepare import prepare
from vwd.cli.preview import preview
from vwd.cli.recipe import recipe
from vwd.cli.report import report
from vwd.cli.show import show
from vwd.cli.slurm import slurm
from vwd.cli.status import status
from vwd.cli.verify import verify
from vwd.errors import UsageError


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from vwd import __version__
        from vwd.video.mpeg4.kernels import chosen_kernel

        try:
            click.echo(f"vwd, version {__version__} ({chosen_kernel()} kernel)")
        except UsageError as error:
            print_error(error.what, error.hint)
            ctx.exit(error.exit_code)
        ctx.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show it.")
def cli() -> None:
    """Turn text corpora into word-by-word videos, packed as WebDataset shards.

    \b
    vwd preview gsm8k --random 3         see what rows look like
    vwd pack gsm8k --shard-size 1000     pack shards; the same command again resumes
    vwd status                           how far it is
    vwd show shards/gsm8k --skips        which rows were skipped, and why
    vwd report                           a page that shows what is in the shards
    vwd verify                           compare every tar with the ledger
    vwd grade videos --against shards    read a model's videos, and compare them
    vwd index --all                      what other readers need beside the shards
    vwd export --for NAME                the folder that a trainer reads; --list names them
    vwd meta scan videos                 tables of real videos: cut, captioned
    vwd slurm submit tinystories         pack on a cluster
    """


EXPORTS = (layout, jsonl, opensora, sat, parquet)
TABLES = (meta, pack_videos, convert_parquet, prepare, recipe, pack_records)
LOOKING = (preview, status, verify, show, grade, report, decontaminate)
for command in (pack, *LOOKING, index, *EXPORTS, slurm, datasets, download, *TABLES, completion):
    cli.add_command(command)


def main() -> None:
    """The console script."""
    cli(prog_name="vwd")
