"""Text videos as the content of an output: a row's text, laid out, encoded, beside its prompts and storyboard."""

from __future__ import annotations

import string
from collections.abc import Collection
from dataclasses import dataclass

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sample import Row, Sample, Skip, SkipCode
from vwd.corpora.sources.rows import Rows
from vwd.shards.content import Maker, PackedSample
from vwd.shards.contract import Contract
from vwd.shards.members import sample_members
from vwd.shards.rendered import CacheCounts
from vwd.shards.settings import PackSettings
from vwd.shards.tokens import count_tokens
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.text.units import cut_units
from vwd.video.encoders import DEFAULT_ENCODER, Encoder, get_encoder, share_cache
from vwd.video.fonts import Fonts

# Its making loads fonts and tables of codes.
_EXAMPLE = Sample("", 0, string.ascii_letters, string.digits, "", "en", "question")


@dataclass(frozen=True)
class TextVideos:
    """Rows of a corpus, read by one of its schemas."""

    corpus: Corpus
    schema: Schema
    settings: PackSettings

    @property
    def dataset(self) -> str:
        return self.corpus.name

    @property
    def wanted(self) -> Collection[str] | None:
        return self.schema.wanted

    def contract(self, rows: Rows) -> Contract:
        return Contract.of(self.corpus, self.schema, rows, self.settings)

    def load(self) -> None:
        settings = self.settings
        count_tokens("")
        cut_units("好", self.corpus.language, "word")
        share_cache(settings.encoder, settings.quality, settings.cache_mb)
        board = lay_out(_EXAMPLE, settings.storyboard, Fonts())
        # What encodes by a library would leave its threads to the fork.
        if settings.encoder == DEFAULT_ENCODER and isinstance(board, Storyboard):
            _encoder(settings).encode(board, settings.video)

    def open(self) -> Maker:
        return _TextVideoMaker(self)


def _encoder(settings: PackSettings) -> Encoder:
    return get_encoder(settings.encoder, settings.quality, settings.cache_mb, settings.encoder_version)


class _TextVideoMaker(Maker):
    def __init__(self, content: TextVideos) -> None:
        self._corpus, self._schema, self._settings = content.corpus, content.schema, content.settings
        self._fonts = Fonts()
        self._encoder: Encoder = _encoder(self._settings)

    def make(self, index: int, row: Row) -> PackedSample | Skip:
        """The text video of a row, or why it is skipped."""
        settings = self._settings
        if index in settings.exclude:
            return Skip(SkipCode.EXCLUDED, "named in the list of rows to exclude")
        sample = self._corpus.sample(row, index, self._schema)
        if isinstance(sample, Skip):
            return sample
        storyboard = lay_out(sample, settings.storyboard, self._fonts)
        if isinstance(storyboard, Skip):
            return storyboard
        video = self._encoder.encode(storyboard, settings.video)
        members = sample_members(sample, storyboard, settings.video, video, settings.sat_meta, settings.caption)
        return PackedSample(sample.key, members, count_tokens(sample.prompt), count_tokens(sample.answer))

    @property
    def cache_counts(self) -> CacheCounts:
        return self._encoder.cache_counts

    @property
    def kernel(self) -> str:
        return self._encoder.kernel
