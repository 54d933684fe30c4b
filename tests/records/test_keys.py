"""Keys of records: one for each id, and safe in every reader of shards."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from vwd.limits import LONGEST_RECORD_KEY
from vwd.records.keys import is_plain, record_key

IDS = st.text(st.characters(), min_size=1) | st.text("aA./% ~_-中é", min_size=1, max_size=120)


def test_ids_of_the_usual_kinds_have_readable_keys() -> None:
    assert record_key("GQA_0012-a") == "GQA_0012-a"
    assert record_key("1911.10601_0") == "1911%2E10601_0"
    assert record_key("coco/train/0001.png") == "coco%2Ftrain%2F0001%2Epng"
    assert record_key("a b") == "a%20b"
    assert record_key("图") == "%E5%9B%BE"


@given(IDS, IDS)
def test_no_two_ids_have_the_same_key(one: str, other: str) -> None:
    assert (record_key(one) == record_key(other)) == (one == other)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_that_is_not_cut_gives_the_id_back(identity: str) -> None:
    key = record_key(identity)
    assert "%_" in key or unquote(key) == identity


@given(IDS)
def test_a_key_is_short_and_has_neither_dots_nor_slashes(identity: str) -> None:
    key = record_key(identity)
    assert re.fullmatch(r"[A-Za-z0-9_%-]+", key)
    assert len(key) <= LONGEST_RECORD_KEY
    assert is_plain(key) == (re.fullmatch(r"[A-Za-z0-9_-]+", key) is not None)


def test_long_ids_that_begin_alike_have_different_keys() -> None:
    keys = {record_key("x" * 200 + ending) for ending in ("a", "b", "")}
    assert len(keys) == 3
    assert all(len(key) == LONGEST_RECORD_KEY for key in keys)


def test_keys_that_look_escaped_do_not_meet_those_that_are() -> None:
    assert len({record_key(identity) for identity in ("a/b", "a%2Fb", "a%2fb", "a_b", "A/B")}) == 5
