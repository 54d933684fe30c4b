"""The card says whose the rows are that were packed, and not those of a dataset of the same name."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Run
from shards.packing import copy_pack, forget_contract

from vwd.corpora.registry import CORPORA, find_corpus
from vwd.corpora.sources.open import open_rows
from vwd.index.provenance import provenance_of

pytest_plugins = ["index.outputs"]

REVISION = "0" * 40
# Small, with room for the longest of the first built-in rows.
ROOMY = ("--size", "160x120", "--font-size", "16", "--frames", "240")


def card_of(folder: Path) -> tuple[dict[str, Any], str]:
    """The YAML and the text of an output's card."""
    _, front, text = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return dict(yaml.safe_load(front)), text


def licence_section(text: str) -> str:
    return text.partition("## Licence\n\n")[2].strip()


def index_with_source(run: Run, folder: Path, source: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The card of an output that was packed from these rows."""
    path = folder / "pack.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "source": source}), "utf-8")
    forget_contract(folder)
    run("index", folder)
    return card_of(folder)


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


@pytest.mark.parametrize("name", ["gsm8k", "tinystories"])
def test_built_in_rows_are_ours_and_nobody_elses(run: Run, tmp_path: Path, name: str) -> None:
    run("pack", name, "--rows", "builtin", *ROOMY, "--num-samples", 2, "--num-workers", 1)
    front, text = card_of(tmp_path / "shards" / name)
    assert front["license"] == "mit"
    assert "built-in rows of vwd" in text
    assert CORPORA[name].hub_id not in text
    assert CORPORA[name].licence == "mit" or CORPORA[name].licence not in text
    assert "huggingface.co" not in text


@pytest.mark.parametrize("name", CORPORA)
def test_built_in_rows_are_known_by_their_content(name: str) -> None:
    identity = open_rows(find_corpus(name), "builtin").identity
    assert identity["kind"] == "file"  # as in the contracts of 0.1.0, which resume
    assert provenance_of(identity).licence == "mit"
    assert CORPORA[name].hub_id not in provenance_of(identity).terms


def test_a_copy_of_the_built_in_rows_is_known_too(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "mine.jsonl").open("wb") as copy:
        copy.write(files("vwd.corpora.builtin").joinpath("gsm8k.jsonl").read_bytes())
    own = ("--prompt-column", "question", "--answer-column", "answer", "--language", "en")
    run("pack", "mine", "--rows", "mine.jsonl", *own, *ROOMY, "--num-samples", 2, "--num-workers", 1)
    assert card_of(tmp_path / "shards" / "mine")[0]["license"] == "mit"


def test_rows_of_ones_own_have_their_own_licence_whatever_they_are_called(folder: Path) -> None:
    front, text = card_of(folder)
    assert folder.name == "gsm8k"
    assert "license" not in front
    assert licence_section(text) == "That of the rows it was made of."
    assert "openai" not in text


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "folder", "sha256": "1" * 64, "split": "train"},
        {"kind": "file", "sha256": "2" * 64},
        {"kind": "file"},
        {"kind": "something new", "id": "openai/gsm8k"},
        {},
    ],
)
def test_other_sources_claim_nothing(run: Run, folder: Path, source: dict[str, str]) -> None:
    front, text = index_with_source(run, folder, source)
    assert "license" not in front
    assert licence_section(text) == "That of the rows it was made of."


def test_rows_of_the_hub_have_the_licence_that_is_stated_there(run: Run, folder: Path) -> None:
    hub = {"kind": "hub", "id": "openai/gsm8k", "config": "main", "split": "train", "revision": REVISION}
    front, text = index_with_source(run, folder, hub)
    assert front["license"] == "mit"
    assert "[openai/gsm8k](https://huggingface.co/datasets/openai/gsm8k)" in licence_section(text)
    assert REVISION in text


def test_the_hub_s_id_decides_and_not_the_output_s_name(run: Run, folder: Path) -> None:
    front, text = index_with_source(run, folder, {"kind": "hub", "id": "roneneldan/TinyStories", "split": "train"})
    assert front["license"] == "cdla-sharing-1.0"
    assert "openai" not in text
    front, text = index_with_source(run, folder, {"kind": "hub", "id": "me/my-gsm8k", "split": "train"})
    assert "license" not in front
    assert "[me/my-gsm8k]" in licence_section(text)
    assert "openai" not in text


def test_terms_beyond_the_licence_are_said(run: Run, folder: Path) -> None:
    front, text = index_with_source(run, folder, {"kind": "hub", "id": "BelleGroup/school_math_0.25M"})
    assert front["license"] == "gpl-3.0"
    assert "its authors allow research only" in licence_section(text)


def test_a_card_with_a_false_claim_is_written_again(run: Run, folder: Path) -> None:
    path = folder / "README.md"
    right = path.read_bytes()
    path.write_bytes(right.replace(b"That of the rows it was made of.", b"The text is that of openai/gsm8k."))
    run("index", folder)
    assert path.read_bytes() == right


def test_an_output_of_built_in_rows_resumes(run: Run, tmp_path: Path) -> None:
    args = ("pack", "gsm8k", "--rows", "builtin", *ROOMY, "--num-samples", 4, "--shard-size", 2, "--num-workers", 1)
    run(*args)
    folder = tmp_path / "shards" / "gsm8k"
    contract, tar = folder / "pack.json", folder / "gsm8k-000001.tar"
    whole = tar.read_bytes()
    content = files("vwd.corpora.builtin").joinpath("gsm8k.jsonl").read_bytes()
    by_0_1_0 = {"kind": "file", "sha256": hashlib.sha256(content).hexdigest()}
    assert json.loads(contract.read_bytes())["source"] == by_0_1_0
    tar.unlink()
    run(*args)
    assert tar.read_bytes() == whole
