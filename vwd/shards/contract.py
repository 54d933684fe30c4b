"""The contract of an output: what its shards are made of and by what settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import Any, NamedTuple

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sources.rows import Rows
from vwd.limits import MAX_ROW_BYTES
from vwd.shards.members import member_endings
from vwd.shards.sample_form import SampleForm
from vwd.shards.settings import PackSettings
from vwd.text.spec import NEWER
from vwd.video.encoders import get_encoder
from vwd.video.fonts import font_hashes, freetype_version
from vwd.video.spec import VideoSpec

# Raised whenever the same rows and settings give other bytes, or other members; older formats are still read. The
# encoder's version is a setting: outputs that were begun with an older one go on with it.
FORMAT = 4

# What a shard's bytes depend on, besides our own code. The encoder names its own library.
_LIBRARIES = ("ftfy", "pillow", "rjieba")
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

    @cached_property
    def identity(self) -> str:
        """A hash of all that the shards' bytes depend on: 16 hexadecimal digits, by which an entry names its output. It
        stays what it is when rows are added.
        """
        first = self.appended[0] if self.appended else Appended(self.rows or 0, dict(self.source))
        # Without what is as in older files, so that what later versions add changes no identity.
        storyboard = {name: value for name, value in self.storyboard.items() if value != NEWER.get(name, ())}
        rows = None if self.rows is None else first.rows
        values = {**self.to_json(), "storyboard": storyboard, "rows": rows, "source": first.source, "appended": []}
        return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

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
            encoder=get_encoder(settings.encoder, settings.quality, version=settings.encoder_version).identity,
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
