"""`vwd slurm submit`: queues array tasks of `vwd pack`."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand, corpus_names, json_option
from vwd.cli.slurm.launch import PASS_OPTIONS, launch_options, prepare, print_sbatch_lines, queue_all

_TASKS = ("inference", "rendering", "both")


@click.command(cls=VwdCommand, context_settings=PASS_OPTIONS)
@click.argument("dataset", shell_complete=corpus_names)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[TASK] [PACK OPTIONS]")
@click.option("--export", is_flag=True, help="Then export each task's shards; TASK alone implies it.  [default: off]")
@launch_options
@json_option
@click.pass_context
def submit(
    ctx: click.Context, dataset: str, options: tuple[str, ...], export: bool, dry_run: bool, local: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Queue DATASET as Slurm arrays of 'vwd pack', and a job that finishes the output.

    DATASET is a corpus, or 'all' of them. TASK, inference or rendering, also exports the videos for it; PACK OPTIONS
    are those of 'vwd pack'. The cluster is described by NUM_NODES, CPUS_PER_NODE, SAMPLES_PER_NODE, PARTITION,
    TIME_LIMIT, BASE_DIR, QOS, ACCOUNT, EXTRA_SBATCH, VWD_PYTHON, CONDA_ENV, MODULES and JOB_SCRIPT in the
    environment, or in lower case in the table [slurm] of vwd.toml.
    """
    task = options[0] if options and options[0] in _TASKS else "both" if export else None
    everything = prepare(dataset, options[1:] if options and options[0] in _TASKS else options, task)
    if dry_run:
        print_sbatch_lines(everything)
    else:
        queue_all(ctx, everything, local, as_json)
