"""How well sentence ends are found, by kind of text: precision and recall over hand-labelled lines.

python tools/bench/sentences.py [--errors]

Compares `vwd` with the libraries that are installed of sentencex, syntok and pysbd; each is told the language.
`sentences.tsv`, beside this file, holds the lines.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vwd.corpora.sentences import break_sentences

LABELS = Path(__file__).with_suffix(".tsv")
END = "⏎"
# What a library calls the language of a kind, where it is none of the two that vwd distinguishes.
LANGUAGES = {"french": "fr", "german": "de", "spanish": "es"}


class Line(NamedTuple):
    """A labelled line. `ends`: how many characters other than spaces precede each end within the line."""

    kind: str
    language: str
    text: str
    ends: frozenset[int]


class Score(NamedTuple):
    """Ends found and right, found, and there."""

    right: int
    found: int
    there: int

    def __add__(self, other: object) -> Score:
        assert isinstance(other, Score)
        return Score(self.right + other.right, self.found + other.found, self.there + other.there)

    def __str__(self) -> str:
        precision = f"{self.right / self.found:.0%}" if self.found else "–"
        recall = f"{self.right / self.there:.0%}" if self.there else "–"
        return f"{precision}, {recall}"


Splitter = Callable[[str, str, str], list[str]]


def labelled_lines(path: Path = LABELS) -> Iterator[Line]:
    """The lines of a file of labels."""
    for row in path.read_text("utf-8").split("\n"):
        if row and not row.startswith("#"):
            kind, language, labelled = row.split("\t")
            text = labelled.replace(END, " " if language == "en" else "")
            yield Line(kind, language, text, ends_of(labelled.split(END)))


def ends_of(sentences: list[str]) -> frozenset[int]:
    counts = [len("".join(sentence.split())) for sentence in sentences]
    return frozenset(sum(counts[:number]) for number in range(1, len(counts))) - {0, sum(counts)}


def score(line: Line, split: Splitter) -> Score:
    found = ends_of(split(line.text, line.language, LANGUAGES.get(line.kind, line.language)))
    return Score(len(found & line.ends), len(found), len(line.ends))


def splitters() -> dict[str, Splitter]:
    """By name: vwd, and the libraries that are installed."""
    found: dict[str, Splitter] = {"vwd": lambda text, own, _: break_sentences(text, own).split("\n")}
    for name, make in (("sentencex", _sentencex), ("syntok", _syntok), ("pysbd", _pysbd)):
        if importlib.util.find_spec(name):
            found[name] = make()
    return found


def _sentencex() -> Splitter:
    from sentencex import segment

    return lambda text, _, language: list(segment(language, text))


def _syntok() -> Splitter:
    from syntok import segmenter

    def split(text: str, _: str, language: str) -> list[str]:
        sentences = [sentence for paragraph in segmenter.process(text) for sentence in paragraph]
        starts = [sentence[0].offset for sentence in sentences[1:]]
        return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]

    return split


def _pysbd() -> Splitter:
    import pysbd

    segmenters = {code: pysbd.Segmenter(language=code, clean=False) for code in ("en", "zh", "fr", "de", "es")}
    return lambda text, _, language: list(segmenters[language].segment(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true", help="list the lines that vwd breaks otherwise")
    options = parser.parse_args()
    lines, every = list(labelled_lines()), splitters()
    scores: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(lambda: Score(0, 0, 0)))
    seconds: dict[str, float] = {}
    for name, split in every.items():
        split("One. Two.", "en", "en"), split("一。二。", "zh", "zh")  # loads what it needs
        started = time.process_time()
        results = [score(line, split) for line in lines]
        seconds[name] = time.process_time() - started
        for line, result in zip(lines, results, strict=True):
            kind = f"{line.kind} ({line.language})" if line.language == "zh" else line.kind
            for row in (kind, "all"):
                scores[row][name] = scores[row][name] + result
            if options.errors and name == "vwd" and not result.right == result.found == result.there:
                print(line.kind, line.text, "→", break_sentences(line.text, line.language).replace("\n", END))
    print(f"{len(lines)} lines with {scores['all']['vwd'].there} ends: precision, recall\n")
    print(f"| kind | ends | {' | '.join(every)} |\n|---|---|{'---|' * len(every)}")
    for row, of in sorted(scores.items(), key=lambda item: item[0] == "all"):
        print(f"| {row} | {of['vwd'].there} | {' | '.join(str(of[name]) for name in every)} |")
    print(f"| CPU µs a line | | {' | '.join(f'{seconds[name] / len(lines) * 1e6:.0f}' for name in every)} |")


if __name__ == "__main__":
    main()
