"""Finding the packed datasets that a path means: a base folder, or one dataset's folder in it."""

from __future__ import annotations

from pathlib import Path

from vwd.errors import OutputError
from vwd.shards.ledger import numbered
from vwd.shards.location import is_remote
from vwd.shards.paths import OutputPaths
from vwd.shards.storage import exists, listing


def find_outputs(path: Path) -> list[OutputPaths]:
    """The datasets below `path`, by name; each has a `pack.json`, or at least tars.

    Raises:
        OutputError: there is none.
    """
    if _is_output(path):
        whole = path.resolve()
        return [OutputPaths(whole.parent, whole.name)]
    found = sorted(child for child in _children(path) if _is_output(child))
    if not found:
        raise OutputError(
            f"{path}: no packed dataset is here",
            "Pack one with 'vwd pack gsm8k', or give the folder that --out named.",
        )
    return [OutputPaths(path, child.name) for child in found]


def tar_numbers(paths: OutputPaths) -> list[int]:
    """The numbers of the tars that stand in a dataset's folder, in the ledger or not."""
    return numbered(paths.folder, paths.dataset, ".tar")


def _children(path: Path) -> list[Path]:
    if is_remote(path):
        return [path / name for name, size in listing(path).items() if size is None]
    return list(path.iterdir()) if path.is_dir() else []


def _is_output(path: Path) -> bool:
    if is_remote(path):
        # A bucket itself has no name that its tars could begin with.
        return bool(path.name) and (exists(path / "pack.json") or bool(numbered(path, path.name, ".tar")))
    return (path / "pack.json").is_file() or any(path.glob(f"{path.resolve().name}-*.tar"))
