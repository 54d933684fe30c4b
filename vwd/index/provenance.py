"""Whose rows an output holds: their licence, and what the card says about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from vwd.corpora.registry import CORPORA

_OURS = "mit"


@dataclass(frozen=True)
class Provenance:
    """Where an output's rows are from.

    Attributes:
        licence: its identifier on the hub; "" where it is unknown.
        rows: what the rows are, as a phrase.
        terms: under what terms text and videos are, in sentences.
    """

    licence: str
    rows: str
    terms: str


def provenance_of(source: Mapping[str, str]) -> Provenance:
    """The provenance of the rows that were packed, whatever the output is called.

    Args:
        source: the rows' identity, from the contract.
    """
    identity = ", ".join(f"{name} {value}" for name, value in source.items())
    if _is_builtin(source):
        return Provenance(
            _OURS,
            f"the built-in rows of vwd ({identity})",
            "The text was written for vwd, and none of it is from a public dataset: its licence is `mit`. The videos "
            "are under the same terms.",
        )
    if source.get("kind") == "hub" and source.get("id"):
        return _of_hub(source["id"], identity)
    return Provenance("", identity, "That of the rows it was made of.")


def _of_hub(hub_id: str, identity: str) -> Provenance:
    page = f"[{hub_id}](https://huggingface.co/datasets/{hub_id})"
    same = "The videos are under the same terms."
    corpus = next((corpus for corpus in CORPORA.values() if corpus.hub_id == hub_id), None)
    if corpus is None:
        return Provenance("", identity, f"The text is that of {page}: its licence is the one stated there. {same}")
    known = f"its licence is `{corpus.licence}`" if corpus.licence else "its licence is not stated there"
    note = f"; {corpus.terms}" if corpus.terms else ""
    return Provenance(corpus.licence, identity, f"The text is that of {page}: {known}{note}. {same}")


def _is_builtin(source: Mapping[str, str]) -> bool:
    """Built-in rows look like any file's in the contract: their hash tells them."""
    shipped = (path for path in files("vwd.corpora.builtin").iterdir() if path.name.endswith(".jsonl"))
    return source.get("kind") == "file" and any(
        hashlib.sha256(path.read_bytes()).hexdigest() == source.get("sha256") for path in shipped
    )
