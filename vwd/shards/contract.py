"""`pack.json`, the contract of an output folder: what its shards are made of and by what settings."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sources.rows import Rows
from vwd.errors import ContractError, OutputError, UsageError
from vwd.limits import COUNT_LIMIT, LARGEST_CONTRACT, LARGEST_SIDE, MAX_ROW_BYTES, MOST_FRAMES, MOST_MEMBERS
from vwd.shards.members import CAPTION, member_endings
from vwd.shards.paths import OutputPaths
from vwd.shards.sample_form import SampleForm
from vwd.shards.settings import PackSettings
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import storage_errors
from vwd.storage.objects import exists
from vwd.storage.regular import read_regular
from vwd.storage.typed_json import decode
from vwd.text.spec import NEWER
from vwd.video.encoders import get_encoder
from vwd.video.fonts import font_hashes, freetype_version
from vwd.video.spec import VideoSpec

# Raised whenever the same rows and settings give other bytes, or other members; older formats are still read.
FORMAT = 4

# What a shard's bytes depend on, besides our own code. The encoder names its own library.
_LIBRARIES = ("ftfy", "pillow", "rjieba")
_INCOMPLETE_TRIES = 20
_HINT = "Give a folder that 'vwd pack' has made."

_Count = Annotated[int, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]
_Side = Annotated[int, msgspec.Meta(ge=2, le=LARGEST_SIDE)]
# Of text videos these; other content has its own.
_Ending = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(\.[a-z0-9]+)*\Z", max_length=40)]


class Appended(NamedTuple):
    """An earlier state of the source: how many rows it had, and its identity."""

    rows: int
    source: dict[str, str]


@dataclass(frozen=True)
class Contract:
    """Everything that decides an output's bytes.

    Attributes:
        kind: question or story.
        content: what samples are made of, where these are no text videos: its name, and what its bytes depend on.
        source: the identity of the rows; never a path.
        columns: those the text is read from.
        rows: of the corpus; None for a stream that does not say.
        members: the endings of every sample's members, in their order.
        optional: those that a sample may be without.
        own_keys: whether keys come from the rows; otherwise they are made of the rows' numbers.
        caption: the task whose prompt is the member `txt`; "" where there is none.
        exclude: the rows that were not to be packed: how many, and the sha256 of their list; empty for none.
        video: of every sample; None where each has its own, or none.
        storyboard: font size, overflow of prompts, units of Chinese; what is newer where not as in the first outputs.
        fonts: the sha256 of each font file.
        libraries: the versions of libraries that the bytes depend on.
        max_row_bytes: larger rows were skipped.
        reading: how own rows are read, where their columns do not tell.
        appended: what the source was each time before rows were added, oldest first; no bytes depend on it.
        format: of shards and ledger.
    """

    rows: int | None
    shard_size: int
    shuffle_seed: int | None
    members: tuple[str, ...]
    video: VideoSpec | None
    dataset: str = ""
    language: str = ""
    kind: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    storyboard: Mapping[str, Any] = field(default_factory=dict)
    encoder: Mapping[str, str] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    max_row_bytes: int = MAX_ROW_BYTES
    reading: Mapping[str, str] = field(default_factory=dict)
    appended: tuple[Appended, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    own_keys: bool = False
    caption: str = ""
    exclude: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def form(self) -> SampleForm:
        """Of its samples."""
        return SampleForm(self.members, self.optional, self.own_keys)

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
            members=member_endings(settings.sat_meta, bool(settings.caption)),
            caption=settings.caption,
            exclude=settings.exclude.identity,
            storyboard=settings.storyboard.to_json(),
            video=settings.video,
            encoder=get_encoder(settings.encoder, settings.quality).identity,
            fonts=font_hashes(),
            libraries={**{name: version(name) for name in _LIBRARIES}, "freetype": freetype_version()},
            max_row_bytes=settings.max_row_bytes,
            reading=dict(schema.reading),
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the order of the file; a default that older files do not name is left out."""
        lists = {name: list(getattr(self, name)) for name in ("columns", "members", "optional")}
        values = {**asdict(self), **lists, "video": self.video.to_json() if self.video else None}
        values["appended"] = [one._asdict() for one in self.appended]
        return {name: values[name] for name in _ORDER if name not in _OMITTED or values[name] != _OMITTED[name]}


class _Video(msgspec.Struct):
    width: _Side
    height: _Side
    frames: Annotated[int, msgspec.Meta(ge=2, le=MOST_FRAMES)]
    fps: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,5}/[0-9]{1,5}\Z")]


class _AppendedModel(msgspec.Struct):
    rows: _Count
    source: dict[str, str]


class _Model(msgspec.Struct, kw_only=True):
    """The fields of `pack.json` as they are validated; what readers do not need may be missing in older formats."""

    rows: _Count | None
    shard_size: Annotated[int, msgspec.Meta(ge=1, lt=COUNT_LIMIT)]
    shuffle_seed: int | None
    members: Annotated[list[_Ending], msgspec.Meta(min_length=1, max_length=MOST_MEMBERS)]
    video: _Video | None
    dataset: str = ""
    language: str = ""
    kind: str = ""
    source: dict[str, str] = {}
    columns: list[str] = []
    storyboard: dict[str, Any] = {}
    encoder: dict[str, str] = {}
    fonts: dict[str, str] = {}
    libraries: dict[str, str] = {}
    max_row_bytes: Annotated[int, msgspec.Meta(ge=1)] = MAX_ROW_BYTES
    reading: dict[str, str] = {}
    appended: list[_AppendedModel] = []
    content: dict[str, str] = {}
    optional: list[str] = []
    own_keys: bool = False
    caption: Literal["", "inference", "rendering"] = ""
    exclude: dict[str, str] = {}
    format: Annotated[int, msgspec.Meta(ge=1)] = 1


