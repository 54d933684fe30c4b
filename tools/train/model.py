"""A small video model: a transformer over patches of frames, told the time of the flow and the text's bytes."""

# mypy does not look into torch, so that it says the same where torch is absent; to it, nn.Module is Any.
# mypy: allow-subclassing-any

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

# Each patch spans this many frames, rows and columns.
PATCH = (4, 8, 8)


@dataclass(frozen=True)
class Shape:
    """What the model is made for.

    Attributes:
        frames, height, width: of a video; multiples of `PATCH`.
        text_bytes: of a prompt; longer ones are cut.
        dim: channels of a patch; a multiple of `heads`.
        depth: blocks.
    """

    frames: int
    height: int
    width: int
    text_bytes: int = 256
    dim: int = 128
    depth: int = 4
    heads: int = 4

    def __post_init__(self) -> None:
        for name, length, patch in zip(("frames", "height", "width"), self.video, PATCH, strict=True):
            if length < patch or length % patch:
                raise ValueError(f"{name} must be a multiple of {patch}, not {length}")
        if self.dim % (2 * self.heads):
            raise ValueError(f"dim must be a multiple of {2 * self.heads}, not {self.dim}")

    @property
    def video(self) -> tuple[int, int, int]:
        return self.frames, self.height, self.width

    @property
    def grid(self) -> tuple[int, int, int]:
        """Patches along time, height and width."""
        frames, height, width = (length // patch for length, patch in zip(self.video, PATCH, strict=True))
        return frames, height, width


class VideoModel(nn.Module):
    """The velocity of a noisy video, given the time of the flow and a text."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        dim, patch = shape.dim, math.prod(PATCH)
        self.patch_in = nn.Linear(patch, dim)
        self.places = nn.ParameterList([nn.Parameter(torch.randn(length, dim) * 0.02) for length in shape.grid])
        self.time = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())
        self.text = TextEncoder(shape)
        self.blocks = nn.ModuleList([Block(dim, shape.heads, with_text=True) for _ in range(shape.depth)])
        self.norm = nn.LayerNorm(dim)
        self.patch_out = nn.Linear(dim, patch)
        self.share = nn.Linear(dim, 1)
        # The first answer is "no motion": its error is the mean square of the velocity, whatever the seed.
        for last in (self.patch_out, self.share):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, video: Tensor, time: Tensor, text: Tensor) -> Tensor:
        """The velocity.

        Args:
            video: float [B, T, H, W], noisy.
            time: float [B], from 0 (noise) to 1 (video).
            text: int64 [B, bytes], see `encode_text`.

        Returns:
            float [B, T, H, W].
        """
        x = self.patch_in(self._cut(video)) + self._positions()
        when = self.time(_waves(time, self.shape.dim))
        words, known = self.text(text)
        for block in self.blocks:
            x = block(x, when, words, known)
        # Most of the velocity is the noise, seen in the video itself: a share of it, by the time, spares the blocks
        # from having to carry every pixel of it.
        return self._join(self.patch_out(self.norm(x))) + self.share(when)[:, :, None, None] * video

    def _positions(self) -> Tensor:
        time, rows, columns = self.places
        return (time[:, None, None] + rows[:, None] + columns).flatten(0, 2)

    def _cut(self, video: Tensor) -> Tensor:
        """[B, T, H, W] to [B, patches, samples of a patch]."""
        (t, h, w), (pt, ph, pw) = self.shape.grid, PATCH
        cut = video.view(-1, t, pt, h, ph, w, pw).permute(0, 1, 3, 5, 2, 4, 6)
        return cut.reshape(len(video), t * h * w, pt * ph * pw)

    def _join(self, patches: Tensor) -> Tensor:
        """The inverse of `_cut`."""
        (t, h, w), (pt, ph, pw) = self.shape.grid, PATCH
        cut = patches.view(-1, t, h, w, pt, ph, pw).permute(0, 1, 4, 2, 5, 3, 6)
        return cut.reshape(len(patches), *self.shape.video)


class TextEncoder(nn.Module):
    """Bytes to vectors that know of each other."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bytes = nn.Embedding(257, shape.dim)
        self.places = nn.Parameter(torch.randn(shape.text_bytes, shape.dim) * 0.02)
        self.block = Block(shape.dim, shape.heads, with_text=False)

    def forward(self, text: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [B, bytes, dim], and bool [B, 1, 1, bytes]: which of them are of the text."""
        known = (text != 0)[:, None, None, :]
        x = self.bytes(text) + self.places
        return self.block(x, None, x, known), known


class Block(nn.Module):
    """Attention to itself, attention to the text, and a layer for each place; scaled and shifted by the time."""

    def __init__(self, dim: int, heads: int, with_text: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(3 if with_text else 2)])
        self.attention = Attention(dim, heads)
        self.to_text = Attention(dim, heads) if with_text else None
        self.each = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.modulation = nn.Linear(dim, 4 * dim) if with_text else None

    def forward(self, x: Tensor, when: Tensor | None, words: Tensor, known: Tensor) -> Tensor:
        """[B, places, dim] to the same."""
        scale = shift = each_scale = each_shift = torch.zeros((), device=x.device)
        if self.modulation is not None:
            scale, shift, each_scale, each_shift = self.modulation(when)[:, None].chunk(4, dim=-1)
        own = self.norms[0](x) * (1 + scale) + shift
        x = x + self.attention(own, own, known if self.to_text is None else None)
        if self.to_text is not None:
            x = x + self.to_text(self.norms[2](x), words, known)
        return x + self.each(self.norms[1](x) * (1 + each_scale) + each_shift)


class Attention(nn.Module):
    """Attention of each place in `x` to all places in `other` that are known."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(dim, dim)
        self.offer = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, other: Tensor, known: Tensor | None) -> Tensor:
        queries, keys, values = (self._heads(part) for part in (self.ask(x), *self.offer(other).chunk(2, dim=-1)))
        found = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=known)
        return self.out(found.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def encode_text(prompts: list[str], length: int) -> Tensor:
    """UTF-8 bytes plus one, zeros behind them: int64 [B, length]. Always that long, whatever stands beside it."""
    rows = torch.zeros(len(prompts), length, dtype=torch.int64)
    for row, prompt in zip(rows, prompts, strict=True):
        data = (prompt.encode() or b" ")[:length]
        row[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8).long() + 1
    return rows


def parameter_count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _waves(time: Tensor, dim: int) -> Tensor:
    """Sines and cosines of a time in [0, 1]: [B] to [B, dim]."""
    rates = torch.exp(torch.arange(dim // 2, device=time.device) * (-math.log(10_000) / (dim // 2)))
    angles = 1000 * time[:, None] * rates
    return torch.cat((angles.cos(), angles.sin()), dim=-1)
