"""Layers: a package imports only from those listed before it, and no modules import each other in a cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As in vwd/README.md. Packages on one line are siblings, which do not import each other.
LAYERS = (
    {"errors", "limits", "native"},
    {"storage"},
    {"corpora"},
    {"text"},
    {"video"},
    {"shards"},
    {"index", "export", "stream"},
    {"readback"},
    {"grade"},
    {"inspect", "preview"},
    {"meta", "records", "report"},
    {"packing"},
    {"slurm"},
    {"cli"},
    {"__main__"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    files = sorted((ROOT / "vwd").rglob("*.py"))
    return {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in files}


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the package that a file imports, including inside functions and for type checking."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                qualified = f"{node.module}.{alias.name}"
                yield from (name for name in [qualified if qualified in known else node.module] if name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def test_every_module_belongs_to_a_layer() -> None:
    assert {name.split(".")[1] for name in modules() if "." in name} == set(LEVEL)


def test_no_package_imports_a_later_one_or_a_sibling() -> None:
    known = modules()
    violations = [
        f"{name} imports {target}"
        for name, path in known.items()
        for target in imported(path, known)
        if "." in target and "." in name
        for importer, imported_from in [(name.split(".")[1], target.split(".")[1])]
        if importer != imported_from and LEVEL[imported_from] >= LEVEL[importer]
    ]
    assert violations == []


def test_there_are_no_import_cycles() -> None:
    known = modules()
    graph = {name: {target for target in imported(path, known) if target != name} for name, path in known.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle
