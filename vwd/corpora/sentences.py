"""Where a sentence ends, in English and in Chinese: each sentence is drawn on a line of its own.

Every mark is judged by the words next to it, never by the whole line, so that time is linear in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from vwd.corpora.chinese_ends import chinese_ends
from vwd.corpora.english_ends import english_ends
from vwd.corpora.verbatim import verbatim_spans


def break_sentences(text: str, language: str) -> str:
    """Text with every sentence on a line of its own; existing breaks stay. Sentences keep their line's indentation.

    No break after an abbreviation, inside a decimal, a formula or code, between a list's number and its entry, or
    between a quotation and who spoke it.
    """
    verbatim = _Verbatim(text)
    return "\n".join(sentence for line in verbatim.lines() for sentence in _sentences(line, verbatim, language))


def first_sentences(text: str, count: int, language: str) -> tuple[str, str]:
    """The first `count` sentences (one a line), and the rest."""
    lines = break_sentences(text, language).split("\n")
    return "\n".join(lines[:count]), "\n".join(lines[count:])


class _Verbatim:
    """The parts of a text that are not cut, seen from the line that is read."""

    def __init__(self, text: str) -> None:
        self._text, self._offset = text, 0
        self._spans = verbatim_spans(text)
        self._starts = [start for start, _ in self._spans]

    def lines(self) -> Iterator[str]:
        for line in self._text.split("\n"):
            yield line
            self._offset += len(line) + 1

    def end(self, position: int) -> int:
        """Where the part ends that a break at this position of the line would cut; 0 where it cuts none."""
        number = bisect_left(self._starts, position + self._offset) - 1
        return max(0, self._spans[number][1] - self._offset) if self._cuts(number, position) else 0

    def _cuts(self, number: int, position: int) -> bool:
        return number >= 0 and position + self._offset < self._spans[number][1]


def _sentences(line: str, verbatim: _Verbatim, language: str) -> Iterator[str]:
    find_ends = chinese_ends if language == "zh" else english_ends
    first = len(line) - len(line.lstrip(" ")) if line.strip(" ") else 0
    for start, end in pairwise([first, *find_ends(line, first, verbatim.end), len(line)]):
        yield line[:first] + line[start:end].strip()
