"""Flow matching: the straight path from noise to a video, the loss, and generation along the path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def draw_noise(seed: int, shape: Sequence[int]) -> Tensor:
    """Where a video's path begins: float of this shape, drawn on the CPU."""
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed))


def add_noise(video: Tensor, seeds: list[int], power: float = 1.0) -> tuple[Tensor, Tensor]:
    """Noisy videos and their times.

    At time t a video is (1 - t) noise + t video (Lipman et al. 2023; Liu et al. 2023). Time and noise are drawn on the
    CPU from each video's own seed, so that they depend neither on the rest of the batch nor on the device.

    Args:
        video: float [B, T, H, W], about -1 to 1.
        seeds: one per video.
        power: of a uniform number, which is the time: above 1, more videos are nearly noise.

    Returns:
        float [B, T, H, W], and [B] in [0, 1).
    """
    noises, times = [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        times.append(torch.rand((), generator=generator) ** power)
        noises.append(torch.randn(video.shape[1:], generator=generator))
    noise, time = torch.stack(noises).to(video.device), torch.stack(times).to(video.device)
    t = time[:, None, None, None]
    return (1 - t) * noise + t * video, time


def video_error(prediction: Tensor, video: Tensor) -> Tensor:
    """The loss: the mean squared error over every pixel of every frame.

    The model predicts the video, not the velocity: what it has to find is then ink on paper, a few numbers, and not
    also the noise, which takes a wide model to carry through (Li and He 2025, "Back to basics").
    """
    return torch.mean((prediction.float() - video) ** 2)


def generate(model: nn.Module, noise: Tensor, text: Tensor, steps: int) -> Tensor:
    """Videos from noise, by Euler's method with equal steps.

    The velocity at time t is (predicted video - video) / (1 - t), so that the last step ends at the prediction.

    Args:
        noise: float [B, T, H, W].
        text: int64 [B, bytes].
    """
    video = noise
    with torch.no_grad():
        for step in range(steps):
            time = torch.full((len(noise),), step / steps, device=noise.device)
            video = video + (model(video, time, text).float() - video) / (steps - step)
    return video


def seed_of(*numbers: int) -> int:
    """A seed from several numbers, such as a run's seed, an epoch and a position."""
    digest = hashlib.blake2b(",".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
