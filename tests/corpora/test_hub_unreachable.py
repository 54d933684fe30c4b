"""Without the hub, `vwd pack` ends within a minute with two lines that say why and what to do instead."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import answering_hub, caches, closed_port, garbled_hub, silent_hub

WITHIN_SECONDS = 120


def error_lines(run: Run, tmp_path: Path, endpoint: str, *args: str, **env: str) -> list[str]:
    """The two lines on stderr of a run that must fail in time, with exit code 1 and without a traceback."""
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


def assert_unreachable_with_alternatives(lines: list[str]) -> None:
    assert "'openai/gsm8k'" in lines[0]
    assert "hub" in lines[0]
    assert "'vwd download --dataset gsm8k'" in lines[1]
    assert "--rows FILE or builtin" in lines[1]


def test_a_hub_that_refuses_connections_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    assert_unreachable_with_alternatives(error_lines(run, tmp_path, closed_port()))


def test_a_hub_that_never_answers_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    with silent_hub() as endpoint:
        assert_unreachable_with_alternatives(error_lines(run, tmp_path, endpoint))


def test_a_hub_that_stops_answering_after_its_first_answer_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    with answering_hub(200, {"sha": "0" * 40}, answers=1) as (endpoint, _):
        assert_unreachable_with_alternatives(error_lines(run, tmp_path, endpoint))


def test_streaming_from_a_hub_that_refuses_connections_ends_in_two_lines(run: Run, tmp_path: Path) -> None:
    assert_unreachable_with_alternatives(error_lines(run, tmp_path, closed_port(), "pack", "gsm8k", "--streaming"))


def test_downloading_from_a_hub_that_refuses_connections_leaves_no_copy(run: Run, tmp_path: Path) -> None:
    lines = error_lines(run, tmp_path, closed_port(), "download", "--dataset", "gsm8k")
    assert "'openai/gsm8k'" in lines[0]
    assert not (tmp_path / "data" / "gsm8k" / "dataset").exists()


def test_no_request_is_sent_when_the_hub_s_own_variable_switches_it_off(run: Run, tmp_path: Path) -> None:
    with answering_hub(200, {"sha": "0" * 40}) as (endpoint, requests):
        assert_unreachable_with_alternatives(error_lines(run, tmp_path, endpoint, HF_HUB_OFFLINE="1"))
    assert requests == []


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (401, "Unauthorized"), (403, "Forbidden")])
def test_a_refusal_by_the_hub_is_reported(run: Run, tmp_path: Path, status: int, reason: str) -> None:
    with answering_hub(status) as (endpoint, requests):
        lines = error_lines(run, tmp_path, endpoint)
    assert f"{status} {reason}" in lines[0]
    assert "'openai/gsm8k'" in lines[0]
    assert "HF_TOKEN" in lines[1]
    assert "--rows FILE or builtin" in lines[1]
    assert requests == [("/api/datasets/openai/gsm8k", "")]


def test_the_request_has_the_user_s_token_and_names_the_user_s_dataset(run: Run, tmp_path: Path) -> None:
    with answering_hub(401) as (endpoint, requests):
        lines = error_lines(run, tmp_path, endpoint, HF_TOKEN="hf_secret", VWD_HF_DATASET_ID_GSM8K="me/my-gsm8k")
    assert requests == [("/api/datasets/me/my-gsm8k", "Bearer hf_secret")]
    assert "'me/my-gsm8k'" in lines[0]
    assert "hf_secret" not in "".join(lines)


@pytest.mark.parametrize("body", ["please log in to this network", ["sha"], {}, None])
def test_an_answer_that_is_not_from_a_hub_counts_as_unreachable(run: Run, tmp_path: Path, body: object) -> None:
    with answering_hub(200, body) as (endpoint, _):
        assert_unreachable_with_alternatives(error_lines(run, tmp_path, endpoint))


def test_a_server_that_does_not_speak_http_counts_as_unreachable(run: Run, tmp_path: Path) -> None:
    with garbled_hub() as endpoint:
        assert_unreachable_with_alternatives(error_lines(run, tmp_path, endpoint))
