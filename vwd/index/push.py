"""Uploading an output to the dataset hub: resumable, in many commits, as large folders need it."""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from typing import Any

from vwd.corpora.sources import hub_client
from vwd.corpora.sources.watched import SilentError, silence_hint, watched
from vwd.errors import HubError
from vwd.shards.paths import OutputPaths

# Not part of the dataset: unfinished files, the uploader's own notes, submissions to Slurm.
_IGNORED = (".tmp/*", ".cache/*", "slurm/*")


def push_to_hub(paths: OutputPaths, repository: str, private: bool = False) -> str:
    """Uploads shards, ledger and sidecars; the same call again resumes where the last one stopped.

    Some releases of the uploader keep notes on what is done in `.cache/` inside the dataset's folder.

    Returns:
        The repository's address.

    Raises:
        HubError: the hub is unreachable, or refuses.
    """
    hub_client.check_endpoint()
    from huggingface_hub import HfApi
    from huggingface_hub.utils import HfHubHTTPError

    hub = HfApi()
    # Older releases upload large folders by a method of its own; in newer ones the usual method does.
    upload: Any = getattr(hub, "upload_large_folder", hub.upload_folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _probe(repository)
            with watched(hub_client.hub_name()) as call:
                # Before the upload, whose workers would try again and again.
                address = call(
                    partial(hub.create_repo, repository, repo_type="dataset", private=private, exist_ok=True)
                )
                call(partial(upload, repo_id=repository, folder_path=paths.folder, repo_type="dataset",
                             ignore_patterns=list(_IGNORED)))  # fmt: skip
    except SilentError as silent:
        raise HubError(f"cannot upload to '{repository}': {silent}", f"{silence_hint()}: it resumes.") from silent
    # The bases are the errors of the HTTP client, which differs between releases; the uploader turns errors of its
    # storage into RuntimeError, and what it does not accept into ValueError.
    except (*HfHubHTTPError.__bases__, OSError, RuntimeError, ValueError) as error:
        raise HubError(
            f"cannot upload to '{repository}': {_reason(error)}",
            "Check the name (user/dataset) and that HF_TOKEN may write to it, and run it again: it resumes.",
        ) from error
    return str(address)


def _probe(repository: str) -> None:
    """Whether the hub answers at all: the uploader waits forever behind a firewall that drops packets.

    The uploader judges the answer. In offline mode the hub is not asked.
    """
    what = f"cannot upload to '{repository}'"
    if switch := hub_client.offline_switch():
        raise HubError(f"{what}: {switch} is set, so that the hub is not asked", f"Unset {switch}, and run it again.")
    if trouble := hub_client.first_trouble() or _trouble():
        raise HubError(f"{what}: {trouble}", "Check the network, its proxy and HF_ENDPOINT, and run it again.")


def _trouble() -> str:
    try:
        hub_client.ask(method="HEAD")
    except hub_client.UnreachableError as error:
        return str(error)
    except hub_client.RefusedError:
        pass  # it has answered
    return ""


def _reason(error: BaseException) -> str:
    """The first line of an error, and of its cause if it has one."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return f"{first}: {_reason(error.__cause__)}" if isinstance(error, RuntimeError) and error.__cause__ else first
