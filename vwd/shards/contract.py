"""`pack.json`, the contract of an output folder: what its shards are made of and by what settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sources.rows import Rows
from vwd.errors import ContractError, OutputError, UsageError
from vwd.shards.members import member_endings
from vwd.shards.paths import OutputPaths
from vwd.shards.settings import PackSettings
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import storage_errors
from vwd.storage.objects import exists
from vwd.video.encoders import get_encoder
from vwd.video.fonts import font_hashes, freetype_version
from vwd.video.spec import VideoSpec

# Raised whenever the same rows and settings give other bytes, or other members; older formats are still read.
FORMAT = 2

# What a shard's bytes depend on, besides our own code. The encoder names its own library.
_LIBRARIES = ("ftfy", "pillow", "rjieba")
_HINT = "Give a folder that 'vwd pack' has made."


@dataclass(frozen=True)
class Contract:
    """Everything that decides an output's bytes.

    Attributes:
        kind: question or story.
        source: the identity of the rows; never a path.
        columns: those the text is read from.
        rows: of the corpus; None for a stream that does not say.
        members: the endings of every sample's members, in their order.
        storyboard: font size, overflow of prompts, units of Chinese.
        fonts: the sha256 of each font file.
        libraries: the versions of libraries that the bytes depend on.
        format: of shards and ledger.
    """

    rows: int | None
    shard_size: int
    shuffle_seed: int | None
    members: tuple[str, ...]
    video: VideoSpec
    dataset: str = ""
    language: str = ""
    kind: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    storyboard: Mapping[str, Any] = field(default_factory=dict)
    encoder: Mapping[str, str] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def of(cls, corpus: Corpus, schema: Schema, rows: Rows, settings: PackSettings) -> Contract:
        """The contract of packing these rows with these settings."""
        return cls(
            dataset=corpus.name,
            language=corpus.language,
            kind=corpus.kind,
            source=dict(rows.identity),
            columns=schema.columns,
            rows=rows.count,
            shard_size=settings.shard_size,
            shuffle_seed=settings.shuffle_seed,
            members=member_endings(settings.sat_meta),
            storyboard={
                "font_size": settings.storyboard.page.font_size,
                "prompt_overflow": settings.storyboard.prompt_overflow,
                "zh_units": settings.storyboard.zh_units,
            },
            video=settings.video,
            encoder=get_encoder(settings.encoder, settings.quality).identity,
            fonts=font_hashes(),
            libraries={**{name: version(name) for name in _LIBRARIES}, "freetype": freetype_version()},
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the order of the file."""
        values = {**asdict(self), "columns": list(self.columns), "members": list(self.members)}
        values["video"] = self.video.to_json()
        return {name: values[name] for name in _ORDER}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Contract:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError, UsageError: a field that readers need is missing, or of another type.
        """
        if not isinstance(data["shard_size"], int) or data["shard_size"] < 1:
            raise ValueError(f"shard_size {data['shard_size']!r}")
        values: dict[str, Any] = {name: data[name] for name in _ORDER if name in data}
        values.update(rows=data["rows"], shuffle_seed=data["shuffle_seed"], video=VideoSpec.from_json(data["video"]))
        values.update(members=tuple(data["members"]), columns=tuple(values.get("columns", ())))
        return cls(**values)


_ORDER = (
    "format", "dataset", "language", "kind", "source", "columns", "rows", "shard_size", "shuffle_seed", "members",
    "storyboard", "video", "encoder", "fonts", "libraries",
)  # fmt: skip


def ensure_contract(paths: OutputPaths, contract: Contract) -> None:
    """Creates `pack.json`, or compares with the existing one.

    Raises:
        ContractError: the folder was packed with other settings; lists them.
        OutputError: the existing `pack.json` cannot be read.
    """
    if not exists(paths.contract) and create_if_absent(paths.contract, json_bytes(contract.to_json()), paths.temp):
        return
    different = contract_differences(_read(paths), contract.to_json())
    if different:
        raise ContractError(
            f"{paths.folder} was packed with other settings: " + "; ".join(different),
            "Give the same settings to resume it, or another `out`.",
        )


def read_contract(paths: OutputPaths) -> Contract:
    """The contract of an output folder.

    Raises:
        OutputError: it does not exist, or cannot be read.
    """
    try:
        return Contract.from_json(_read(paths))
    except (KeyError, TypeError, ValueError, ArithmeticError, UsageError) as error:
        raise OutputError(f"{paths.contract}: not the contract of an output", _HINT) from error


def contract_differences(existing: Mapping[str, Any], requested: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs between two contracts as JSON, each as "name: existing …, requested …"."""
    found = []
    for name in sorted({*existing, *requested}):
        old, new = existing.get(name), requested.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += contract_differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(f"{prefix}{name}: existing {_shortened(old)}, requested {_shortened(new)}")
    return found


def _read(paths: OutputPaths) -> dict[str, Any]:
    try:
        with storage_errors(paths.contract):
            data = paths.contract.read_bytes()
        contract = json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(f"{paths.contract}: cannot be read: {error}", _HINT) from error
    if not isinstance(contract, dict):
        raise OutputError(f"{paths.contract}: not the contract of an output", _HINT)
    return contract


def _shortened(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 40 else text[:37] + "…"
