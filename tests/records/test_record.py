"""Rows become records, or say what is wrong with them in words that stay the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from records.making import encoded, jpeg, picture, row, turns

from vwd.corpora.sample import RefusedRow, SkipCode
from vwd.records.record import Record, read_record, record_id


def code(record: Record) -> str:
    return record.fault.code.value if record.fault else ""


def test_a_sound_row_has_both_members() -> None:
    record = read_record(row("a/1", jpeg(5)))
    assert record.fault is None
    assert record.key == "a%2F1"
    assert list(record.members) == ["json", "jpg"]
    assert record.members["jpg"] == jpeg(5)
    assert json.loads(record.members["json"]) == {"id": "a/1", "conversations": turns(), "data_source": "made"}


def test_a_row_without_an_image_has_no_image_member() -> None:
    record = read_record(row("a", None, conversations=turns("Hello.")))
    assert (code(record), list(record.members)) == ("", ["json"])


def test_an_image_that_no_text_mentions_is_kept() -> None:
    record = read_record(row("a", conversations=turns("Hello.")))
    assert (code(record), list(record.members)) == ("", ["json", "jpg"])


def test_the_other_names_of_turns_are_read_and_written_alike() -> None:
    given = [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Ho.", "role": None, "content": None}]
    record = read_record(row("a", None, conversations=given))
    assert json.loads(record.members["json"])["conversations"] == turns("Hi.", "Ho.")


def test_text_is_kept_to_the_last_blank() -> None:
    given = turns("  <image>\n图 \u2028 ", " x ")
    assert json.loads(read_record(row("a", conversations=given)).members["json"])["conversations"] == given


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"image": None}, "image_missing"),
        ({"image": {"bytes": None, "path": "x.jpg"}}, "image_missing"),
        ({"image": {"bytes": b"", "path": "x.jpg"}}, "image_empty"),
        ({"image": {"bytes": b"garbage", "path": None}}, "image_unreadable"),
        ({"image": {"bytes": jpeg()[:-200], "path": None}}, "image_unreadable"),
        ({"image": {"bytes": encoded(picture(), "PNG")[:-200], "path": None}}, "image_unreadable"),
        ({"image": "x.jpg"}, "image_unreadable"),
        ({"conversations": None}, "conversations_empty"),
        ({"conversations": []}, "conversations_empty"),
        ({"conversations": turns(" ", "\t")}, "conversations_empty"),
        ({"conversations": [{"role": None, "content": None}]}, "conversations_empty"),
        ({"conversations": "Hello."}, "conversations_malformed"),
        ({"conversations": ["Hello."]}, "conversations_malformed"),
        ({"conversations": [{"role": "user", "content": 5}]}, "conversations_malformed"),
        ({"conversations": [{"content": "Hello."}]}, "conversations_malformed"),
        ({"id": None}, "id_missing"),
        ({"id": "  "}, "id_missing"),
        ({"id": float("nan")}, "id_missing"),
    ],
)
def test_each_fault_has_its_code(changed: dict[str, Any], expected: str) -> None:
    assert code(read_record({**row("a"), **changed})) == expected


def test_a_repeated_id_and_a_row_that_was_not_read_have_codes_too() -> None:
    assert code(read_record(row("a"), repeated=True)) == "id_duplicate"
    assert code(read_record(RefusedRow("too large"))) == "bad_row"


def test_a_faulty_row_with_an_id_can_still_be_kept_and_names_its_fault() -> None:
    record = read_record(row("a", None))
    assert record.key == "a"
    assert json.loads(record.members["json"])["invalid"] == "image_missing"


def test_a_row_without_an_id_of_its_own_can_not() -> None:
    assert read_record(row(None)).key == ""
    assert read_record(row("a"), repeated=True).key == ""


@pytest.mark.parametrize(
    ("value", "expected"), [("1911", "1911"), (1911, "1911"), (1911.0, "1911"), (0.5, "0.5"), (True, ""), (b"x", "x")]
)
def test_ids_are_text(value: object, expected: str) -> None:
    assert record_id({"id": value}) == expected


def test_other_columns_stand_in_for_an_id() -> None:
    assert record_id({"id": None, "__key__": "", "sample_id": "s", "key": "k"}) == "s"


@pytest.mark.parametrize(
    ("image", "jpg"),
    [
        (jpeg(3), jpeg(3)), ([{"bytes": jpeg(3), "path": ""}], jpeg(3)), ([jpeg(3)], jpeg(3)), ([], None),
        ({"bytes": None, "path": "only/a/name.jpg"}, None), ({"path": "x.jpg"}, None),
    ],
)  # fmt: skip
def test_an_image_may_be_bare_bytes_or_a_list_of_one(image: object, jpg: bytes | None) -> None:
    record = read_record({**row("1"), "image": image, "conversations": turns("Hi")})
    assert record.fault is None
    assert record.members.get("jpg") == jpg


@pytest.mark.parametrize("image", [[jpeg(1), jpeg(2)], "a/name.jpg", {"bytes": "text"}, 7, [[jpeg()]]])
def test_what_is_not_one_image_is_a_fault_that_says_so(image: object) -> None:
    fault = read_record({**row("1"), "image": image}).fault
    assert fault
    assert fault.code is SkipCode.IMAGE_UNREADABLE


@pytest.mark.parametrize(
    "identity", [".", "..", "...", "a/../b", "A", "a", "\u00e9", "e\u0301", "x" * 5000, " ", "%2E", "0"]
)
def test_the_id_in_the_json_is_as_it_was_and_its_key_is_a_name(identity: str) -> None:
    record = read_record(row(identity))
    if not identity.strip():
        assert record.fault
        return
    assert json.loads(record.members["json"])["id"] == identity
    assert re.fullmatch(r"[A-Za-z0-9_%-]{1,90}", record.key)
