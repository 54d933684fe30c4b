"""What is optional."""

from __future__ import annotations

from vwd.errors import MissingExtraError


def need_torch() -> None:
    """Says what to install where torch is missing.

    Raises:
        MissingExtraError: it is.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training data (vwd.stream)", "torch") from error
