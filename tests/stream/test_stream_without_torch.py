"""Torch is an extra: everything except training data works without it."""

from __future__ import annotations

import subprocess
import sys

from conftest import HANG_SECONDS, environment

NO_TORCH = "import sys; sys.modules['torch'] = None\n"


def python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(PYTHONPATH=":".join(sys.path)),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_torch_the_import_works_and_the_classes_say_what_to_install() -> None:
    program = """
import vwd.stream
for kind in (vwd.stream.ShardDataset, vwd.stream.ShardLoader):
    try:
        kind("shards/gsm8k")
    except vwd.errors.MissingExtraError as error:
        print(error.hint)
"""
    assert python(NO_TORCH + "import vwd.errors\n" + program) == "pip install 'vwd[torch]'\npip install 'vwd[torch]'"


def test_nothing_else_needs_torch() -> None:
    modules = "vwd.cli.main, vwd.shards.pack, vwd.export.jsonl, vwd.inspect.verify"
    assert python(f"{NO_TORCH}import {modules}\nprint('fine')") == "fine"


def test_importing_the_package_does_not_load_torch() -> None:
    assert python("import sys, vwd.stream\nprint('torch' in sys.modules, 'av' in sys.modules)") == "False False"
