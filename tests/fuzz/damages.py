"""Prints a hash of what each target's damage leaves, for one seed: run as a program."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "fuzz"


def digest(folder: Path) -> str:
    """Of the names and contents below a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(os.fsencode(path.relative_to(folder)))
        if path.is_file() and not path.is_symlink():
            found.update(path.read_bytes())
    return found.hexdigest()


def main(folder: Path) -> None:
    sys.path.insert(0, str(TOOLS))
    import base
    import rounds
    import run

    folder.mkdir()
    rounds.build_base(folder / "base")
    for name, target in run.TARGETS.items():
        copy = folder / "copy"
        shutil.copytree(folder / "base", copy, symlinks=True)
        base.enter(copy)
        target.damage(random.Random(f"7.{name}.0"))
        print(name, digest(copy))
        os.chdir(folder)
        shutil.rmtree(copy)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
