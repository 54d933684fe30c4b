"""Encoders with either kernel, where there is a native one."""

from __future__ import annotations

import pytest

from vwd.video.mpeg4.encoder import VERSION, Mpeg4Encoder
from vwd.video.mpeg4.kernels import NATIVE, PYTHON, native_module

needs_native = pytest.mark.skipif(not native_module(), reason="vwd was installed without a C compiler")
KERNELS = [pytest.param(NATIVE, marks=needs_native), PYTHON]


def encoder_with(
    kernel: str,
    monkeypatch: pytest.MonkeyPatch,
    quality: int = 3,
    cache_bytes: int = 128_000_000,
    version: str = VERSION,
) -> Mpeg4Encoder:
    """A new encoder with this kernel."""
    with monkeypatch.context() as context:
        context.setenv("VWD_KERNEL", kernel)
        encoder = Mpeg4Encoder(quality, cache_bytes, version)
    assert encoder.kernel == kernel
    return encoder
