"""Data runs one way: a package imports only from those before it, no module imports itself through others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As in vwd/README.md. Packages on one line are siblings, which do not import each other.
LAYERS = (
    {"errors"},
    {"storage"},
    {"corpora"},
    {"text"},
    {"video"},
    {"shards"},
    {"index", "export", "stream"},
    {"inspect"},
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
    """The package's modules that a file imports, inside functions and for type checking, too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                both = f"{node.module}.{alias.name}"
                yield from (name for name in [both if both in known else node.module] if name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def test_every_module_belongs_to_a_layer() -> None:
    assert {name.split(".")[1] for name in modules() if "." in name} == set(LEVEL)


def test_no_package_imports_one_after_it_or_a_sibling() -> None:
    known = modules()
    against = [
        f"{name} imports {target}"
        for name, path in known.items()
        for target in imported(path, known)
        if "." in target and "." in name
        for here, there in [(name.split(".")[1], target.split(".")[1])]
        if here != there and LEVEL[there] >= LEVEL[here]
    ]
    assert against == []


def test_no_module_imports_itself_through_others() -> None:
    known = modules()
    graph = {name: {target for target in imported(path, known) if target != name} for name, path in known.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