_DECODER = msgspec.json.Decoder(_Model)


def parse_contract(data: bytes) -> Contract:
    """A contract from the content of its file.

    Raises:
        ValueError: a field is missing or invalid; names it.
    """
    model = decode(_DECODER, data)
    values = {name: getattr(model, name) for name in model.__struct_fields__}
    try:
        values["video"] = VideoSpec.from_json(msgspec.to_builtins(model.video)) if model.video else None
        values["appended"] = tuple(Appended(one.rows, one.source) for one in model.appended)
    except ArithmeticError as error:
        raise ValueError(f"no such rate: {model.video and model.video.fps} - at $.video.fps") from error
    except UsageError as error:
        raise ValueError(f"{error.what} - at $.video") from error
    _check_members(model)
    if model.format > FORMAT:
        raise ValueError(f"$.format is {model.format}: written by a newer vwd, which reads it")
    lists = {name: tuple(values[name]) for name in ("members", "columns", "optional")}
    return Contract(**{**values, **lists})


def _check_members(model: _Model) -> None:
    if len(set(model.members)) != len(model.members):
        raise ValueError("$.members has one twice")
    if not set(model.optional) < set(model.members):
        raise ValueError("$.optional has one that is not in $.members, or all of them")
    if model.content:
        return
    if not set(model.members) <= set(member_endings(True, True)) or model.optional or model.own_keys:
        raise ValueError("$.members, $.optional, $.own_keys: not those of text videos")
    if bool(model.caption) != (CAPTION in model.members):
        raise ValueError(f"$.caption is '{model.caption}': not as $.members has it")
    if model.video is None:
        raise ValueError("$.video is missing")


_ORDER = (
    "format", "dataset", "language", "kind", "source", "columns", "rows", "shard_size", "shuffle_seed", "members",
    "storyboard", "video", "encoder", "fonts", "libraries", "max_row_bytes", "reading", "appended", "content",
    "optional", "own_keys", "caption", "exclude",
)  # fmt: skip
# Left out of the file at these values, as older files do not have them.
_OMITTED: dict[str, Any] = {
    "max_row_bytes": MAX_ROW_BYTES, "reading": {}, "appended": [], "content": {}, "optional": [], "own_keys": False,
    "caption": "", "exclude": {},
}  # fmt: skip


def ensure_contract(paths: OutputPaths, contract: Contract) -> None:
    """Creates `pack.json`, or compares with the existing one.

    Raises:
        ContractError: the folder was packed with other settings; lists them.
        OutputError: the existing `pack.json` cannot be read.
    """
    if not exists(paths.contract) and create_if_absent(paths.contract, json_bytes(contract.to_json()), paths.temp):
        return
    check_contract(paths, contract)


def check_contract(paths: OutputPaths, contract: Contract) -> None:
    """Compares `pack.json`, where it exists, with a contract. Raises as `ensure_contract`."""
    different = different_settings(_read(paths), contract.to_json()) if exists(paths.contract) else []
    if different:
        raise ContractError(
            f"{paths.folder} was packed with other settings: " + "; ".join(different),
            "Give the same settings to resume it, or another `out`.",
        )


def read_contract(paths: OutputPaths) -> Contract:
    """The contract of an output folder.

    Raises:
        OutputError: it does not exist, or is damaged; names the field.
    """
    data = _read_bytes(paths)
    try:
        return parse_contract(data)
    except ValueError as error:
        raise OutputError(f"{paths.contract}: not the contract of an output: {error}", _HINT) from error


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


def different_settings(existing: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """`contract_differences` of all that bytes depend on."""
    return contract_differences(_compared(existing), _compared(requested))


def _compared(contract: Mapping[str, Any]) -> dict[str, Any]:
    storyboard = contract.get("storyboard")
    named = {**NEWER, **storyboard} if isinstance(storyboard, dict) else storyboard
    return {**contract, "storyboard": named, "appended": []}


def _read_bytes(paths: OutputPaths) -> bytes:
    try:
        for _ in range(_INCOMPLETE_TRIES):
            with storage_errors(paths.contract):
                data = read_regular(paths.contract, LARGEST_CONTRACT)
            if data:
                break
            time.sleep(0.1)  # without hard links it is created empty, and filled a moment later
    except (OSError, ValueError) as error:
        raise OutputError(f"{paths.contract}: cannot be read: {error}", _HINT) from error
    return data


def _read(paths: OutputPaths) -> dict[str, Any]:
    """The contract as it is written; one that readers would refuse is no contract to resume, either."""
    data = _read_bytes(paths)
    try:
        parse_contract(data)
    except ValueError as error:
        raise OutputError(f"{paths.contract}: not the contract of an output: {error}", _HINT) from error
    contract: dict[str, Any] = json.loads(data)
    return contract


def _shortened(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 40 else text[:37] + "…"
