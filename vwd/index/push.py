"""Uploading an output to the dataset hub: resumable, in many commits, as large folders need it."""

from __future__ import annotations

import contextlib
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from vwd.errors import HubError
from vwd.shards.paths import OutputPaths

# Not part of the dataset: unfinished files, the uploader's own notes, submissions to Slurm.
_IGNORED = (".tmp/*", ".cache/*", "slurm/*")
# The uploader waits forever for a hub that does not answer, such as behind a firewall that drops packets.
_PROBE_SECONDS = 6.0


def push_to_hub(paths: OutputPaths, repository: str, private: bool = False) -> str:
    """Uploads shards, ledger and sidecars; the same call again resumes where the last one stopped.

    Some releases of the uploader keep notes on what is done in `.cache/` inside the dataset's folder.

    Returns:
        The repository's address.

    Raises:
        HubError: the hub is unreachable, or refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    hub = HfApi()
    # Older releases upload large folders by a method of its own; in newer ones the usual method does.
    upload: Any = getattr(hub, "upload_large_folder", hub.upload_folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _probe()
            # Before the upload, whose workers would try again and again.
            address = hub.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
            upload(repo_id=repository, folder_path=paths.folder, repo_type="dataset", ignore_patterns=list(_IGNORED))
    # The bases are the errors of the HTTP client, which differs between releases; the uploader turns errors of its
    # storage into RuntimeError, and what it does not accept into ValueError.
    except (*HfHubHTTPError.__bases__, HTTPException, OSError, RuntimeError, ValueError) as error:
        raise HubError(
            f"cannot upload to '{repository}': {_reason(error)}",
            "Check the name (user/dataset) and that HF_TOKEN may write to it, and run it again: it resumes.",
        ) from error
    return str(address)


def _probe() -> None:
    """Whether the hub answers at all; the uploader judges the answer. In offline mode it is not asked."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return
    with contextlib.suppress(urllib.error.HTTPError):
        request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
        urllib.request.urlopen(request, timeout=_PROBE_SECONDS).close()


def _reason(error: BaseException) -> str:
    """The first line of an error, and of its cause if it has one."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return f"{first}: {_reason(error.__cause__)}" if isinstance(error, RuntimeError) and error.__cause__ else first
