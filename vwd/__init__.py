"""Text corpora as word-by-word videos, packed as WebDataset shards."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`__version__`, from the installed package's metadata: read only when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("vwd")
    raise AttributeError(f"module 'vwd' has no attribute '{name}'")
