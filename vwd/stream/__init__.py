"""Packed outputs as training data: `ShardDataset` for a torch DataLoader, `ShardLoader` to stop and resume.

`prefetch` draws batches on a device, one ahead of the training loop. `open_shards` reads samples without torch.
"""

from vwd.stream.augment import Augment
from vwd.stream.dataset import ShardDataset
from vwd.stream.frame_selection import Frames
from vwd.stream.loader import ShardLoader
from vwd.stream.pages import Pages
from vwd.stream.prefetching import prefetch
from vwd.stream.samples import open_shards

__all__ = ["Augment", "Frames", "Pages", "ShardDataset", "ShardLoader", "open_shards", "prefetch"]
