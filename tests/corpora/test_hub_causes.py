"""What is said about the hub is its true cause: the first failure, and never what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import HANG_SECONDS, Run, environment
from corpora.hubs import answering_hub, caches, closed_port, garbled_hub, silent_hub
from corpora.redirects import serving
from shards.packing import SMALL, assert_two_lines

from vwd.corpora.sources import hub_client

DOWNLOAD = ("download", "--dataset", "gsm8k")


def said(run: Run, tmp_path: Path, *args: str, **env: str) -> list[str]:
    """The two lines of a run that fails."""
    done = run(*(args or ("pack", "gsm8k")), check=False, **{"HF_HUB_OFFLINE": "0", **caches(tmp_path), **env})
    assert_two_lines(done)
    return list(done.stderr.splitlines())


def assert_cause(lines: list[str], endpoint: str, cause: str) -> None:
    assert f"the hub ({endpoint})" in lines[0]
    assert cause in lines[0].lower()
    assert "offline" not in "".join(lines).lower()


def test_a_name_that_does_not_resolve_is_the_cause(run: Run, tmp_path: Path) -> None:
    lines = said(run, tmp_path, HF_ENDPOINT="http://hub.invalid")
    assert_cause(lines, "http://hub.invalid", "name")


def test_a_refused_connection_is_the_cause(run: Run, tmp_path: Path) -> None:
    endpoint = closed_port()
    assert_cause(said(run, tmp_path, HF_ENDPOINT=endpoint), endpoint, "refused")


def test_silence_is_the_cause(run: Run, tmp_path: Path) -> None:
    with silent_hub() as endpoint:
        assert_cause(said(run, tmp_path, HF_ENDPOINT=endpoint), endpoint, "timed out")


def test_what_is_no_hub_is_the_cause(run: Run, tmp_path: Path) -> None:
    with garbled_hub() as endpoint:
        assert_cause(said(run, tmp_path, HF_ENDPOINT=endpoint), endpoint, "protocol")
    with answering_hub(200, "please log in to this network") as (endpoint, _):
        assert_cause(said(run, tmp_path, HF_ENDPOINT=endpoint), endpoint, "is no hub")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_hub_is_out_of_reach_and_its_status_is_said(run: Run, tmp_path: Path, status: int) -> None:
    with answering_hub(status) as (endpoint, _):
        assert_cause(said(run, tmp_path, HF_ENDPOINT=endpoint), endpoint, str(status))


def test_a_hub_that_was_reached_is_not_said_to_be_out_of_reach(run: Run, tmp_path: Path) -> None:
    with serving("127.0.0.1") as hub:
        lines = said(run, tmp_path, HF_ENDPOINT=hub.address)
    assert lines[0].startswith("Error: cannot load 'openai/gsm8k' from the hub: ")
    assert "HF_ENDPOINT" in lines[1]
    assert "internet" not in lines[1]


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"])
@pytest.mark.parametrize("args", [("pack", "gsm8k"), DOWNLOAD], ids=["pack", "download"])
def test_offline_mode_is_said_where_the_user_has_set_it(
    run: Run, tmp_path: Path, variable: str, args: tuple[str, ...]
) -> None:
    with answering_hub(200, {"sha": "0" * 40}) as (endpoint, asked):
        lines = said(run, tmp_path, *args, **{"HF_HUB_OFFLINE": "", variable: "1", "HF_ENDPOINT": endpoint})
    assert asked == []
    assert f"{variable} is set" in lines[0]
    assert lines[1].startswith(f"Unset {variable}")


def test_a_download_does_not_advise_a_download(run: Run, tmp_path: Path) -> None:
    for lines in (
        said(run, tmp_path, *DOWNLOAD, HF_ENDPOINT=closed_port()),
        said(run, tmp_path, *DOWNLOAD, HF_HUB_OFFLINE="1"),
    ):
        assert "vwd download" not in "".join(lines)
        assert "run it again where there is internet" in lines[1].lower()
        assert "'vwd pack' needs no hub with --rows FILE or builtin" in lines[1]
    with answering_hub(404) as (endpoint, _):
        lines = said(run, tmp_path, *DOWNLOAD, HF_ENDPOINT=endpoint)
    assert "VWD_HF_DATASET_ID_GSM8K" in lines[1]
    assert "vwd download" not in "".join(lines)


def test_the_second_look_in_one_process_says_what_the_first_one_found(tmp_path: Path) -> None:
    twice = (
        "from vwd.corpora.registry import find_corpus\n"
        "from vwd.corpora.sources.hub import load_hub\n"
        "from vwd.errors import HubError\n"
        "for name in ('gsm8k', 'tinystories'):\n"
        "    try:\n        load_hub(find_corpus(name))\n"
        "    except HubError as error:\n        print(error.what)\n"
    )
    with answering_hub(503) as (endpoint, asked):
        env = environment(**caches(tmp_path), HF_ENDPOINT=endpoint)
        done = subprocess.run(
            [sys.executable, "-c", twice], env={**env, "HF_HUB_OFFLINE": "0"}, timeout=HANG_SECONDS,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert len(asked) == 1
    first, second = done.stdout.splitlines()
    assert "503" in first
    assert second == first.replace("openai/gsm8k", "roneneldan/TinyStories")


@pytest.mark.parametrize("name", ["~nobody-of-this-name/rows", "no/such/folder", "me/a b", "x" * 300])
def test_a_name_that_is_neither_a_folder_nor_an_id_is_said(run: Run, tmp_path: Path, name: str) -> None:
    lines = said(run, tmp_path, HF_ENDPOINT=closed_port(), VWD_HF_DATASET_ID_GSM8K=name)
    assert f"'{name}' is no folder here" in lines[0]
    assert "VWD_HF_DATASET_ID_GSM8K" in lines[1]


@pytest.mark.parametrize("endpoint", ["hub.example.org", "http://[", "http://127.0.0.1:99999", "ftp://hub.example.org"])
def test_an_endpoint_that_is_no_address_is_said(run: Run, tmp_path: Path, endpoint: str) -> None:
    lines = said(run, tmp_path, HF_ENDPOINT=endpoint)
    assert "HF_ENDPOINT" in lines[0]
    assert "http://" in lines[1]


def test_no_secret_is_shown(run: Run, tmp_path: Path) -> None:
    port = closed_port().rpartition(":")[2]
    lines = said(run, tmp_path, HF_ENDPOINT=f"http://me:hidden@127.0.0.1:{port}")
    assert "hidden" not in "".join(lines)
    for token in ("hf_\x01hidden", "hf_hidden\u00fc"):
        lines = said(run, tmp_path, HF_ENDPOINT=closed_port(), HF_TOKEN=token)
        assert "HF_TOKEN" in lines[0]
        assert "hidden" not in "".join(lines)


def test_a_cache_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "train.jsonl").write_text('{"question": "Q?", "answer": "A.\\n#### 1"}\n', "utf-8")
    (tmp_path / "file").write_text("in the way", "utf-8")
    env = {**caches(tmp_path), "HF_DATASETS_CACHE": str(tmp_path / "file" / "datasets")}
    lines = said(run, tmp_path, VWD_HF_DATASET_ID_GSM8K=str(rows), **env)
    assert str(tmp_path / "file") in lines[0]
    assert "HF_HOME" in lines[1]


@pytest.fixture
def dripping_hub() -> Iterator[str]:
    """Sends a byte of its answer now and then, without end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not stopped:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)

        def log_message(self, *args: object) -> None:
            """Says nothing on stderr."""

    stopped: list[bool] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        stopped.append(True)
        server.shutdown()


