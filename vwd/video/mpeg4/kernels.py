"""Which kernel composes pictures: the native one, where the installation could build it, or Python. Same bytes."""

from __future__ import annotations

import os
from functools import cache
from types import ModuleType

from vwd.errors import UsageError
from vwd.native import compiled

NATIVE, PYTHON = "native", "python"
_VARIABLE = "VWD_KERNEL"
# Raised together with that of `native/_kernel.c`: a checkout may have a kernel from before its last update.
_INTERFACE = 3


def chosen_kernel() -> str:
    """Which kernel composes pictures: the native one, where there is one and VWD_KERNEL does not say "python".

    Raises:
        UsageError: VWD_KERNEL is something else, or is "native" and there is none.
    """
    wanted = os.environ.get(_VARIABLE, "")
    if wanted not in ("", NATIVE, PYTHON):
        raise UsageError(f"{_VARIABLE}={wanted}", f"Set it to {NATIVE} or {PYTHON}, or leave it out.")
    if wanted == NATIVE and not native_module():
        raise UsageError(
            f"{_VARIABLE}={wanted}, and vwd was installed without its native kernel",
            f"Install it again where a C compiler is, or leave out {_VARIABLE}: Python makes the same bytes.",
        )
    return NATIVE if native_module() and wanted != PYTHON else PYTHON


@cache
def native_module() -> ModuleType | None:
    """The compiled module; None where there is none, or one of another version."""
    return compiled("vwd.video.mpeg4._kernel", _INTERFACE)
