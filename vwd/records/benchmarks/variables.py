"""What the environment says: variables of ours, and those that users of an older pipeline have set already."""

from __future__ import annotations

import os
from pathlib import Path

# Ours first.
_PREFIXES = ("VWD_", "VOVNET_")
_TOKENS = ("HF_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HUGGING_FACE_HUB_TOKEN", "VOVNET_HF_TOKEN")


def variable(name: str) -> str:
    """The value of `VWD_<name>`, else of its older alias; "" where neither is set."""
    return next((value for prefix in _PREFIXES if (value := os.environ.get(prefix + name, ""))), "")


def hub_override(dataset: str) -> str:
    """Another hub id, or a folder or file, for a dataset: `VWD_HF_DATASET_ID_<NAME>`, else that for all of them."""
    name = variable_name(dataset)
    return variable(f"HF_DATASET_ID_{name}") or variable("HF_DATASET_ID")


def local_override(dataset: str) -> str:
    """A file or folder with a dataset's rows: `VWD_<NAME>_PATH` or `VWD_<NAME>_ROOT`."""
    name = variable_name(dataset)
    return variable(f"{name}_PATH") or variable(f"{name}_ROOT")


def image_roots(dataset: str) -> tuple[Path, ...]:
    """The folders in which images are looked for by their names, in order.

    Those of `VWD_<NAME>_IMAGE_ROOT`, then of `VWD_IMAGE_ROOTS`, with `:` between them, then `VWD_IMAGE_ROOT`.
    """
    own = variable(f"{variable_name(dataset)}_IMAGE_ROOT")
    texts = [own, *variable("IMAGE_ROOTS").split(os.pathsep), variable("IMAGE_ROOT")]
    return tuple(dict.fromkeys(Path(text).expanduser() for text in texts if text.strip()))


def hub_token() -> str:
    """The user's token for the hub: from the environment, else as the hub's client has stored it; "" for none."""
    for name in _TOKENS:
        if value := os.environ.get(name, "").strip():
            return value
    from huggingface_hub import get_token

    return get_token() or ""


def variable_name(dataset: str) -> str:
    return dataset.upper().replace("-", "_")