def test_an_answer_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, dripping_hub: str) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", dripping_hub)
    monkeypatch.setattr(hub_client, "_ANSWER_SECONDS", 0.5)
    with pytest.raises(hub_client.UnreachableError, match=r"no complete answer within 0\.5 seconds"):
        hub_client.ask("api/datasets/me/mine")


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """The cache of `datasets` with one row of openai/gsm8k in it, as a download on a day with internet leaves it."""
    import datasets
    from datasets.arrow_writer import ArrowWriter

    folder = tmp_path / "hf" / "datasets" / "openai___gsm8k" / "main" / "0.0.0" / ("1" * 40)
    folder.mkdir(parents=True)
    rows = datasets.Dataset.from_dict({"question": ["How many?"], "answer": ["It is 4.\n#### 4"]})
    with ArrowWriter(path=str(folder / "gsm8k-train.arrow"), features=rows.features) as writer:
        writer.write_table(rows.data.table)
        _, size = writer.finalize()
    info = {
        "builder_name": "parquet", "dataset_name": "gsm8k", "config_name": "main", "features": rows.features.to_dict(),
        "version": {"version_str": "0.0.0", "major": 0, "minor": 0, "patch": 0},
        "splits": {"train": {"name": "train", "num_bytes": size, "num_examples": 1, "dataset_name": "gsm8k"}},
    }  # fmt: skip
    (folder / "dataset_info.json").write_text(json.dumps(info), "utf-8")
    return folder


def test_a_cached_dataset_is_packed_and_a_warning_says_why_the_hub_was_not_used(
    run: Run, tmp_path: Path, cached: Path
) -> None:
    env = {**caches(tmp_path), "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": closed_port()}
    done = run("pack", "gsm8k", *SMALL, "--num-workers", 1, "--json", **env)
    assert json.loads(done.stdout)["samples"] == 1
    assert "refused" in done.stderr
    assert "offline" not in done.stderr.lower()


def test_a_cache_without_the_rows_is_said_with_the_reason_why_it_was_needed(
    run: Run, tmp_path: Path, cached: Path
) -> None:
    cached.parents[1].rename(cached.parents[2] / "other")
    lines = said(run, tmp_path, HF_ENDPOINT=closed_port())
    assert "cache" in lines[0]
    assert "'main'" in lines[0]
    assert "refused" in lines[0]
