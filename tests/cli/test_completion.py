"""Shell completion for bash, zsh and fish."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Run, environment


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_calls_vwd_for_completions(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert f"_VWD_COMPLETE={shell}_complete" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_an_installed_shell_accepts_its_script(run: Run, tmp_path: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "completion"
    script.write_text(run("completion", shell).stdout, "utf-8")
    done = subprocess.run([shell, "-n", script], env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("vwd pa", "pack"), ("vwd pack gs", "gsm8k_chinese"), ("vwd pack gsm8k --enc", "--encoder"),
     ("vwd pack gsm8k --prompt-overflow sh", "shrink"), ("vwd download --dataset tiny", "tinystories")],
)  # fmt: skip
def test_words_are_completed(run: Run, typed: str, offered: str) -> None:
    words = str(len(typed.split()) - 1)
    done = run(_VWD_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=words)
    assert f"plain,{offered}" in done.stdout.splitlines()


def test_an_unknown_shell_is_refused_with_the_supported_ones(run: Run) -> None:
    done = run("completion", "tcsh", check=False)
    assert done.returncode == 2
    assert all(shell in done.stderr for shell in ("bash", "zsh", "fish"))
