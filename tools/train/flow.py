"""Flow matching: the straight path from noise to a video, the loss, and generation along the path."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn


def add_noise(video: Tensor, seeds: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy videos, their times, and the velocity that a model should predict.

    At time t a video is (1 - t) noise + t video, and its velocity is video - noise (Lipman et al. 2023; Liu et al.
    2023). Time and noise are drawn on the CPU from each video's own seed, so that they depend neither on the rest of
    the batch nor on the device.

    Args:
        video: float [B, T, H, W], about -1 to 1.
        seeds: one per video.

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


def velocity_error(prediction: Tensor, velocity: Tensor) -> Tensor:
    """The loss: the mean squared error over every pixel of every frame."""
    return torch.mean((prediction - velocity) ** 2)


def generate(model: nn.Module, noise: Tensor, text: Tensor, steps: int) -> Tensor:
    """Videos from noise, by Euler's method with equal steps.

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
    """A seed from several numbers, such as a run's seed, an epoch and a position."""
    digest = hashlib.blake2b(",".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
