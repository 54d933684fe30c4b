"""`vwd grade`: what videos that a model generated say, compared with what they should say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import LocalPath, OutputPath, VwdCommand, Workers, echo, json_option, print_json

if TYPE_CHECKING:
    from vwd.grade import Graded, Report


# Of wrong samples, and of files of no sample.
_SHOWN = 10


class _Against(OutputPath):
    """An output, or a file."""

    def __init__(self) -> None:
        super().__init__()
        self.file_okay = True


@click.command(cls=VwdCommand)
@click.argument("predictions", metavar="PRED", type=LocalPath(exists=True, file_okay=False))
@click.option(
    "--against",
    required=True,
    type=_Against(),
    help="What the videos should say: an output of 'vwd pack', or VideoThinkBench's questions.json.",
)
@click.option(
    "--task",
    type=click.Choice(["inference", "rendering"]),
    default="inference",
    show_default=True,
    help="Is the final answer right; or is the whole text there, in order and on time.",
)
@click.option(
    "--order",
    type=LocalPath(exists=True, dir_okay=False),
    help="For files like 000000.mp4: their prompts, one a line, a manifest.jsonl or a questions.json.  "
    "[default: files are named by key]",
)
@click.option(
    "--out",
    type=LocalPath(dir_okay=False),
    help="Write the report, as JSON, with each sample's verdict; 'vwd report --grade' shows it.  [default: none]",
)
@click.option(
    "--samples",
    type=LocalPath(dir_okay=False),
    help="Write a line of JSON for each sample.  [default: none]",
)
@click.option(
    "--export-videothinkbench",
    "benchmark",
    type=LocalPath(dir_okay=False),
    help="Write an evaluation_results.json of that benchmark's form.  [default: none]",
)
@click.option(
    "--num-workers",
    type=Workers(),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@json_option
def grade(
    predictions: Path, against: Path, task: Any, order: Path | None, out: Path | None, samples: Path | None,
    benchmark: Path | None, num_workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Read the videos in PRED, and compare them with what they should say.

    PRED holds .mp4, .webm or .gif files, or folders of PNG files, named by the samples' keys.
    """
    from vwd.cli.progress import Progress
    from vwd.grade import find_predictions, make_report, read_order
    from vwd.grade import grade as grade_all
    from vwd.grade.videothinkbench import evaluation_result
    from vwd.grade.write import lines_writer, list_writer, write_json
    from vwd.inspect.truths import load_truths
    from vwd.shards.cpus import default_workers

    truths = load_truths(against)
    found = find_predictions(predictions, truths, read_order(order, truths) if order else None)
    wrong: list[tuple[str, str]] = []
    verdicts: list[dict[str, Any]] = []  # without what was read, which is long
    with ExitStack() as files, Progress("grade", len(truths), "samples") as bar:
        add_sample = files.enter_context(lines_writer(samples)) if samples else None
        add_result = files.enter_context(list_writer(benchmark)) if benchmark else None

        def watched() -> Iterator[Graded]:
            for one in grade_all(truths, found, task, bar.add, num_workers or default_workers()):
                if samples and add_sample:
                    add_sample(one.to_json(samples.parent))
                if out:
                    verdicts.append(_without_text(one.to_json(out.parent)))
                if add_result:
                    add_result(evaluation_result(one))
                if not one.unjudged and not one.right:
                    wrong.append((one.truth.key, _difference(one)) if len(wrong) < _SHOWN else ("", ""))
                yield one

        report = make_report(task, watched(), found)
    if out:
        write_json(out, {**report.to_json(), "verdicts": verdicts})
    if as_json:
        print_json(report.to_json())
    else:
        _show(report, wrong)


def _without_text(verdict: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in verdict.items() if name != "text"}


def _show(report: Report, wrong: list[tuple[str, str]]) -> None:
    data = report.to_json()
    low, high = data["accuracy_interval"]
    what = "right answers" if report.task == "inference" else "exact videos"
    echo(f"{report.task}: {report.right:,} {what} of {report.n:,}: {report.accuracy:.1%} ({low:.1%} to {high:.1%})")
    low, high = data["accuracy_of_all_interval"]
    unjudged = ", ".join(f"{count:,} {name}" for name, count in report.unjudged.items() if count)
    echo(f"  of all {report.samples:,} samples: {data['accuracy_of_all']:.1%} ({low:.1%} to {high:.1%})")
    echo(f"  not judged: {unjudged or 'none'}; files of no sample: {len(report.foreign):,}")
    for name, (mean, (low, high)) in report.columns.items():
        echo(f"  {name:<14} {mean:8.4f}  ({low:.4f} to {high:.4f})")
    for name, count in report.counts.items():
        echo(f"  {name:<14} {count:8,}")
    for kind, parts in report.groups.items():
        for part, (n, right) in parts.items():
            echo(f"  {kind}: {part:<15} {right:,} of {n:,}")
    for key, difference in wrong[:_SHOWN]:
        echo(f"  {key}: {difference}")
    if len(wrong) > _SHOWN:
        echo(f"  and {len(wrong) - _SHOWN:,} more: --samples writes all")
    for name in report.foreign[:_SHOWN]:
        echo(f"  of no sample: {name}")
    if len(report.foreign) > _SHOWN:
        echo(f"  and {len(report.foreign) - _SHOWN:,} more: --out writes all")


def _difference(one: Graded) -> str:
    if one.inference:
        return f"expected {one.inference.expected}, found {one.inference.found or 'no answer'}"
    return "; ".join(one.rendering.differences) if one.rendering else ""
