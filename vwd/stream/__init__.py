"""Packed outputs as training data: `ShardDataset` for a torch DataLoader, `ShardLoader` to stop and resume.

`open_shards` reads samples without torch.
"""

from vwd.stream.dataset import ShardDataset
from vwd.stream.frame_selection import Frames
from vwd.stream.loader import ShardLoader
from vwd.stream.samples import open_shards

__all__ = ["Frames", "ShardDataset", "ShardLoader", "open_shards"]
