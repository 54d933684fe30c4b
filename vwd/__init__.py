"""Text corpora as word-by-word videos, packed as WebDataset shards."""

__version__ = "0.1.0"
