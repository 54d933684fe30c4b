"""Rows from the hub, from its cache, or from a folder that stands in for it, through `datasets`."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from vwd.corpora.registry import Corpus
from vwd.corpora.sources import hub_client
from vwd.corpora.sources.datasets_errors import cause_of, disk_error, heard_errors
from vwd.corpora.sources.hub_folder import find_folder, load_folder
from vwd.corpora.sources.hub_rows import DatasetRows, StreamRows, load_rows
from vwd.corpora.sources.watched import SilentError, silence_hint, watched
from vwd.errors import HubError

# A hub that is overloaded or under maintenance is unreachable; any other error is its answer.
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class _Found:
    """What the hub has of a dataset.

    Attributes:
        revision: its current commit; None where the hub's cache must do.
        trouble: why the cache must do.
        switch: the user's variable that says so.
    """

    revision: str | None = None
    trouble: str = ""
    switch: str = ""


def hub_id(corpus: Corpus) -> str:
    """The corpus's id on the hub, or its override."""
    return hub_override(corpus) or corpus.hub_id


def hub_override(corpus: Corpus) -> str:
    """Another hub id or a local folder, from the variable `VWD_HF_DATASET_ID_<CORPUS>`; "" where it is not set."""
    return os.environ.get(_variable(corpus), "")


def load_hub(corpus: Corpus, streaming: bool = False, downloading: bool = False) -> Any:
    """The corpus's split as a `datasets` object, and its identity.

    Args:
        downloading: to make the local copy, which is then no way out of a failure.

    Returns:
        DatasetRows, or StreamRows when streaming.

    Raises:
        HubError: the hub is unreachable and its cache does not have it, or it has no such dataset.
        RowsError: the folder that stands in for the hub cannot be read.
        OutputError: there is no space for the hub's cache, or no permission.
    """
    name = hub_id(corpus)
    if folder := find_folder(name):
        return load_folder(corpus, folder, streaming, _variable(corpus))
    hub_client.check_endpoint()
    _check_id(corpus, name)
    found = _look_up(corpus, name, downloading)
    own = name == corpus.hub_id
    config = corpus.config if own else None
    identity = {"kind": "hub", "id": name, "config": config or "default", "split": corpus.split}
    if found.revision:
        identity["revision"] = found.revision

    def load(config: str | None) -> DatasetRows | StreamRows:
        return load_rows(corpus, name, config, found.revision, identity, streaming)

    with heard_errors(found.trouble) as heard, watched(hub_client.hub_name()) as call:
        try:
            try:
                return call(partial(load, config))
            except ValueError as error:
                if own or not corpus.config or "Config name is missing" not in str(error):
                    raise
                # As a copy of the corpus's own dataset has it; where this one has not, the error names what there is.
                identity["config"] = corpus.config
                return call(partial(load, corpus.config))
        except SilentError as silent:
            what = f"cannot load '{name}': {silent}"
            raise HubError(what, f"{silence_hint()}{_other_rows(downloading)}") from silent
        except Exception as error:  # datasets, fsspec, pyarrow and the HTTP client raise their own
            what = _not_loaded(name, found, error, heard)
            raise disk_error(error) or HubError(what, _advice(corpus, found, downloading)) from error


def _look_up(corpus: Corpus, name: str, downloading: bool) -> _Found:
    """Asks the hub for a dataset's current commit, once; an unreachable hub is not asked again by this process."""
    import datasets

    if trouble := hub_client.first_trouble():
        return _Found(trouble=trouble)
    if switch := hub_client.offline_switch(datasets.config.HF_HUB_OFFLINE):
        return _Found(trouble=f"{switch} is set, so that the hub is not asked", switch=switch)
    try:
        return _Found(_revision(name))
    except hub_client.RefusedError as refused:
        if refused.status < HTTPStatus.INTERNAL_SERVER_ERROR and refused.status not in _BUSY:
            raise HubError(
                f"the hub says {refused} for the dataset '{name}'",
                f"Check the id ({_variable(corpus)}) and HF_TOKEN{_other_rows(downloading)}",
            ) from refused
        trouble = f"{hub_client.hub_name()} answers {refused}"
    except hub_client.UnreachableError as error:
        trouble = str(error)
    except (ValueError, KeyError, TypeError, RecursionError):
        trouble = f"what answers in place of {hub_client.hub_name()} is no hub"
    hub_client.stay_offline(trouble)
    return _Found(trouble=trouble)


def _revision(name: str) -> str:
    revision = json.loads(hub_client.ask(f"api/datasets/{name}"))["sha"]
    if not (isinstance(revision, str) and revision.isalnum()):
        raise ValueError("no commit")
    # Some firewalls let the hub's listing through, but not its files.
    with suppress(hub_client.RefusedError):  # a dataset without a README has been reached, too
        hub_client.ask(f"datasets/{name}/resolve/{revision}/README.md", "HEAD")
    return revision


def _not_loaded(name: str, found: _Found, error: Exception, heard: list[str]) -> str:
    cause = cause_of(error, heard)
    if not found.trouble:
        return f"cannot load '{name}' from the hub: {cause}"
    if isinstance(error, ConnectionError) or "offline" in cause.lower():  # what datasets says of any empty cache
        return f"cannot load '{name}': {found.trouble}, and its cache does not have it"
    return f"cannot load '{name}' from the hub's cache: {cause}; {found.trouble}"


def _advice(corpus: Corpus, found: _Found, downloading: bool) -> str:
    if not found.trouble:
        return f"Check the id ({_variable(corpus)}) and HF_ENDPOINT{_other_rows(downloading)}"
    split = f" --split {corpus.split}" if corpus.of else ""
    run = "run it again" if downloading else f"run 'vwd download --dataset {corpus.of or corpus.name}{split}'"
    first = f"unset {found.switch} and {run}" if found.switch else run
    return f"{first[0].upper()}{first[1:]} where there is internet{_other_rows(downloading)}"


def _other_rows(downloading: bool) -> str:
    """The end of a hint: rows that need no hub."""
    return (
        "; 'vwd pack' needs no hub with `rows` FILE or builtin." if downloading else ", or give `rows` FILE or builtin."
    )


def _variable(corpus: Corpus) -> str:
    return f"VWD_HF_DATASET_ID_{(corpus.of or corpus.name).upper().replace('-', '_')}"


def _check_id(corpus: Corpus, name: str) -> None:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise HubError(
            f"'{name}' is no folder here, and cannot be the id of a dataset on the hub",
            f"Check {_variable(corpus)}: a folder with rows, or an id such as {corpus.hub_id}.",
        ) from error
