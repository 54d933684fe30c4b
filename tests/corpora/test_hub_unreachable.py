"""Without the hub, `vwd pack` ends within a minute in two lines that say so and what to do instead."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import answering_hub, caches, closed_port, garbled_hub, silent_hub

WITHIN_SECONDS = 60


def complaint(run: Run, tmp_path: Path, endpoint: str, *args: str, **env: str) -> list[str]:
    """The lines on stderr of a run that ends with exit code 1 in time and without a traceback."""
    env = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": endpoint, **caches(tmp_path), **env}
    started = time.monotonic()
    done = run(*(args or ("pack", "gsm8k")), check=False, timeout=WITHIN_SECONDS + 3, **env)
    assert time.monotonic() - started < WITHIN_SECONDS
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "shards").exists()
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("Error: ")
    return lines


def assert_says_what_to_do(lines: list[str]) -> None:
    assert "'openai/gsm8k'" in lines[0]
    assert "hub" in lines[0]
    assert "'vwd download --dataset gsm8k'" in lines[1]
    assert "--rows FILE" in lines[1]
    assert "--rows builtin" in lines[1]


def test_a_hub_that_refuses_connections_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    assert_says_what_to_do(complaint(run, tmp_path, closed_port()))


def test_a_hub_that_never_answers_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    with silent_hub() as endpoint:
        assert_says_what_to_do(complaint(run, tmp_path, endpoint))


def test_a_hub_that_falls_silent_after_its_first_answer_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    with answering_hub(200, {"sha": "0" * 40}, answers=1) as (endpoint, _):
        assert_says_what_to_do(complaint(run, tmp_path, endpoint))


def test_streaming_from_a_hub_that_refuses_connections_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    assert_says_what_to_do(complaint(run, tmp_path, closed_port(), "pack", "gsm8k", "--streaming"))


def test_downloading_from_a_hub_that_refuses_connections_leaves_no_copy(run: Run, tmp_path: Path) -> None:
    lines = complaint(run, tmp_path, closed_port(), "download", "--dataset", "gsm8k")
    assert "'openai/gsm8k'" in lines[0]
    assert not (tmp_path / "data" / "gsm8k" / "dataset").exists()


def test_a_hub_switched_off_by_its_own_variable_is_not_asked(run: Run, tmp_path: Path) -> None:
    with answering_hub(200, {"sha": "0" * 40}) as (endpoint, asked):
        assert_says_what_to_do(complaint(run, tmp_path, endpoint, HF_HUB_OFFLINE="1"))
    assert asked == []


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (401, "Unauthorized"), (403, "Forbidden")])
def test_what_the_hub_refuses_is_said(run: Run, tmp_path: Path, status: int, reason: str) -> None:
    with answering_hub(status) as (endpoint, asked):
        lines = complaint(run, tmp_path, endpoint)
    assert f"{status} {reason}" in lines[0]
    assert "'openai/gsm8k'" in lines[0]
    assert "HF_TOKEN" in lines[1]
    assert "--rows builtin" in lines[1]
    assert asked == [("/api/datasets/openai/gsm8k", "")]


def test_the_hub_is_asked_with_the_users_token_and_for_the_users_dataset(run: Run, tmp_path: Path) -> None:
    with answering_hub(401) as (endpoint, asked):
        lines = complaint(run, tmp_path, endpoint, HF_TOKEN="hf_secret", VWD_HF_DATASET_ID_GSM8K="me/my-gsm8k")
    assert asked == [("/api/datasets/me/my-gsm8k", "Bearer hf_secret")]
    assert "'me/my-gsm8k'" in lines[0]
    assert "hf_secret" not in "".join(lines)


@pytest.mark.parametrize("body", ["please log in to this network", ["sha"], {}, None])
def test_an_answer_that_is_no_hubs_counts_as_out_of_reach(run: Run, tmp_path: Path, body: object) -> None:
    with answering_hub(200, body) as (endpoint, _):
        assert_says_what_to_do(complaint(run, tmp_path, endpoint))


def test_a_server_that_speaks_no_http_counts_as_out_of_reach(run: Run, tmp_path: Path) -> None:
    with garbled_hub() as endpoint:
        assert_says_what_to_do(complaint(run, tmp_path, endpoint))
