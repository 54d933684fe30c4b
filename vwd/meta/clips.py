"""Clips and their captions as the content of an output: video files as they are, beside what is known of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vwd.corpora.sample import RefusedRow, Row, Skip, SkipCode, sample_key
from vwd.corpora.sources.rows import Rows
from vwd.corpora.surrogates import replace_surrogates
from vwd.errors import TableError
from vwd.limits import LARGEST_MEMBER, MAX_ROW_BYTES
from vwd.meta.media import ORIGIN, probe
from vwd.meta.scan import ENDINGS
from vwd.shards.clip_json import CLIPS
from vwd.shards.content import Maker, PackedSample
from vwd.shards.contract import Contract
from vwd.shards.tokens import count_tokens
from vwd.storage.regular import read_regular

_VIDEOS = tuple(sorted(ending[1:] for ending in ENDINGS))
# Of a clip's origin, as `vwd meta cut` has it in its table.
_KEPT = ("relpath", *ORIGIN)


@dataclass(frozen=True)
class Clips:
    """The rows of a table of videos. The files themselves count as part of the table: they are not to change.

    Attributes:
        caption_column: whose text becomes the caption.
        path_column: where the video is.
    """

    dataset: str
    shard_size: int
    caption_column: str = "text"
    path_column: str = "path"
    shuffle_seed: int | None = None
    max_row_bytes: int = MAX_ROW_BYTES
    columns: tuple[str, ...] = ()

    @property
    def wanted(self) -> Collection[str] | None:
        return {self.path_column, self.caption_column, *_KEPT} & set(self.columns)

    def contract(self, rows: Rows) -> Contract:
        """Everything that decides the output's bytes.

        Raises:
            TableError: a column is missing in the table.
        """
        for name in (self.path_column, self.caption_column):
            if name not in rows.columns:
                raise TableError(
                    f"the table has no column {name}; it has {', '.join(rows.columns)}",
                    "Give `caption_column` and `path_column`.",
                )
        return Contract(
            rows.count, self.shard_size, self.shuffle_seed, (*_VIDEOS, "json"), None, self.dataset,
            source=dict(rows.identity), columns=(self.path_column, self.caption_column),
            max_row_bytes=self.max_row_bytes, content={"name": CLIPS}, optional=_VIDEOS,
        )  # fmt: skip

    def load(self) -> None:
        count_tokens("")

    def open(self) -> Maker:
        return _ClipMaker(self)


class _ClipMaker(Maker):
    def __init__(self, content: Clips) -> None:
        self._content = content

    def make(self, index: int, row: Row) -> PackedSample | Skip:
        """The clip of a row, or why it is skipped."""
        content = self._content
        if isinstance(row, RefusedRow):
            return Skip(SkipCode.BAD_ROW, row.detail)
        path, caption = row.get(content.path_column), row.get(content.caption_column)
        if not isinstance(path, str) or not path:
            return Skip(SkipCode.BAD_ROW, f"{content.path_column}: no path")
        if not isinstance(caption, str) or not caption.strip():
            return Skip(SkipCode.EMPTY_TEXT, f"{content.caption_column}: no caption")
        video = _read(Path(path))
        if isinstance(video, Skip):
            return video
        info = probe(path, check=True)
        if not info.decoded or info.doubt or not info.fps:
            return Skip(SkipCode.VIDEO_UNREADABLE, info.doubt or f"{path}: no frame can be decoded")
        known: dict[str, Any] = {
            "text": caption, "num_frames": info.decoded, "height": info.height, "width": info.width,
            "fps": float(info.fps), "seconds": float(info.decoded / info.fps),
            **{name: row[name] for name in _KEPT if row.get(name) not in (None, "")}, **(info.origin or {}),
        }  # fmt: skip
        text = replace_surrogates(json.dumps(known, ensure_ascii=False))
        members = {Path(path).suffix[1:].lower(): video, "json": text.encode()}
        return PackedSample(sample_key(content.dataset, index), members, count_tokens(caption))


def _read(path: Path) -> bytes | Skip:
    if path.suffix.lower() not in ENDINGS:
        return Skip(SkipCode.VIDEO_UNREADABLE, f"{path}: ends in none of {', '.join(sorted(ENDINGS))}")
    try:
        if (size := path.stat().st_size) > LARGEST_MEMBER:
            return Skip(
                SkipCode.VIDEO_UNREADABLE, f"{path}: {size:,} bytes, more than {LARGEST_MEMBER:,}: cut it first"
            )
        return read_regular(path, LARGEST_MEMBER)
    except OSError as error:
        return Skip(SkipCode.VIDEO_UNREADABLE, f"{path}: {error.strerror}")
    except ValueError as error:  # a pipe; or a name with a NUL
        return Skip(SkipCode.VIDEO_UNREADABLE, f"{path}: {error}")
