"""What is looked at: a row as it would be packed, or a sample of a shard."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from vwd.corpora.registry import Corpus
from vwd.corpora.sample import Kind, Sample, Skip, sample_key
from vwd.corpora.sentences import break_sentences
from vwd.corpora.sources.judge import schema_of
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import OutputError, RowsError, UsageError
from vwd.limits import COUNT_LIMIT
from vwd.shards.checked_sample import read_storyboard
from vwd.shards.find_sample import find_sample
from vwd.shards.ledger import State, open_ledger
from vwd.shards.offsets import entry_offsets
from vwd.shards.paths import OutputPaths
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec


@dataclass(frozen=True)
class Previewed:
    """A sample that can be drawn.

    Attributes:
        fps: frames a second.
    """

    key: str
    prompt: str
    answer: str
    final_answer: str
    kind: Kind
    storyboard: Storyboard
    fps: Fraction

    @property
    def spec(self) -> VideoSpec:
        board = self.storyboard
        return VideoSpec(board.width, board.height, board.frames, self.fps)


def preview_text(
    corpus: Corpus, prompt: str, answer: str, video: VideoSpec, storyboard: StoryboardSpec
) -> Previewed | Skip:
    """A prompt and an answer as the given text of a row would be drawn."""
    prompt, answer = (break_sentences(text, corpus.language) for text in (prompt, answer))
    sample = Sample(corpus.name, 0, prompt, answer, "", corpus.language, corpus.kind)
    return _laid_out(sample, video, storyboard.for_language(corpus.language))


def preview_rows(
    corpus: Corpus, rows: Rows, numbers: list[int], video: VideoSpec, storyboard: StoryboardSpec, max_row_bytes: int
) -> Iterator[tuple[int, Previewed | Skip]]:
    """Rows by their numbers, as they would be packed.

    Raises:
        RowsError: the rows have none of the corpus's columns, or end before one of the numbers.
    """
    last = max(numbers, default=0)
    if last >= (COUNT_LIMIT if rows.count is None else rows.count):
        raise _no_row(rows, last)
    schema = schema_of(corpus, rows, max_row_bytes)
    read = 0
    spec = storyboard.for_language(corpus.language)
    for number, row in zip(numbers, take(rows, numbers, schema.wanted, max_row_bytes), strict=False):
        read += 1
        sample = corpus.sample(row, number, schema)
        yield number, sample if isinstance(sample, Skip) else _laid_out(sample, video, spec)
    if read < len(numbers):
        raise _no_row(rows, numbers[read])


def _no_row(rows: Rows, number: int) -> RowsError:
    count = f"; there are {rows.count:,}" if rows.count is not None else ""
    return RowsError(f"there is no row {number}{count}", "Give a smaller `row`; rows are counted from 0.")


def random_rows(rows: Rows, count: int, seed: int) -> list[int]:
    """The numbers of some rows, rising; the same for the same seed.

    Raises:
        UsageError: nobody knows how many rows there are.
    """
    if rows.count is None:
        raise UsageError("a stream does not say how many rows it has", "Give a `row`, or leave out `streaming`.")
    return sorted(random.Random(seed).sample(range(rows.count), min(count, rows.count)))


def preview_key(paths: OutputPaths, key: str) -> Previewed:
    """A sample of an output.

    Raises:
        OutputError: there is none of this key.
        ShardError: its shard is damaged.
    """
    found = find_sample(paths, key)
    if "storyboard.json" not in found.members:
        raise OutputError(
            f"{paths.folder}: its samples are no videos of text", "'vwd show' says what they are made of."
        )
    video = open_ledger(paths).contract.video
    record = read_storyboard(f"{found.shard}: {found.key}", found.members["storyboard.json"], video)
    kind: Kind = "story" if record.kind == "story" else "question"
    return Previewed(
        found.key, record.question, record.answer, record.final_answer, kind, record.storyboard,
        Fraction(record.fps).limit_denominator(10_000),
    )  # fmt: skip


def sample_keys(paths: OutputPaths, count: int | None = None, seed: int = 0) -> list[str]:
    """The key of the first sample of an output, or those of some picked at random: the same for the same seed.

    Raises:
        OutputError: it has no sample yet.
    """
    ledger = open_ledger(paths)
    entries = [one.entry for one in ledger.read() if one.entry and one.state is State.DONE and one.entry.samples]
    total = sum(entry.samples for entry in entries)
    if not total:
        raise OutputError(f"{paths.folder}: holds no sample yet", "'vwd status' says what is packed.")
    places = [0] if count is None else sorted(random.Random(seed).sample(range(total), min(count, total)))
    keys, first = [], 0
    for entry in entries:
        here = [place - first for place in places if first <= place < first + entry.samples]
        full = ledger.lookup(entry.number).entry if here else None
        if full:
            found = list(entry_offsets(paths, ledger.contract, full))
            keys += [found[place].key for place in here]
        first += entry.samples
    return keys


def _laid_out(sample: Sample, video: VideoSpec, spec: StoryboardSpec) -> Previewed | Skip:
    board = lay_out(sample, spec, Fonts())
    if isinstance(board, Skip):
        return board
    return Previewed(
        sample_key(sample.dataset, sample.index), sample.prompt, sample.answer, sample.final_answer, sample.kind, board,
        video.fps,
    )  # fmt: skip
