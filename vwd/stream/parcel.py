"""How a batch travels from a worker to the training process: what is small, in one piece, inside the message.

A tensor travels as a file in shared memory, whose descriptor is handed over through a socket: about 0.3 ms of CPU for
each, whatever its size. For less than a megabyte, copying through the pipe costs less.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from vwd.stream.pages import Pages

# Bytes of a tensor above which shared memory is the cheaper way.
_SMALL = 1 << 20
_ALIGNED = 16


class _Place(NamedTuple):
    """Where in the message a tensor is, and its form."""

    offset: int
    dtype: torch.dtype
    shape: tuple[int, ...]


class Parcel(dict[str, Any]):
    """A batch in a worker, which becomes a plain dict where it arrives."""

    def __reduce__(self) -> tuple[Any, ...]:
        pieces: list[bytes] = []
        contents = {name: _packed(value, pieces) for name, value in self.items()}
        return _opened, (contents, b"".join(pieces))


def _packed(value: Any, pieces: list[bytes]) -> Any:
    """A value whose tensors are replaced by their places, if they are small."""
    if isinstance(value, dict):
        return {name: _packed(own, pieces) for name, own in value.items()}
    if isinstance(value, Pages):
        return Pages(_packed(value.memory, pieces), value.tables, value.form, value.samples, value.single)
    # A subclass has a form of its own.
    if type(value) is not torch.Tensor or value.device.type != "cpu" or value.nbytes > _SMALL or not value.nbytes:
        return value
    offset = sum(map(len, pieces))
    data = value.detach().reshape(-1).view(torch.uint8).numpy().tobytes()  # numpy has no bfloat16
    pieces += [data, bytes(-len(data) % _ALIGNED)]
    return _Place(offset, value.dtype, tuple(value.shape))


def _opened(contents: dict[str, Any], data: bytes) -> dict[str, Any]:
    memory = bytearray(data)
    return {name: _unpacked(value, memory) for name, value in contents.items()}


def _unpacked(value: Any, memory: bytearray) -> Any:
    if isinstance(value, _Place):
        count = 1
        for side in value.shape:
            count *= side
        return torch.frombuffer(memory, dtype=value.dtype, count=count, offset=value.offset).view(value.shape)
    if isinstance(value, dict):
        return {name: _unpacked(own, memory) for name, own in value.items()}
    if isinstance(value, Pages):
        value.memory = _unpacked(value.memory, memory)
    return value
