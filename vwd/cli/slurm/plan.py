"""`vwd slurm plan`: what a submission would take."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand, corpus_names, echo, json_option, print_json, with_flags
from vwd.cli.slurm.launch import PASS_OPTIONS, prepare


@click.command(cls=VwdCommand, context_settings=PASS_OPTIONS)
@click.argument("dataset", shell_complete=corpus_names)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[PACK OPTIONS]")
@json_option
def plan(dataset: str, options: tuple[str, ...], as_json: bool) -> None:
    """Show the array tasks that DATASET would take, and what they cost. Nothing is written.

    DATASET is a corpus, or 'all' of them; PACK OPTIONS are those of 'vwd pack'. Hours and bytes follow from the rate
    that the ledger of this output has measured.
    """
    from vwd.slurm.estimate import estimate, measure

    estimates = []
    for prepared in prepare(dataset, options, None):
        one = estimate(prepared.submission, measure(prepared.paths))
        estimates.append(one)
        if not as_json:
            lines = one.lines() + ([f"  note     {prepared.note}"] if prepared.note else [])
            echo(with_flags("\n".join(lines)))
    if as_json:
        print_json([one.to_json() for one in estimates])
