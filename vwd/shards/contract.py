"""`pack.json`, the contract of an output folder: what its shards are made of and by what settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.rows import Rows
from vwd.errors import ContractError, OutputError
from vwd.shards.files import create_once, json_bytes
from vwd.shards.members import member_endings
from vwd.shards.paths import OutputPaths
from vwd.shards.reaching import reaching
from vwd.shards.storage import exists
from vwd.text.spec import StoryboardSpec
from vwd.video.fonts import font_hashes, freetype_version
from vwd.video.spec import VideoSpec

FORMAT = 2

# What readers of an output ask of its contract.
_NEEDED = {"rows", "shard_size", "shuffle_seed", "members", "video"}
# What a shard's bytes depend on beside our own code. The encoder names its own library.
_LIBRARIES = ("ftfy", "pillow", "rjieba")


def make_contract(
    corpus: Corpus,
    rows: Rows,
    columns: tuple[str, ...],
    shard_size: int,
    storyboard: StoryboardSpec,
    video: VideoSpec,
    encoder: Mapping[str, str],
    shuffle_seed: int | None = None,
    sat_meta: bool = False,
) -> dict[str, Any]:
    """All that decides an output's bytes, as plain values."""
    return {
        "format": FORMAT,
        "dataset": corpus.name,
        "language": corpus.language,
        "kind": corpus.kind,
        "source": dict(rows.identity),
        "columns": list(columns),
        "rows": rows.count,
        "shard_size": shard_size,
        "shuffle_seed": shuffle_seed,
        "members": list(member_endings(sat_meta)),
        "storyboard": {
            "font_size": storyboard.page.font_size,
            "prompt_overflow": storyboard.prompt_overflow,
            "zh_units": storyboard.zh_units,
        },
        "video": {
            "width": video.width,
            "height": video.height,
            "frames": video.frames,
            "fps": f"{video.fps.numerator}/{video.fps.denominator}",
        },
        "encoder": dict(encoder),
        "fonts": font_hashes(),
        "libraries": {**{name: version(name) for name in _LIBRARIES}, "freetype": freetype_version()},
    }


def agree(paths: OutputPaths, contract: Mapping[str, Any]) -> None:
    """Creates `pack.json`, or compares with the one that is there.

    Raises:
        ContractError: the folder was packed with other settings; lists them.
        OutputError: the `pack.json` there cannot be read.
    """
    if not exists(paths.contract) and create_once(paths.contract, json_bytes(contract), paths.temp):
        return
    different = differences(read_contract(paths), contract)
    if different:
        raise ContractError(
            f"{paths.folder} was packed with other settings: " + "; ".join(different),
            "Give the same settings to go on with it, or another --out.",
        )


def read_contract(paths: OutputPaths) -> dict[str, Any]:
    """The contract of an output folder.

    Raises:
        OutputError: it is not there, or cannot be read.
    """
    try:
        with reaching(paths.contract):
            data = paths.contract.read_bytes()
        contract = json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(
            f"{paths.contract}: cannot be read: {error}", "Give a folder that 'vwd pack' has made."
        ) from error
    if not isinstance(contract, dict) or not contract.keys() >= _NEEDED:
        raise OutputError(f"{paths.contract}: is no contract of a packing", "Give a folder that 'vwd pack' has made.")
    return contract


def differences(there: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What two contracts disagree on, each as "name: there, not wanted"."""
    found = []
    for name in sorted({*there, *wanted}):
        old, new = there.get(name), wanted.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(f"{prefix}{name} is {_shown(old)} there, {_shown(new)} now")
    return found


def _shown(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 40 else text[:37] + "…"
