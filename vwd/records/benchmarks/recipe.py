"""A recipe: several benchmarks with their splits and limits, in one YAML file that is checked before all else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from vwd.errors import RowsError, UsageError
from vwd.limits import LARGEST_RECIPE, MOST_RECIPE_ENTRIES
from vwd.records.benchmarks.registry import find_benchmark
from vwd.records.benchmarks.splits import Wanted, canonical
from vwd.storage.regular import read_regular

Mode = Literal["fast_dev", "paper"]
MODES: tuple[Mode, ...] = ("fast_dev", "paper")

_Count = Annotated[int, msgspec.Meta(ge=1)]
_Ratio = Annotated[float, msgspec.Meta(gt=0, lt=1)]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]*\Z")]
_VALIDATION = "validation"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A benchmark of a recipe; what it does not say is as in the recipe.

    Attributes:
        splits: `train`, or `train=dev` to write train from the source's dev.
        modes: in which it is made; all by default.
        max_samples_by_split: for each split, by mode.
        val_from_train: whether `val` is a part of the source's train, of `val_ratio` of its rows.
        source: a file, a folder, an address or a hub id in place of the benchmark's own.
        merge: the file to train on that its train split is joined to.
    """

    name: str
    splits: Annotated[list[str], msgspec.Meta(min_length=1)]
    role: str = ""
    subset: str = ""
    modes: list[Mode] | None = None
    max_samples_by_split: dict[str, dict[Mode, _Count]] = {}
    download_images: bool | None = None
    streaming: bool = False
    val_from_train: bool = False
    val_ratio: _Ratio | None = None
    seed: int | None = None
    source: str = ""
    merge: _Name | None = None
    notes: str = ""

    @property
    def wanted(self) -> list[Wanted]:
        return [Wanted.parse(split) for split in self.splits]

    def limit(self, split: str, mode: Mode) -> int | None:
        """How many samples of a split are made; None for all."""
        return self.max_samples_by_split.get(split, {}).get(mode)

    def cut_from_train(self, split: str) -> bool:
        """Whether a split is one side of the source's train."""
        return self.val_from_train and canonical(split) in ("train", _VALIDATION)


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several benchmarks, and what holds for all of them."""

    datasets: Annotated[list[Entry], msgspec.Meta(min_length=1, max_length=MOST_RECIPE_ENTRIES)]
    mode: Mode = "fast_dev"
    output_root: str = "data/processed"
    download_images_default: bool = False
    schema_version: Literal["v1"] = "v1"
    seed: int = 42
    val_ratio_default: _Ratio = 0.03

    def entries(self, mode: Mode) -> list[Entry]:
        """Those that are made in a mode."""
        return [entry for entry in self.datasets if entry.modes is None or mode in entry.modes]


def load_recipe(path: Path) -> Recipe:
    """A recipe from its file.

    Raises:
        RowsError: it is missing, no YAML, or a field is unknown, missing or invalid; names it.
        UsageError: a benchmark is unknown, or two entries write the same file.
    """
    import yaml

    try:
        text = read_regular(path, LARGEST_RECIPE).decode("utf-8-sig")
        return parse_recipe(yaml.safe_load(text), path)
    except FileNotFoundError as error:
        raise RowsError(f"{path}: no such recipe", "Give the path of a YAML file.") from error
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise RowsError(f"{path}: not a recipe: {said}", "docs/records.md shows one.") from error


def parse_recipe(content: Any, path: Path) -> Recipe:
    """A recipe from parsed YAML. Raises as `load_recipe`."""
    try:
        recipe = msgspec.convert(content, Recipe)
    except msgspec.ValidationError as error:
        raise RowsError(f"{path}: not a recipe: {str(error).replace('`', '')}", "docs/records.md shows one.") from error
    for number, entry in enumerate(recipe.datasets, 1):
        find_benchmark(entry.name)
        names = [wanted.name for wanted in entry.wanted]
        if unknown := sorted(set(entry.max_samples_by_split) - set(names)):
            raise RowsError(
                f"{path}: entry {number} ({entry.name}) has a limit for '{unknown[0]}', which is none of its splits",
                f"Its splits are {', '.join(names)}.",
            )
    for mode in MODES:
        _check_files(recipe, mode, path)
    return recipe


def _check_files(recipe: Recipe, mode: Mode, path: Path) -> None:
    seen: dict[tuple[str, str], int] = {}
    chosen = recipe.entries(mode)
    for number, entry in enumerate(recipe.datasets, 1):
        for wanted in entry.wanted if entry in chosen else ():
            first = seen.setdefault((entry.name, wanted.name), number)
            if first != number or [one.name for one in entry.wanted].count(wanted.name) > 1:
                raise UsageError(
                    f"{path}: entries {first} and {number} both write split {wanted.name} of {entry.name} in {mode}",
                    "Leave out one of them, or give them different `modes`.",
                )
