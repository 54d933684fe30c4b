"""`vwd meta scenes`: cuts in videos."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import Real, VwdCommand, json_option
from vwd.cli.meta.common import TABLE, report, workers_option


@click.command(cls=VwdCommand)
@click.argument("table", type=TABLE)
@click.option("--threshold", type=Real(), default=3.0, show_default=True, help="Of PySceneDetect's AdaptiveDetector.")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_timestamp.csv]")
@workers_option
@json_option
def scenes(table: Path, threshold: float, output: Path | None, workers: int | None, as_json: bool) -> None:
    """Find the cuts in the videos of TABLE for its new columns timestamp and scene_frames.

    Running it again after an interruption resumes.
    """
    find_scenes(table, threshold, output, workers, as_json)


def find_scenes(
    table: Path, threshold: float = 3.0, output: Path | None = None, workers: int | None = None, as_json: bool = False
) -> None:
    """Finds them, and tells how it went."""
    from vwd.cli.progress import Progress
    from vwd.meta.names import existing
    from vwd.meta.scenes import detect_scenes
    from vwd.meta.tables import open_table

    table = existing(table)
    with Progress("scenes", open_table(table).count, "videos") as bar:
        output, done = detect_scenes(table, output, threshold, workers, bar.add)
    report(table, output, done, as_json)
