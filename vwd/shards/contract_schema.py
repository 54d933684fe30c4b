"""What may stand in `pack.json`: each field is validated before anything believes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from vwd.errors import UsageError
from vwd.limits import COUNT_LIMIT, LARGEST_SIDE, MAX_ROW_BYTES, MOST_FRAMES, MOST_MEMBERS
from vwd.shards.contract import FORMAT, Appended, Contract
from vwd.shards.members import CAPTION, member_endings
from vwd.storage.typed_json import decode
from vwd.video.spec import VideoSpec

_Count = Annotated[int, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]
_Side = Annotated[int, msgspec.Meta(ge=2, le=LARGEST_SIDE)]
# Of text videos these; other content has its own.
_Ending = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(\.[a-z0-9]+)*\Z", max_length=40)]


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
