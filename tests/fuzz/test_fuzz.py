"""The fuzzers find nothing in a bounded run, would find what is planted, and damage alike for the same seed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from fuzz import faults

ROOT = Path(__file__).resolve().parents[2]


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


def fuzz(*options: object) -> subprocess.CompletedProcess[str]:
    return program(ROOT / "tools" / "fuzz" / "run.py", *options)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the fuzzer says of each planted fault."""
    done = program(faults.__file__, tmp_path_factory.mktemp("planted"))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: " | ".join(line["problems"]) for line in lines}


@pytest.mark.slow
def test_two_rounds_of_everything_find_nothing() -> None:
    done = fuzz("--rounds", 2, "--seed", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    name, rounds, problems = done.stdout.splitlines()[-1].split()
    assert (name, problems) == ("all", "0")
    assert int(rounds) >= 42


@pytest.mark.slow
def test_a_round_of_each_kind_of_file_finds_nothing() -> None:
    done = fuzz("--rounds", 1, "--targets", "entry,header,storyboard,mp4,rows,submission,parquet,benchmark,unified")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_without_a_fault_nothing_is_found(found: dict[str, str]) -> None:
    assert found["nothing"] == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("raises", "not foreseen"),
        ("writes", "outside/evil"),
        ("removes", "outside/canary"),
        ("connects", "socket.connect"),
        ("hangs", "faults.py"),
        ("grows", "MB"),
    ],
)
def test_a_planted_fault_is_found(found: dict[str, str], fault: str, says: str) -> None:
    assert says in found[fault]
    assert found[fault].startswith("vwd status")


@pytest.mark.slow
def test_a_problem_ends_with_exit_code_1_and_names_the_round(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / 'tools' / 'fuzz')!r})\n"
        "import run, vwd.shards.contract_file\n"
        "build = run.build_base\n"
        "def build_and_break(folder):\n"
        "    build(folder)\n"
        "    vwd.shards.contract_file.parse_contract = lambda data: {}['rows']\n"
        "if __name__ == '__main__':\n"
        "    run.build_base = build_and_break\n"
        "    sys.exit(run.main(['--targets', 'contract', '--seed', '7', '--first', '3', '--rounds', '1']))\n"
    )
    done = program(broken)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("contract, seed 7, round 3: vwd verify")


@pytest.mark.slow
def test_the_same_seed_and_round_damage_alike(tmp_path: Path) -> None:
    both = [program(ROOT / "tests" / "fuzz" / "damages.py", tmp_path / "work") for _ in range(2)]
    assert both[0].returncode == 0, both[0].stderr
    assert both[0].stdout == both[1].stdout
    assert len(set(both[0].stdout.splitlines())) > 10
