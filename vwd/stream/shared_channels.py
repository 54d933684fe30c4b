"""Three equal channels that are one in memory, and stay so when they are pinned and moved."""

from __future__ import annotations

from typing import Any

import torch


class SharedChannels(torch.Tensor):  # type: ignore[misc]
    """A tensor with axes of stride 0. Whatever is computed from it is a plain tensor.

    torch copies such a tensor in full before it moves it, and cannot pin it at all. Here, what is in memory once is
    pinned or moved once, and repeated at its target.
    """

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def of(cls, tensor: torch.Tensor) -> torch.Tensor:
        """The same tensor, if it has axes of stride 0; others as they are."""
        shared = any(size > 1 and stride == 0 for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
        return tensor.as_subclass(cls) if shared else tensor

    def pin_memory(self, *device: Any) -> torch.Tensor:
        """The same in pinned memory."""
        return SharedChannels.of(thin(self).pin_memory().expand(self.shape))

    def to(self, *args: Any, **options: Any) -> torch.Tensor:
        """As `torch.Tensor.to`, with the channels still in one piece of memory."""
        return SharedChannels.of(thin(self).to(*args, **options).expand(self.shape))

    def cuda(self, *args: Any, **options: Any) -> torch.Tensor:
        """As `torch.Tensor.cuda`, likewise."""
        return SharedChannels.of(thin(self).cuda(*args, **options).expand(self.shape))

    def record_stream(self, stream: Any) -> None:
        """Keeps the memory until a CUDA stream has used it."""
        thin(self).record_stream(stream)


def thin(video: torch.Tensor) -> torch.Tensor:
    """A plain tensor, whose repeated axes (of stride 0) have the size 1."""
    plain = video.as_subclass(torch.Tensor)
    for axis, (size, stride) in enumerate(zip(plain.shape, plain.stride(), strict=True)):
        if size > 1 and stride == 0:
            plain = plain.narrow(axis, 0, 1)
    return plain
