"""The aesthetic score of CLIP's picture embedding and a small linear head, in plain torch."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vwd.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import numpy as np

# Of CLIP's own training pictures.
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_HEAD_WIDTH = 64
CLIP_FILE, HEAD_FILE = Path("pretrained_models/ViT-L-14.pt"), Path("pretrained_models/aesthetic.pth")


class ClipLinear:
    """Scores pictures with local weight files: the picture half of CLIP, its embedding at unit length, linear layers.

    The shapes of both files say the sizes of the model: ViT-L/14 and 768-1024-128-64-16-1 as published. The head has
    no activations.
    """

    def __init__(self, clip: Path = CLIP_FILE, head: Path = HEAD_FILE, device: str | None = None) -> None:
        """Loads both.

        Args:
            device: by default a GPU where there is one: that of `LOCAL_RANK`.

        Raises:
            UsageError: a file is missing, or is something else; says what to put where.
            MissingExtraError: torch is not installed.
        """
        try:
            import torch
        except ImportError as error:
            raise MissingExtraError("the score of CLIP", "torch") from error
        self._torch, self._lock = torch, threading.Lock()
        self._device = torch.device(device or _default_device(torch))
        self._weights = {
            name.removeprefix("visual."): value.float().to(self._device)
            for name, value in _load(torch, clip, "CLIP's weights (ViT-L-14.pt by OpenAI, or open_clip's)").items()
            if name.startswith("visual.")
        }
        layers = _load(torch, head, "the head's weights (sac+logos+ava1-l14-linearMSE.pth)")
        numbers = sorted({int(found[1]) for name in layers if (found := re.fullmatch(r"layers\.(\d+)\.weight", name))})
        self._head = [
            (layers[f"layers.{n}.weight"].float().to(self._device), layers[f"layers.{n}.bias"].float().to(self._device))
            for n in numbers
        ]
        self._check(clip, head)

    def score(self, frames: Sequence[np.ndarray[Any, Any]]) -> list[float]:
        """A score for each frame: arrays (height, width, 3) of RGB bytes."""
        torch = self._torch
        pictures = torch.stack([torch.from_numpy(_prepared(frame, self._side)) for frame in frames])
        with self._lock, torch.inference_mode():
            embedding = self._embed(pictures.to(self._device))
            embedding = embedding / embedding.norm(dim=-1, keepdim=True)
            for weight, bias in self._head:
                embedding = torch.nn.functional.linear(embedding, weight, bias)
            scores: list[float] = embedding[:, 0].tolist()
        return scores

    def _embed(self, pictures: Any) -> Any:
        """Pictures (n, 3, side, side) to embeddings (n, width)."""
        torch, w = self._torch, self._weights
        x = torch.nn.functional.conv2d(pictures, w["conv1.weight"], stride=self._patch).flatten(2).transpose(1, 2)
        x = torch.cat([w["class_embedding"].expand(len(x), 1, -1), x], dim=1) + w["positional_embedding"]
        x = self._norm(x, "ln_pre")
        for number in range(self._blocks):
            name = f"transformer.resblocks.{number}"
            x = x + self._attend(self._norm(x, f"{name}.ln_1"), f"{name}.attn")
            hidden = self._linear(self._norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc")
            x = x + self._linear(hidden * torch.sigmoid(1.702 * hidden), f"{name}.mlp.c_proj")  # OpenAI's quick GELU
        return self._norm(x[:, 0], "ln_post") @ w["proj"]

    def _attend(self, x: Any, name: str) -> Any:
        torch, w = self._torch, self._weights
        count, length, width = x.shape
        heads = max(1, width // _HEAD_WIDTH)
        joined = torch.nn.functional.linear(x, w[f"{name}.in_proj_weight"], w[f"{name}.in_proj_bias"])
        query, key, value = joined.reshape(count, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        found = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        return self._linear(found.transpose(1, 2).reshape(count, length, width), f"{name}.out_proj")

    def _norm(self, x: Any, name: str) -> Any:
        w = self._weights
        return self._torch.nn.functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    def _linear(self, x: Any, name: str) -> Any:
        return self._torch.nn.functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _check(self, clip: Path, head: Path) -> None:
        w = self._weights
        if missing := {"conv1.weight", "class_embedding", "positional_embedding", "ln_post.weight", "proj"} - set(w):
            raise UsageError(
                f"{clip}: no picture half of CLIP: visual.{min(missing)} is missing", "Give OpenAI's ViT-L-14.pt."
            )
        self._patch = w["conv1.weight"].shape[-1]
        self._side = int(self._patch * (len(w["positional_embedding"]) - 1) ** 0.5)
        self._blocks = len({name.split(".")[2] for name in w if name.startswith("transformer.resblocks.")})
        widths = [weight.shape[1] for weight, _ in self._head]
        if not widths or widths[0] != w["proj"].shape[1] or self._head[-1][0].shape[0] != 1:
            raise UsageError(
                f"{head}: its layers take {widths[:1] or 'no'} values, and CLIP gives {w['proj'].shape[1]}",
                "Give the head that was trained with this CLIP.",
            )


def _default_device(torch: Any) -> str:
    import os

    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


def _load(torch: Any, path: Path, what: str) -> Mapping[str, Any]:
    """The tensors of a file, by name: a state dict, or OpenAI's TorchScript archive."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", f"Put {what} there, or give another path.")
    try:
        loaded = _loaded(torch, path)
    except Exception as error:  # what is no file of weights can make unpickling raise nearly everything
        raise UsageError(f"{path} cannot be loaded: {str(error)[:200]}", f"Put {what} there.") from error
    tensors: Mapping[str, Any] = loaded.get("state_dict", loaded) if isinstance(loaded, Mapping) else {}
    return {name.removeprefix("module."): value for name, value in tensors.items() if torch.is_tensor(value)}


def _loaded(torch: Any, path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except RuntimeError as error:
        if "TorchScript" not in str(error):
            raise
        return torch.jit.load(path, map_location="cpu").state_dict()


def _prepared(frame: np.ndarray[Any, Any], side: int) -> np.ndarray[Any, Any]:
    """As CLIP's pictures were: the shorter side scaled to `side`, the middle cut out, normalised: (3, side, side)."""
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(frame)
    scale = side / min(picture.size)
    width, height = (max(side, round(length * scale)) for length in picture.size)
    left, top = (width - side) // 2, (height - side) // 2
    picture = picture.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + side, top + side))
    values = np.asarray(picture, np.float32) / 255
    normal = (values - np.array(_MEAN, np.float32)) / np.array(_DEVIATION, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))
