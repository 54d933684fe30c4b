"""`vwd export`: shards to the folder that a trainer reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import Real, VwdCommand, echo, print_json, shards_option
from vwd.cli.export.common import Request, export_all, request_options, tasks_option

if TYPE_CHECKING:
    from vwd.export.writer import LayoutResult


def _layout_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from vwd.export.layouts import LAYOUTS

    return [name for name in LAYOUTS if name.startswith(incomplete)]


@click.command(cls=VwdCommand, name="export")
@request_options
@click.option(
    "--for", "layout", metavar="NAME", default="jsonl", show_default=True, shell_complete=_layout_names,
    help="The trainer's folder layout; --list shows them all.",
)  # fmt: skip
@tasks_option
@click.option(
    "--split", type=click.Choice(["train", "val"]),
    help="Only the samples of this split, as vwd.stream splits them.  [default: all]",
)  # fmt: skip
@click.option(
    "--val-fraction", type=Real(0, 1, min_open=True, max_open=True), default=0.05, show_default=True,
    help="With --split: about how much of all is for validation.",
)  # fmt: skip
@click.option(
    "--link", type=click.Choice(["hard", "symbolic", "copy"]), default="hard", show_default=True,
    help="How the layouts of one base folder share a dataset's videos.",
)  # fmt: skip
@shards_option
@click.option("--list", "list_only", is_flag=True, help="Only list the layouts.  [default: off]")
@click.pass_context
def layout(
    ctx: click.Context, /, request: Request, layout: str, tasks: tuple[str, ...], list_only: bool, **own: Any
) -> None:
    """Unpack OUT to the folder that a trainer reads: its videos, its lists or captions, its dataset file.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    Each task has a folder, <base>/<dataset>/<name>/<task>, and so has each split and slice; --task chooses whose
    prompt is the caption. Videos are written once, to <base>/<dataset>/video, and linked to from there.
    Running it twice changes nothing; after an interruption it resumes.
    """
    from vwd.export.layouts import find_layout
    from vwd.export.writer import export_layout
    from vwd.shards.ranges import load_ranges

    if list_only:
        _print_layouts(request.as_json)
        return

    def name_folders(result: LayoutResult) -> None:
        if not request.as_json:
            for folder in result.folders:
                echo(f"  {folder}")

    own["shards"] = load_ranges(own["shards"])
    options = request.options(tasks, **own)
    export_all(ctx, request, export_layout, remark=name_folders, layout=find_layout(layout), options=options)


def _print_layouts(as_json: bool) -> None:
    from vwd.export.layouts import LAYOUTS

    rows = [
        {
            "name": one.name,
            "reader": one.reader,
            "files": list(one.files),
            "columns": list(one.columns),
            "line_breaks": "spaces" if one.one_line else "kept",
        }
        for one in LAYOUTS.values()
    ]
    if as_json:
        print_json(rows)
        return
    cells = [("name", "read by", "line breaks", "files", "columns")]
    for row in rows:
        files, columns = ", ".join(row["files"]), ", ".join(row["columns"])
        cells.append((str(row["name"]), str(row["reader"]), str(row["line_breaks"]), files, columns))
    widths = [max(len(cell[column]) for cell in cells) for column in range(3)]
    for cell in cells:
        echo("  ".join([*(f"{text:{width}}" for text, width in zip(cell, widths, strict=False)), *cell[3:]]).rstrip())
