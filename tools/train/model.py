"""A small video model: a transformer over patches of frames, conditioned on the flow's time and the text's bytes."""

# mypy skips torch, so that its result does not depend on torch being installed; nn.Module is then Any.
# mypy: allow-subclassing-any

from __future__ import annotations

import math

import torch
from shape import Shape
from torch import Tensor, nn
from torch.nn import functional


class VideoModel(nn.Module):
    """The video in a noisy video, given the time of the flow and a text."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        dim, patch = shape.dim, math.prod(shape.patch)
        self.patch_in = nn.Linear(patch, dim)
        self.places = nn.ParameterList([nn.Parameter(torch.randn(length, dim) * 0.5) for length in shape.grid])
        self.time = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())
        self.text = TextEncoder(shape)
        self.blocks = nn.ModuleList([Block(dim, shape.heads, with_text=True) for _ in range(shape.depth)])
        self.norm = nn.LayerNorm(dim)
        self.patch_out = nn.Linear(dim, patch)
        # The first prediction is white paper, which most of every video is.
        nn.init.zeros_(self.patch_out.weight)
        nn.init.ones_(self.patch_out.bias)

    def forward(self, video: Tensor, time: Tensor, text: Tensor) -> Tensor:
        """The video without noise.

        Args:
            video: float [B, T, H, W], noisy.
            time: float [B], from 0 (noise) to 1 (video).
            text: int64 [B, bytes], see `encode_text`.

        Returns:
            float [B, T, H, W].
        """
        x = self.patch_in(self._to_patches(video)) + self._positions()
        condition = self.time(_waves(time, self.shape.dim))
        words, is_text = self.text(text)
        for block in self.blocks:
            x = block(x, condition, words, is_text)
        return self._from_patches(self.patch_out(self.norm(x)))

    def _positions(self) -> Tensor:
        time, rows, columns = self.places
        return (time[:, None, None] + rows[:, None] + columns).flatten(0, 2)

    def _to_patches(self, video: Tensor) -> Tensor:
        """[B, T, H, W] to [B, patches, pixels of a patch]."""
        (t, h, w), (pt, ph, pw) = self.shape.grid, self.shape.patch
        split = video.view(-1, t, pt, h, ph, w, pw).permute(0, 1, 3, 5, 2, 4, 6)
        return split.reshape(len(video), t * h * w, pt * ph * pw)

    def _from_patches(self, patches: Tensor) -> Tensor:
        """The inverse of `_to_patches`."""
        (t, h, w), (pt, ph, pw) = self.shape.grid, self.shape.patch
        split = patches.view(-1, t, h, w, pt, ph, pw).permute(0, 1, 4, 2, 5, 3, 6)
        return split.reshape(len(patches), *self.shape.video)


class TextEncoder(nn.Module):
    """Turns bytes into vectors that have attended to each other."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bytes = nn.Embedding(257, shape.dim)
        self.places = nn.Parameter(torch.randn(shape.text_bytes, shape.dim))
        self.block = Block(shape.dim, shape.heads, with_text=False)

    def forward(self, text: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [B, bytes, dim], and bool [B, 1, 1, bytes]: which of them are text, not padding."""
        is_text = (text != 0)[:, None, None, :]
        x = self.bytes(text) + self.places
        return self.block(x, None, x, is_text), is_text


class Block(nn.Module):
    """Self-attention, attention to the text, and a feed-forward layer; scaled and shifted by the time."""

    def __init__(self, dim: int, heads: int, with_text: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(3 if with_text else 2)])
        self.attention = Attention(dim, heads)
        self.to_text = Attention(dim, heads) if with_text else None
        self.each = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.modulation = nn.Linear(dim, 4 * dim) if with_text else None

    def forward(self, x: Tensor, condition: Tensor | None, words: Tensor, is_text: Tensor) -> Tensor:
        """[B, positions, dim] to the same shape."""
        scale = shift = each_scale = each_shift = torch.zeros((), device=x.device)
        if self.modulation is not None:
            scale, shift, each_scale, each_shift = self.modulation(condition)[:, None].chunk(4, dim=-1)
        normed = self.norms[0](x) * (1 + scale) + shift
        x = x + self.attention(normed, normed, is_text if self.to_text is None else None)
        if self.to_text is not None:
            x = x + self.to_text(self.norms[2](x), words, is_text)
        return x + self.each(self.norms[1](x) * (1 + each_scale) + each_shift)


class Attention(nn.Module):
    """Attention from each position in `x` to those positions in `other` that are text."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(dim, dim)
        self.offer = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, other: Tensor, is_text: Tensor | None) -> Tensor:
        queries, keys, values = (self._heads(part) for part in (self.ask(x), *self.offer(other).chunk(2, dim=-1)))
        attended = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=is_text)
        return self.out(attended.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def encode_text(prompts: list[str], length: int) -> Tensor:
    """UTF-8 bytes plus one, padded with zeros: int64 [B, length], whatever the other prompts in the batch."""
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
