"""Making what a recipe says: entry by entry; one that fails is recorded, and the others are made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vwd.errors import OutputError, VwdError
from vwd.records.benchmarks.manifest import Outcome, write_manifest
from vwd.records.benchmarks.merge import merge_splits
from vwd.records.benchmarks.prepare import PreparedSplit, PrepareSettings, prepare_split, split_path
from vwd.records.benchmarks.recipe import Entry, Mode, Recipe
from vwd.records.benchmarks.registry import find_benchmark
from vwd.records.benchmarks.sampling import Part
from vwd.records.benchmarks.source import find_source
from vwd.records.benchmarks.splits import Wanted, canonical


@dataclass(frozen=True)
class RunSettings:
    """Where a recipe is made.

    Attributes:
        output_dir: None for the recipe's `output_root`.
        image_dir: None for a folder beside it (see `image_folder`).
        raw_root: where sources are looked for, and downloaded to.
    """

    mode: Mode
    output_dir: Path | None = None
    image_dir: Path | None = None
    raw_root: Path = Path("data/raw")
    parquet: bool = False
    store_images: bool | None = None


def run_recipe(
    recipe: Recipe, settings: RunSettings, on_outcome: Callable[[Outcome], None] = lambda outcome: None
) -> tuple[list[Outcome], Path]:
    """Makes the entries of a mode, joins what is to be merged, and writes `manifest.json`.

    Args:
        on_outcome: called with each split that was made, or failed.

    Returns:
        What became of each split, and the manifest's path.

    Raises:
        OutputError: the output folder cannot be written.
    """
    folder = settings.output_dir or Path(recipe.output_root)
    outcomes: list[Outcome] = []

    def record(outcome: Outcome) -> None:
        outcomes.append(outcome)
        on_outcome(outcome)

    merges: dict[str, list[Outcome]] = {}
    for entry in recipe.entries(settings.mode):
        for outcome in _entry(entry, recipe, settings, folder):
            record(outcome)
            if entry.merge and outcome.split == "train":
                merges.setdefault(entry.merge, []).append(outcome)
    for name, parts in merges.items():
        record(_merged(name, parts, folder))
    digest = hashlib.sha256(msgspec.json.encode(recipe, order="deterministic")).hexdigest()
    path = write_manifest(folder, settings.mode, digest, outcomes)
    with suppress(OSError):
        (folder / ".tmp").rmdir()
    return outcomes, path


def image_folder(output_dir: Path) -> Path:
    """The folder of images for an output: `data/images` for `data/processed`, elsewhere `images` in it."""
    return output_dir.parent / "images" if output_dir.name == "processed" else output_dir / "images"


def _entry(entry: Entry, recipe: Recipe, settings: RunSettings, folder: Path) -> Iterator[Outcome]:
    for wanted in entry.wanted:
        made = _made_or_error(entry, wanted, recipe, settings, folder)
        if isinstance(made, PreparedSplit):
            yield Outcome(entry.name, wanted.name, entry.role, made)
        else:
            yield Outcome(entry.name, wanted.name, entry.role, error=made)


def _made_or_error(
    entry: Entry, wanted: Wanted, recipe: Recipe, settings: RunSettings, folder: Path
) -> PreparedSplit | VwdError:
    """A split, or why it cannot be made. A disk that fails is raised: the others would fail, too."""
    try:
        return _split(entry, wanted, recipe, settings, folder)
    except VwdError as error:
        if isinstance(error, OutputError) and isinstance(error.__cause__, OSError):
            raise
        return error


def _split(entry: Entry, wanted: Wanted, recipe: Recipe, settings: RunSettings, folder: Path) -> PreparedSplit:
    benchmark = find_benchmark(entry.name)
    source = find_source(benchmark, entry.subset, settings.raw_root, entry.source)
    images = recipe.download_images_default if entry.download_images is None else entry.download_images
    seed = recipe.seed if entry.seed is None else entry.seed
    chosen = PrepareSettings(
        output_dir=folder,
        image_dir=settings.image_dir or image_folder(folder),
        subset=entry.subset,
        store_images=images if settings.store_images is None else settings.store_images,
        max_samples=entry.limit(wanted.name, settings.mode),
        seed=seed,
        streaming=entry.streaming,
        parquet=settings.parquet,
    )
    if not entry.cut_from_train(wanted.name):
        return prepare_split(benchmark, source, wanted.name, chosen, wanted.source)
    ratio = recipe.val_ratio_default if entry.val_ratio is None else entry.val_ratio
    part = Part(canonical(wanted.name) != "train", ratio, seed)
    from_split = wanted.source if canonical(wanted.source) != "validation" else "train"
    return prepare_split(benchmark, source, wanted.name, chosen, from_split, part)


def _merged(name: str, parts: list[Outcome], folder: Path) -> Outcome:
    """The file to train on of several train splits; none of it where one of them failed."""
    try:
        if failed := [part.dataset for part in parts if part.error]:
            raise OutputError(f"{name}: not merged, since {', '.join(failed)} failed", "Mend that, and run again.")
        made = [part.made for part in parts if part.made]
        return Outcome(
            name, "train", "train", merge_splits(name, made, split_path(folder, name, "train"), folder / ".tmp")
        )
    except VwdError as error:
        return Outcome(name, "train", "train", error=error)
