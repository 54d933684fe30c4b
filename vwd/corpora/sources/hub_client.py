"""Asking the dataset hub whether it is there: one request by huggingface_hub's own client, in seconds.

That client leaves the token out where a redirect names another host, and knows the user's proxies and certificates.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from vwd.errors import HubError

# For each step: to connect, to send, to receive. A firewall that drops packets must not cost minutes.
_STEP_SECONDS = 6.0
# For the whole answer, since a name may have many addresses, and a server may send a byte now and then.
_ANSWER_SECONDS = 15.0
_SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
_ON = ("1", "ON", "YES", "TRUE")

# Why the hub could not be reached the first time in this process; from then on it is not asked again.
_troubles: list[str] = []


class UnreachableError(Exception):
    """Nothing answers, or not in time. The text says why, in one line."""


class RefusedError(Exception):
    """The hub answers with an error.

    Attributes:
        status: as HTTP has it, from 400.
    """

    def __init__(self, status: int) -> None:
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
        super().__init__(f"{status} {phrase}".strip())
        self.status = status


def check_endpoint() -> None:
    """Refuses an `HF_ENDPOINT` with which the hub's libraries cannot even be imported.

    Raises:
        HubError: it is no address.
    """
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise HubError(
            "HF_ENDPOINT is set to something else than an address",
            "Give one that begins with http:// or https://, or unset it.",
        )


def ask(path: str = "", method: str = "GET") -> bytes:
    """What the hub answers to one request with the user's token.

    Args:
        path: below the hub's address.

    Raises:
        UnreachableError: nothing answers in time.
        RefusedError: the answer is an error.
        HubError: the token cannot be one.
    """
    try:
        answer = _within(_ANSWER_SECONDS, partial(_request, method, path))
    except HubError:
        raise
    except Exception as error:  # each release of the client raises its own, of which some are no OSError
        raise UnreachableError(f"{hub_name()} cannot be reached: {one_line(error)}") from error
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        raise RefusedError(answer.status_code)
    return bytes(answer.content)


def _request(method: str, path: str) -> Any:
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import get_token_to_send

    # `build_hf_headers` would first ask the hub what programs it knows, to name one of them.
    token = get_token_to_send(None) or ""
    if not (token.isascii() and token.isprintable()):  # the client's own message would show it
        raise HubError(
            "HF_TOKEN, or the token that is stored for the hub, has characters that no token has",
            "Copy the token again from the hub's settings, or unset it where the dataset is public.",
        )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{constants.ENDPOINT.rstrip('/')}/{path}"
    return get_session().request(method, url, headers=headers, timeout=_STEP_SECONDS)


def hub_name() -> str:
    """The hub with its address, for messages."""
    from huggingface_hub import constants

    return f"the hub ({_without_password(constants.ENDPOINT)})"


def one_line(error: BaseException) -> str:
    """An error's type and the first line of what it says."""
    said = str(error).strip().splitlines()[:1]
    return _without_password(": ".join([type(error).__name__, *said])).rstrip(".")


def _without_password(text: str) -> str:
    from huggingface_hub import constants

    login, at, _ = constants.ENDPOINT.rpartition("//")[2].partition("/")[0].rpartition("@")
    return text.replace(login + at, "") if at else text


def offline_switch(also: bool = False) -> str:
    """The variable by which the user has switched the hub off; "" where it may be asked, or could not be reached.

    Args:
        also: another library has been switched off.
    """
    from huggingface_hub import constants

    if _troubles or not (constants.HF_HUB_OFFLINE or also):
        return ""
    return next((name for name in _SWITCHES if os.environ.get(name, "").upper() in _ON), _SWITCHES[0])


def first_trouble() -> str:
    """Why the hub could not be reached in this process; "" where it could."""
    return "".join(_troubles[:1])


def stay_offline(trouble: str) -> None:
    """The rest of this process does not ask the hub: each library would otherwise retry on its own."""
    import datasets
    from huggingface_hub import constants

    _troubles.append(trouble)
    constants.HF_HUB_OFFLINE = True
    datasets.config.HF_HUB_OFFLINE = True


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """What a call returns or raises. One that takes longer continues in its thread, and nobody waits for it."""
    ended: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            ended.put((call(), None))
        except Exception as error:  # raised below, where the caller is
            ended.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        result, error = ended.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no complete answer within {seconds:g} seconds") from None
    if error:
        raise error
    return result
