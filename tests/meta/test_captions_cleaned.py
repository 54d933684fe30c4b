"""Thirty-two captions, and what cleaning makes of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.meta.clean import _WHOLE, _repaired, clean, is_empty, refine
from vwd.meta.t5 import clean_t5
from vwd.meta.tables import open_table, write_table

FILE = Path(__file__).parent / "captions.csv"
with FILE.open(encoding="utf-8", newline="") as lines:
    CAPTIONS = list(csv.DictReader(lines))


@pytest.mark.parametrize("row", CAPTIONS, ids=[repr(row["text"]) for row in CAPTIONS])
def test_a_caption_is_refined_and_cleaned(row: dict[str, str]) -> None:
    cleaned = clean(refine(row["text"]))
    assert ("" if is_empty(cleaned) else cleaned) == row["expected"]


@pytest.mark.parametrize("row", CAPTIONS, ids=[repr(row["text"]) for row in CAPTIONS])
def test_by_the_rules_of_t5_models_it_is_as_these_were_trained(row: dict[str, str]) -> None:
    assert clean_t5(refine(row["text"])) == row["t5"]


def test_the_command_drops_what_is_empty_and_nothing_else(run: Run, tmp_path: Path) -> None:
    rows = [{"path": f"{n}.mp4", "text": row["text"]} for n, row in enumerate(CAPTIONS)]
    write_table(tmp_path / "captions.csv", ("path", "text"), rows)
    run("meta", "clean", "captions.csv")
    written = list(open_table(tmp_path / "captions_noempty_llm_clean.csv").rows())
    assert [row["text"] for row in written] == [row["expected"] for row in CAPTIONS if row["expected"]]
    dropped = (tmp_path / "captions_noempty_llm_clean.csv.dropped.jsonl").read_text().splitlines()
    assert len(dropped) == len(CAPTIONS) - len(written)


def test_captions_change_only_when_asked(run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", ("path", "text"), [{"path": "a", "text": "  The video shows\r\nNA "}])
    run("meta", "merge", "a.csv", "--output", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


@settings(deadline=None)
@given(st.text())
def test_cleaning_any_text_twice_changes_no_more_than_spaces_at_its_ends(text: str) -> None:
    assert clean(text) == clean(text).strip()
    assert "\n" not in clean(text)
    clean_t5(refine(text))


@given(st.text(st.characters(max_codepoint=126, exclude_characters="&<", min_codepoint=32) | st.sampled_from("\t\n\r")))
def test_a_plain_english_caption_has_nothing_to_repair(text: str) -> None:
    assert _WHOLE.fullmatch(text)
    assert _repaired(text).split() == text.split()
