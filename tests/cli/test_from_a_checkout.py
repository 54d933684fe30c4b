"""`python -m vwd` works from a checkout, whose `vwd/` shadows an installed package that contains the fonts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import environment

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_packs_with_the_fonts_beside_the_package(tmp_path: Path) -> None:
    for name in ("vwd", "fonts"):
        (tmp_path / name).symlink_to(ROOT / name)
    arguments = ("pack", "gsm8k", "--rows", "builtin", "--num-samples", "2", "--num-workers", "1")
    done = subprocess.run(
        [sys.executable, "-m", "vwd", *arguments], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shards" / "gsm8k" / "gsm8k-000000.tar").is_file()


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    import vwd

    assert vwd.__version__ == version("vwd")
