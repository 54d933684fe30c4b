"""What the export verbs share: their options, the loop over datasets, and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vwd.cli.command import F, LocalPath, echo, json_option, output_argument, print_json

if TYPE_CHECKING:
    from vwd.export.folder import ExportResult
    from vwd.export.options import ExportOptions

R = TypeVar("R", bound="ExportResult")

_TASKS = ("inference", "rendering")


@dataclass(frozen=True)
class Request:
    """The options that every export verb has."""

    output: Path
    base_dir: Path
    start_idx: int
    num_samples: int | None
    check: bool
    as_json: bool

    def options(self, tasks: tuple[str, ...], **own: Any) -> ExportOptions:
        """What to take, for exports of videos."""
        from vwd.export.options import ExportOptions

        return ExportOptions(tasks, self.start_idx, self.num_samples, self.check, **own)


def request_options(command: F) -> F:
    """OUT, and the options of a `Request`, which the command gets as its first argument."""

    @wraps(command)
    def bundled(
        *args: Any, output: Path, base_dir: Path, start_idx: int, num_samples: int | None, check: bool, as_json: bool,
        **own: Any,
    ) -> Any:  # fmt: skip
        return command(*args, Request(output, base_dir, start_idx, num_samples, check, as_json), **own)

    for option in (
        json_option,
        click.option(
            "--check/--no-check", default=True, show_default=True,
            help="Compare each tar with the sha256 of the ledger; not needed right after 'vwd verify'.",
        ),
        click.option("--num-samples", type=click.IntRange(1), help="How many rows from there on.  [default: all]"),
        click.option("--start-idx", type=click.IntRange(0), default=0, show_default=True, help="First row."),
        click.option(
            "--base-dir", type=LocalPath(file_okay=False), default="export", show_default=True,
            help="Where the export goes, as <base>/<dataset>/…",
        ),
        output_argument,
    ):  # fmt: skip
        bundled = option(bundled)
    return bundled  # type: ignore[return-value]


def tasks_option(command: F) -> F:
    """`--task`, which the command gets as the names of the tasks."""
    return click.option(
        "--task", "tasks", type=click.Choice([*_TASKS, "both"]), default="both", show_default=True,
        callback=lambda ctx, param, task: _TASKS if task == "both" else (task,),
        help="inference: the question alone; rendering: the question and its answer.",
    )(command)  # fmt: skip


def export_all(
    ctx: click.Context,
    request: Request,
    export: Callable[..., R],
    unchanged: str = "videos",
    remark: Callable[[R], None] = lambda result: None,
    **own: Any,
) -> None:
    """Exports the datasets of OUT, one after another, and reports each.

    Exits with 1 where shards were left out, or nothing was exported.

    Args:
        export: called with paths, base_dir, on_sample, and `own`.
        unchanged: what existed already, such as "videos".
        remark: may add something about a result, on stderr.
    """
    from vwd.cli.progress import Progress
    from vwd.inspect.status import output_status
    from vwd.shards.ledger import REMOVE_IT
    from vwd.shards.paths import find_outputs

    results: list[R] = []
    for paths in find_outputs(request.output):
        total = output_status(paths).samples if paths.contract.is_file() else 0
        with Progress(f"{paths.dataset}: export", total, "samples") as bar:
            results.append(export(paths, request.base_dir, on_sample=bar.add, **own))
    if request.as_json:
        print_json([asdict(result) for result in results])
    for result in results:
        if not request.as_json:
            echo(
                f"{request.base_dir / result.dataset}: {result.samples:,} samples, {result.written:,} files written, "
                f"{result.unchanged:,} {unchanged} unchanged"
            )
        for shard in result.left_out:
            remedy = "" if REMOVE_IT in shard else "; run 'vwd pack' again to complete it"
            echo(f"left out: {shard}{remedy}", err=True)
        if not result.samples and not result.left_out:
            echo(f"{result.dataset}: there is no sample to export; 'vwd verify' says why", err=True)
        remark(result)
    if any(result.left_out or not result.samples for result in results):
        ctx.exit(1)
