"""`python -m tools.datasets.datautil TABLES …`: as `vwd meta info`, `merge`, `filter` and `clean`, in one pass."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.common import transform_tables
from vwd.meta.transform import Steps


@click.command(cls=VwdCommand)
@click.argument("tables", nargs=-1, required=True)
@click.option("--output", type=click.Path(path_type=Path), help="The table.  [default: beside the first, by the steps]")
@click.option("--info", is_flag=True, help="Measure the videos.")
@click.option("--check", is_flag=True, help="And decode them to count their frames.")
@click.option("--fmin", type=click.IntRange(0), help="Drop videos of fewer frames.")
@click.option("--aesmin", type=float, help="Drop videos of a lower score.")
@click.option("--refine-llm-caption", "refine", is_flag=True, help='Cut "The video shows" and the like.')
@click.option("--clean-caption", "clean", is_flag=True, help="Clean captions; Chinese and numbers stay.")
@click.option("--t5", is_flag=True, help="With --clean-caption: by the rules of T5 models.")
@click.option("--remove-empty-caption", "remove_empty", is_flag=True, help="Drop rows without a caption.")
@click.option("--num-workers", "workers", type=click.IntRange(1), help="Threads.")
def main(tables: tuple[str, ...], output: Path | None, workers: int | None, **steps: bool) -> None:
    """Merge TABLES, do the steps, and write one table."""
    transform_tables(tables, Steps(**steps), output, workers)


if __name__ == "__main__":
    main()
