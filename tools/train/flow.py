"""Flow matching: the straight way from noise to a video, the error of a velocity, and walking the way."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn


def add_noise(video: Tensor, seeds: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy videos, their times, and the velocity that a model should answer with.

    At time t a video stands at (1 - t) noise + t video, and moves by video - noise (Lipman et al. 2023; Liu et al.
    2023). Each video draws from a seed of its own, on the CPU: what it draws depends neither on the others in the
    batch nor on the device.

    Args:
        video: float [B, T, H, W], about -1 to 1.
        seeds: one a video.

    Returns:
        float [B, T, H, W], [B] in [0, 1), and [B, T, H, W].
    """
    noises, times = [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        times.append(torch.rand((), generator=generator))
        noises.append(torch.randn(video.shape[1:], generator=generator))
    noise, time = torch.stack(noises).to(video.device), torch.stack(times).to(video.device)
    t = time[:, None, None, None]
    return (1 - t) * noise + t * video, time, video - noise


def velocity_error(answer: Tensor, velocity: Tensor) -> Tensor:
    """The loss: the mean square of their difference, over every sample of every frame."""
    return torch.mean((answer - velocity) ** 2)


def generate(model: nn.Module, noise: Tensor, text: Tensor, steps: int) -> Tensor:
    """Videos from noise, by Euler's method in steps of one length.

    Args:
        noise: float [B, T, H, W].
        text: int64 [B, bytes].
    """
    video = noise
    with torch.no_grad():
        for step in range(steps):
            time = torch.full((len(noise),), step / steps, device=noise.device)
            video = video + model(video, time, text) / steps
    return video


def seed_of(*numbers: int) -> int:
    """A seed from several numbers, such as a run's seed, a step and a place in its batch."""
    digest = hashlib.blake2b(",".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
