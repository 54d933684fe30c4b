"""What the hub answers, also when it refuses: each refusal says what to do, and a busy hub is asked again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from records.servers import REVISION, Served, serving

from vwd.errors import HubError
from vwd.records.benchmarks.hub import HubDataset, find_hub_dataset
from vwd.records.benchmarks.variables import hub_token

API, FILE = "/api/datasets/own/set", f"/datasets/own/set/resolve/{REVISION}/data/train-00000-of-00001.parquet"
TOKENS = ("HF_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HUGGING_FACE_HUB_TOKEN", "VOVNET_HF_TOKEN")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with serving() as served:
        served.add_dataset("own/set", {"data/train-00000-of-00001.parquet": b"PAR1 rows PAR1"}, asked="v1.0/é")
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        for name in TOKENS:
            monkeypatch.delenv(name, raising=False)
        yield served


def download(folder: Path, name: str = "own/set") -> HubDataset:
    found = find_hub_dataset(name, folder)
    found.local("data/train-00000-of-00001.parquet")
    return found


@pytest.mark.parametrize(
    ("path", "status", "code", "said", "hint"),
    [
        (API, 401, "RepoNotFound", "Invalid username or password.", "spelling"),
        (API, 404, "RepoNotFound", "Repository not found", "HF_TOKEN"),
        (API, 403, "DisabledRepo", "Access to this resource is disabled.", "source"),
        (FILE, 401, "GatedRepo", "Access to dataset own/set is restricted.", "Ask for access"),
        (FILE, 403, "GatedRepo", "you are not in the authorized list", "account that has it"),
        (FILE, 404, "EntryNotFound", "Entry not found", "name"),
        (FILE, 500, "", "", "later"),
    ],
)
def test_a_refusal_says_what_the_hub_says_and_what_to_do(
    hub: Served, tmp_path: Path, path: str, status: int, code: str, said: str, hint: str
) -> None:
    hub.refusals[path] = [(status, {"X-Error-Code": code, "X-Error-Message": said})]
    with pytest.raises(HubError) as refused:
        download(tmp_path)
    assert f"{status} {said}" in refused.value.what
    assert hint in refused.value.hint


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_is_asked_again_when_it_says(hub: Served, tmp_path: Path, status: int) -> None:
    hub.refusals = {API: [(status, {"Retry-After": "0"})] * 2, FILE: [(status, {"Retry-After": "0"})]}
    assert download(tmp_path).revision == REVISION
    assert [path for path, _, _ in hub.requests] == [API] * 3 + [FILE] * 2


def test_a_hub_that_is_busy_for_longer_than_we_wait_is_named(hub: Served, tmp_path: Path) -> None:
    hub.refusals[API] = [(429, {"Retry-After": "3600"})]
    with pytest.raises(HubError, match="429") as refused:
        download(tmp_path)
    assert "HF_TOKEN" in refused.value.hint
    assert len(hub.requests) == 1


def test_a_revision_is_asked_for_by_its_name_and_kept_by_its_commit(hub: Served, tmp_path: Path) -> None:
    found = download(tmp_path, "own/set@v1.0/é")
    assert (found.name, found.revision) == ("own/set", REVISION)
    assert hub.requests[0][0] == f"{API}/revision/v1.0/é"
    hub.refusals[f"{API}/revision/v2"] = [(404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev"})]
    with pytest.raises(HubError, match="404 Invalid rev") as refused:
        download(tmp_path, "own/set@v2")
    assert "revision" in refused.value.hint


@pytest.mark.parametrize("name", ["own/set@", "own/set@../x", "own/set@a b", "a/b/c", "@main"])
def test_what_is_no_id_is_never_asked_for(hub: Served, tmp_path: Path, name: str) -> None:
    with pytest.raises(HubError, match="id of a dataset"):
        download(tmp_path, name)
    assert hub.requests == []


@pytest.mark.parametrize("name", TOKENS)
def test_the_token_is_read_from_each_of_its_variables(
    monkeypatch: pytest.MonkeyPatch, hub: Served, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(name, " secret\n")
    download(tmp_path)
    assert {token for _, _, token in hub.requests} == {"Bearer secret"}


def test_the_first_of_several_tokens_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(TOKENS):
        monkeypatch.setenv(name, name.lower())
        assert hub_token() == name.lower()


def test_a_hub_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("vwd.records.benchmarks.download.patience", lambda: 1)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(HubError, match="silent for 1 seconds"):
            find_hub_dataset("own/set", tmp_path)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"sha": "../x", "siblings": []}', b'{"siblings": []}'])
def test_what_answers_like_no_hub_is_named(hub: Served, tmp_path: Path, answer: bytes) -> None:
    hub.files[API] = answer
    with pytest.raises(HubError, match="no hub") as refused:
        download(tmp_path)
    assert "HF_ENDPOINT" in refused.value.hint


def test_a_listed_path_never_leaves_its_folder(hub: Served, tmp_path: Path) -> None:
    hub.add_dataset("own/set", {"../../x.tsv": b"x", "/etc/x.tsv": b"x", "a/../x.tsv": b"x", "train.tsv": b"x"})
    assert set(find_hub_dataset("own/set", tmp_path).files) == {"train.tsv", ".gitattributes"}
