"""Which samples of an output share text with a benchmark's rows: n words in a row, as GPT-3's authors looked for them.

A text is cut into words of letters and digits in one case and one form (NFKC: full-width digits are digits, an accent
is part of its letter), without invisible characters; each character of Chinese, Japanese and Korean is one.
A benchmark's text that is shorter than n words counts where it is all of a sample's question or answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vwd.corpora.sample import RefusedRow
from vwd.corpora.sources.open import open_file
from vwd.errors import OutputError, UsageError
from vwd.export.metadata import read_storyboard
from vwd.export.selection import select
from vwd.limits import MAX_ROW_BYTES
from vwd.shards.contract_file import read_contract
from vwd.shards.exclusions import exclusions
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.errors import output_errors
from vwd.storage.regular import real_path

# Brown et al. 2020, appendix C: overlaps of 13 words.
DEFAULT_WORDS = 13
# Shorter texts than these words, such as "yes" or "42", are no question of anybody's.
_LEAST_WORDS = 4
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True)
class Match:
    """A sample that shares text with a benchmark's row.

    Attributes:
        key, row: of the sample.
        against, against_row: the file, by name, and its row.
        shared: the first words that both have.
    """

    key: str
    row: int
    against: str
    against_row: int
    shared: str


@dataclass(frozen=True)
class Decontamination:
    """What was compared, and what was found.

    Attributes:
        words: how many in a row count as shared.
        samples: how many of the output were compared.
        texts: how many of the benchmark's were.
        short: texts that were too short to be compared.
        unread: rows of the benchmark that cannot be read, or are too large.
    """

    dataset: str
    words: int
    samples: int
    texts: int
    short: int
    unread: int
    matches: tuple[Match, ...]
    left_out: tuple[str, ...]


class Benchmark:
    """The runs of n words of all texts of a benchmark, each with the file and row that it is from."""

    def __init__(self, words: int = DEFAULT_WORDS) -> None:
        if words < _LEAST_WORDS:
            raise UsageError(f"`words` {words}", f"Give at least {_LEAST_WORDS}: fewer are shared by chance.")
        self.words = words
        self.texts = self.short = self.unread = 0
        self._runs: dict[str, tuple[str, int]] = {}
        self._whole: dict[str, tuple[str, int]] = {}

    def add_file(self, path: Path) -> None:
        """Adds every text of a file of rows, whatever its columns.

        Raises:
            RowsError: it is missing, empty or broken, or has no text.
        """
        rows = open_file(path)
        for number, row in enumerate(rows.read(0, rows.count, None, MAX_ROW_BYTES)):
            if isinstance(row, RefusedRow):
                self.unread += 1
                continue
            for text in _texts(row):
                self.add(text, path.name, number)

    def add(self, text: str, file: str, row: int) -> None:
        found = _words(text)
        self.texts += 1
        if len(found) < _LEAST_WORDS:
            self.short += 1
        elif len(found) < self.words:
            self._whole.setdefault(" ".join(found), (file, row))
        else:
            for run in _runs(found, self.words):
                self._runs.setdefault(run, (file, row))

    def find(self, *texts: str) -> tuple[str, int, str] | None:
        """The file and row that share words with one of these texts, and the words; None where none does."""
        for text in texts:
            found = _words(text)
            whole = " ".join(found)
            if whole in self._whole:
                return (*self._whole[whole], whole)
            for run in _runs(found, self.words):
                if run in self._runs:
                    return (*self._runs[run], run)
        return None


def decontaminate(
    paths: OutputPaths, benchmark: Benchmark, on_sample: Callable[[], None] = lambda: None
) -> Decontamination:
    """Compares the questions and answers of an output's samples with a benchmark.

    Raises:
        ShardError: a tar is not the one of its ledger entry.
        OutputError: there is no sample to compare, or no text to compare it with.
    """
    if benchmark.texts == benchmark.short:
        raise OutputError("the rows given as `against` hold no text to compare with", "Give the benchmark's rows.")
    selection, matches, samples = select(paths), [], 0
    for part in selection.together():
        for sample, record in selection.samples(part, read_storyboard):
            samples += 1
            if found := benchmark.find(record.question, record.answer):
                file, row, shared = found
                matches.append(Match(sample.key, sample.index, file, row, shared))
            on_sample()
    if not samples:
        raise OutputError(f"{paths.folder}: there is no sample to compare", "See 'vwd status'.")
    return Decontamination(
        paths.dataset, benchmark.words, samples, benchmark.texts, benchmark.short, benchmark.unread, tuple(matches),
        selection.left_out,
    )  # fmt: skip


def write_exclusions(paths: OutputPaths, found: Decontamination, to: Path) -> None:
    """Writes the rows to exclude, for `vwd pack --exclude`, with the report.

    Raises:
        OutputError: the output has no contract, or the file cannot be written.
    """
    source = dict(read_contract(paths).source)
    listed = exclusions((match.row for match in found.matches), source)
    report = {**asdict(found), "source": source, "rows": sorted(listed.rows)}
    with output_errors(to, "and run again, or give another `out`."):
        folder = real_path(to.parent)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / to.name, folder) as file:
            file.write(json_bytes(report))


def _words(text: str) -> list[str]:
    """What is compared of a text. Samples were normalised when packed; a benchmark's rows are as they came."""
    one_form = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall("".join(char for char in one_form if unicodedata.category(char) != "Cf"))


def _runs(words: list[str], length: int) -> Iterator[str]:
    for start in range(len(words) - length + 1):
        yield " ".join(words[start : start + length])


def _texts(value: Any) -> Iterator[str]:
    """Every text of a row, those in lists and objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
