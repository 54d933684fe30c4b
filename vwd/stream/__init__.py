"""Packed outputs as training data: `ShardDataset` for a torch DataLoader, `ShardLoader` to stop and go on."""

from vwd.stream.dataset import ShardDataset
from vwd.stream.frames import Frames
from vwd.stream.loader import ShardLoader

__all__ = ["Frames", "ShardDataset", "ShardLoader"]
