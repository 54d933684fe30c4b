"""`vwd recipe`: several benchmarks as one YAML file says."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.benchmark_options import benchmark_options
from vwd.cli.command import LocalPath, VwdCommand, echo, json_option, print_json
from vwd.cli.convert_parquet import UNDERSCORES
from vwd.cli.prepare import print_outcome


@click.command(cls=VwdCommand, context_settings=UNDERSCORES)
@click.argument("recipe", metavar="[RECIPE]", required=False, type=LocalPath())
@click.option("--mode", type=click.Choice(["fast_dev", "paper"]), help="Which limits hold.  [default: the recipe's]")
@click.option("--recipe", "given", type=LocalPath(), help="The same as RECIPE.  [default: none]")
@click.option(
    "--output-dir", "--output-root", type=LocalPath(file_okay=False),
    help="In place of the recipe's output_root.  [default: the recipe's]",
)  # fmt: skip
@click.option(
    "--download-images/--no-download-images",
    default=None,
    help="In place of what the recipe says.  [default: the recipe's]",
)
@benchmark_options
@json_option
@click.pass_context
def recipe(
    ctx: click.Context, recipe: Path | None, mode: str | None, given: Path | None, output_dir: Path | None,
    image_dir: Path | None, raw_root: Path, download_images: bool | None, export_parquet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the benchmarks of RECIPE. Without this YAML file, those of the recipe that comes with the package.

    One that fails is recorded in manifest.json with its reason, the others are made, and the exit code is 1.
    """
    from vwd.errors import UsageError
    from vwd.records.benchmarks.recipe import MODES, load_recipe
    from vwd.records.benchmarks.run import RunSettings, run_recipe

    if recipe and given and recipe != given:
        raise UsageError(f"RECIPE {recipe} and --recipe {given}", "Give either.")
    path = recipe or given or _default_recipe()
    loaded = load_recipe(path)
    chosen = next((one for one in MODES if one == mode), loaded.mode)
    settings = RunSettings(chosen, output_dir, image_dir, raw_root, export_parquet, download_images)
    outcomes, manifest = run_recipe(loaded, settings, lambda outcome: print_outcome(outcome, quiet=as_json))
    failed = [outcome for outcome in outcomes if outcome.error]
    if as_json:
        print_json({"manifest": str(manifest), "entries": [outcome.to_json() for outcome in outcomes]})
    else:
        echo(f"{manifest}: {len(outcomes) - len(failed)} made, {len(failed)} failed, mode {chosen}")
    if failed:
        ctx.exit(1)


def _default_recipe() -> Path:
    import vwd.records.benchmarks as package

    return Path(str(package.__file__)).parent / "default_recipe.yaml"
