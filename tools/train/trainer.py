"""The model, its moving average and the optimiser: one training step, and their state for checkpoints."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from config import Config
from data import Batch
from flow import add_noise, draw_noise, generate, seed_of, video_error
from model import VideoModel, encode_text
from ranks import Ranks
from torch import Tensor, nn

_WARM_UP_STEPS = 20
_LARGEST_GRADIENT = 1.0


class Trainer:
    """Trains a model on this rank."""

    def __init__(self, config: Config, ranks: Ranks) -> None:
        self.config, self.ranks = config, ranks
        torch.manual_seed(config.seed)  # every rank starts with the same model
        self.model = VideoModel(config.shape).to(ranks.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=config.learning_rate, betas=(0.9, 0.95))

    def step(self, number: int, batch: Batch) -> tuple[float, float]:
        """One training step; `number` counts from 0.

        Returns:
            This rank's loss, and the norm of the gradient, which is the same on every rank.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, number)
        # From the position in the epoch's order, so that each sample gets the same noise with any number of ranks.
        seeds = [seed_of(self.config.seed, batch.epoch, position) for position in batch.positions]
        video = as_signal(batch.video)
        noisy, time = add_noise(video, seeds, self.config.time_power)
        with precision(self.config.precision, self.ranks.device):
            prediction = self.model(noisy, time, self._text(batch.prompts))
        loss = video_error(prediction, video)
        self.optimizer.zero_grad()
        loss.backward()
        self.ranks.average_gradients(self.model)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), _LARGEST_GRADIENT)
        self.optimizer.step()
        self._move_average(number)
        return loss.item(), norm.item()

    def generate(self, number: int, prompts: list[str], steps: int) -> Tensor:
        """Videos from the averaged model: float [B, T, H, W], about -1 to 1."""
        seeds = [seed_of(self.config.seed, number, one) for one in range(len(prompts))]
        noise = torch.stack([draw_noise(seed, self.config.shape.video) for seed in seeds])
        with precision(self.config.precision, self.ranks.device):
            return generate(self.average, noise.to(self.ranks.device), self._text(prompts), steps)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the loader's state. Every rank must call this."""
        return {
            "settings": self.config.to_dict(),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.ranks.gather(_random_state(self.ranks.device)),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resumes from a checkpoint, which may be from another number of ranks.

        Raises:
            UsageError: it is from a run with other settings; the message lists them.
        """
        self.config.require_equal(state["settings"])
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        if len(state["random"]) == self.ranks.world:
            _set_random_state(state["random"][self.ranks.rank], self.ranks.device)

    def _text(self, prompts: list[str]) -> Tensor:
        return encode_text(prompts, self.config.shape.text_bytes).to(self.ranks.device)

    def _move_average(self, number: int) -> None:
        """Moves the average towards the model: quickly at first, later by the share that the settings name."""
        weight = 1 - min(self.config.average, (1 + number) / (10 + number))
        with torch.no_grad():
            for average, parameter in zip(self.average.parameters(), self.model.parameters(), strict=True):
                average.lerp_(parameter, weight)


def learning_rate(config: Config, number: int) -> float:
    """That of a step, counted from 0: rising in the first steps, then as it is, or falling to 0 as a cosine does."""
    rate = config.learning_rate * min(1.0, (number + 1) / _WARM_UP_STEPS)
    if config.decay_steps is None:
        return rate
    return rate * (1 + math.cos(math.pi * min(1.0, number / config.decay_steps))) / 2


def precision(name: str, device: torch.device) -> AbstractContextManager[Any]:
    """What the model computes in; its parameters stay float32."""
    wanted = name == "bfloat16" or (name == "auto" and device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16) if wanted else nullcontext()


def as_signal(video: Tensor) -> Tensor:
    """uint8 [B, T, 1, H, W] to float [B, T, H, W] from -1 (black) to 1 (white)."""
    return video[:, :, 0].float() / 127.5 - 1


def as_grey(signal: Tensor) -> Tensor:
    """The inverse of `as_signal` for one video: [T, H, W] to uint8 of the same shape, on the CPU."""
    return ((signal.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu()


def _random_state(device: torch.device) -> list[Tensor]:
    """The state of torch's generators: unused so far, but resuming stays exact if, say, dropout is added."""
    states: Sequence[Tensor] = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else [*states]


def _set_random_state(states: Sequence[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0].cpu())
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1].cpu(), device)
