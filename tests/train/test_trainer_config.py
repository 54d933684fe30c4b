"""The trainer's settings: YAML files, key=value and options, merged in this order."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, environment
from train.loop import PROGRAMS, run
from train.training import PROJECT

for package in ("torch", "av", "omegaconf"):
    pytest.importorskip(package, reason="pip install 'vwd[train]'")

PROGRAM = f"""
import sys, json
sys.path.insert(0, {str(PROGRAMS)!r})
from options import parse
from vwd.errors import VwdError
for line in json.load(sys.stdin):
    try:
        print(json.dumps(parse("", line).to_dict()))
    except VwdError as error:
        print(json.dumps([error.what, error.hint]))
"""


def parsed(folder: Path, *lines: list[str]) -> list[Any]:
    """The configuration of each command line, or the two lines of its error."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(lines), cwd=folder, env=environment(PYTHONPATH=str(PROJECT)),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_later_files_win_and_the_command_line_wins_over_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("steps: 100\ndim: 32\nlearning_rate: 1e-4\ndecay_steps: ${steps}\noutput: here\n")
    (tmp_path / "b.yaml").write_text("steps: 200\nsplit: train\n")
    two, base, overridden, last = parsed(
        tmp_path,
        ["--config", "a.yaml", "--config", "b.yaml", "--checkpoint", "run"],
        ["--checkpoint", "run", "--base", "a.yaml", "b.yaml", "steps=300"],
        ["OUT", "--checkpoint", "run", "--config", "a.yaml", "steps=300", "dim=64", "split=null"],
        ["--config", "b.yaml", "--config", "a.yaml", "dim=64", "--dim", "48", "--save-interval", "7", "checkpoint=x"],
    )
    wanted = {"output": "here", "steps": 200, "decay_steps": 200, "dim": 32, "learning_rate": 1e-4, "split": "train"}
    assert {name: two[name] for name in wanted} == wanted
    assert base == {**two, "steps": 300, "decay_steps": 300}
    assert [overridden[name] for name in ("output", "steps", "dim", "split")] == ["OUT", 300, 64, None]
    assert [last[name] for name in ("steps", "dim", "checkpoint_every", "checkpoint")] == [100, 48, 7, "x"]


def test_what_is_no_setting_is_refused_with_its_file_and_a_way_on(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("stepz: 100\n")
    (tmp_path / "b.yaml").write_text("steps: many\n")
    (tmp_path / "c.yaml").write_text("steps: [1\n")
    (tmp_path / "d.yaml").write_text("- steps\n")
    places = ["OUT", "--checkpoint", "run"]
    unknown, wrong, broken, no_keys, absent, patch, nothing = parsed(
        tmp_path,
        *([*places, "--config", f"{name}.yaml"] for name in "abcde"), [*places, "patch=8x8"], ["--checkpoint", "run"],
    )  # fmt: skip
    assert unknown[0] == "unknown settings in a.yaml: stepz"
    assert "steps" in unknown[1]
    assert wrong == ["steps: many in b.yaml is not a whole number of at least 1", "See --help."]
    assert broken[0].startswith("c.yaml: while parsing")
    assert no_keys[0] == "d.yaml is no file of settings"
    assert "e.yaml" in absent[0]
    assert patch[0] == "patch: 8x8 is not of the form 8x8x8"
    assert nothing[0].startswith("no output: ")


def test_the_shipped_files_of_settings_are_valid(tmp_path: Path) -> None:
    shipped = sorted((PROGRAMS / "configs").glob("*.yaml"))
    small, *others = sorted(shipped, key=lambda path: path.stem != "small")
    assert small.stem == "small"
    assert others
    lines = [["OUT", "--checkpoint", "run", "--config", str(small), "--config", str(other)] for other in others]
    for config in parsed(tmp_path, *lines):
        assert config["size"] == "48x160", config
        assert config["decay_steps"] in (config["steps"], None), config


def test_wandb_without_the_package_says_how_to_install_it(tmp_path: Path) -> None:
    program = f"""
import subprocess
import sys
sys.path.insert(0, {str(PROGRAMS)!r})
sys.modules["wandb"] = None
from config import make_config
from tracking import open_tracking
from vwd.errors import MissingExtraError
try:
    with open_tracking(make_config({{"output": "a", "checkpoint": "b", "wandb": "project"}}), True):
        pass
except MissingExtraError as error:
    print(error.what + "|" + error.hint)
"""
    done = run(tmp_path, "-c", program)
    assert done.stdout.strip() == "--wandb needs a package that is not installed|pip install 'vwd[wandb]'"
