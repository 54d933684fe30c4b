"""Modules in C, each beside the Python that does the same: where there was no compiler, they are not there."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def compiled(name: str, interface: int) -> ModuleType | None:
    """A compiled module by its dotted name.

    Args:
        interface: what the Python beside it was written for: a checkout may have one from before its last update.

    Returns:
        None where there is none, or one of another interface.
    """
    try:
        module = import_module(name)
    except ImportError:
        return None
    return module if interface == module.INTERFACE else None
