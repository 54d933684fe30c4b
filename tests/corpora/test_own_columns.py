"""The user's own rows: columns in objects, conversations, stories, templates, final answers; judged before packing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from conftest import Run, write_rows
from shards.packing import SMALL, assert_two_lines, lamp_rows

from vwd.corpora.own import OwnColumns, corpus_of_columns, parse_template
from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import BadRowError, Row, Sample, Skip, SkipCode
from vwd.corpora.schemas import Messages
from vwd.corpora.sources.judge import schema_of
from vwd.corpora.sources.open import open_file
from vwd.errors import RowsError, UsageError

ROW: dict[str, Any] = {
    "id": 7,
    "meta": {"question": "How many?", "deep": {"er": "Nine."}},
    "meta.answer": "Two.",
    "answer": "Three.",
    "story": "A cow sat. A dog ran. A cat slept.",
    "turns": [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "How many?"},
        {"from": "gpt", "value": "Two."},
        {"from": "human", "value": "And now?"},
        {"from": "gpt", "value": "Three."},
    ],
    "messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "I."}],
}


STORY = "A cow sat.\nA dog ran.\nA cat slept."


def made(**columns: str) -> Sample | Skip:
    corpus = corpus_of_columns("mine", OwnColumns(**columns), "en")
    return corpus.sample(ROW, 0, corpus.schemas[0])


@pytest.mark.parametrize(
    ("columns", "prompt", "answer", "final"),
    [
        ({"prompt_column": "meta.question", "answer_column": "answer"}, "How many?", "Three.", ""),
        ({"prompt_column": "meta.deep.er", "answer_column": "meta.answer"}, "Nine.", "Two.", ""),
        ({"prompt_column": "story", "answer_column": "answer", "final_column": "id"}, STORY, "Three.", "7"),
        ({"prompt_template": "{id}: {meta.question} {{", "answer_column": "answer"}, "7: How many?\n{", "Three.", ""),
        ({"messages_column": "turns"}, "How many?", "Two.", ""),
        ({"messages_column": "messages", "final_column": "answer"}, "Who?", "I.", "Three."),
        ({"text_column": "story"}, "A cow sat.\nA dog ran.", "A cat slept.", ""),
    ],
)  # fmt: skip
def test_the_columns_say_what_is_drawn(columns: dict[str, str], prompt: str, answer: str, final: str) -> None:
    sample = made(**columns)
    assert isinstance(sample, Sample)
    assert (sample.prompt, sample.answer, sample.final_answer) == (prompt, answer, final)
    assert sample.kind == ("story" if "text_column" in columns else "question")


@pytest.mark.parametrize(
    "column", ["none", "meta.none", "meta.question.none", "answer.none", "meta", "turns", "messages.0"]
)
def test_a_column_without_text_is_a_bad_row_that_names_it(column: str) -> None:
    skip = made(prompt_column=column, answer_column="answer")
    assert isinstance(skip, Skip)
    assert skip.code is SkipCode.BAD_ROW
    assert f"'{column}'" in skip.detail


@pytest.mark.parametrize(
    "columns",
    [
        {}, {"prompt_column": "a"}, {"answer_column": "a"}, {"final_column": "a"}, {"prompt_template": "{a}"},
        {"prompt_column": "a", "answer_column": "b", "prompt_template": "{a}"},
        {"prompt_column": "a", "answer_column": "b", "text_column": "c"},
        {"messages_column": "a", "answer_column": "b"}, {"messages_column": "a", "text_column": "b"},
        {"text_column": "a", "final_column": "b"},
    ],
)  # fmt: skip
def test_columns_that_are_missing_or_do_not_go_together_are_refused(columns: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        OwnColumns(**columns).schema("en")
    assert "`" in caught.value.what


def test_the_two_columns_that_do_not_go_together_are_named() -> None:
    with pytest.raises(UsageError, match="`prompt_template` and `prompt_column`"):
        OwnColumns(prompt_column="a", answer_column="b", prompt_template="{a}").schema("en")


def said(*turns: tuple[str, object], names: tuple[str, str] = ("role", "content")) -> Row:
    return {"talk": [dict(zip(names, turn, strict=True)) for turn in turns]}


TURNS = [("human", "Who?"), ("gpt", "I.")]
PARTS = [{"type": "text", "text": "Who is it?"}, {"type": "text", "text": "Say."}]


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        (said(("user", "Who?"), ("assistant", None), ("tool", "7"), ("assistant", "I.")), "Who?"),
        (said(("user", "Who?"), ("assistant", ""), ("assistant", "I.")), "Who?"),
        (said(("User", "Who?"), ("Assistant", "I.")), "Who?"),
        (said(("user", PARTS), ("assistant", [{"type": "text", "text": "I."}])), "Who is it?\nSay."),
        (said(("human", "Who?"), ("chatgpt", "I."), names=("from", "value")), "Who?"),
        (said(("user", "Who?"), ("assistant", "I."), names=("role", "value")), "Who?"),
        ({"talk": [{"role": None, "content": None, "from": who, "value": text} for who, text in TURNS]}, "Who?"),
    ],
)
def test_a_conversation_is_its_first_turns_with_text(row: Row, prompt: str) -> None:
    text = Messages("talk")(row)
    assert (text.prompt, text.answer) == (prompt, "I.")


@pytest.mark.parametrize(
    "turns",
    [
        [("user", "Who?")], [("user", "Who?"), ("assistant", None)],
        [("user", [{"type": "image"}]), ("assistant", "I.")],
    ],
)  # fmt: skip
def test_a_conversation_without_text_of_both_is_a_bad_row(turns: list[tuple[str, object]]) -> None:
    with pytest.raises(BadRowError):
        Messages("talk")(said(*turns))


@pytest.mark.parametrize("template", ["no column", "{", "}", "{}", "{ }", "{a!r}", "{a:>9}", "{a[0]}", "{a}{"])
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(UsageError, match="prompt_template"):
        parse_template(template)


def test_each_way_of_reading_the_same_columns_is_another_contract() -> None:
    forms: list[dict[str, str]] = [
        {"prompt_column": "a", "answer_column": "b"},
        {"prompt_template": "{a}", "answer_column": "b"},
        {"prompt_template": "So: {a}", "answer_column": "b"},
        {"messages_column": "a", "final_column": "b"},
    ]
    schemas = [OwnColumns(**form).schema("en") for form in forms]
    assert {schema.columns for schema in schemas} == {("a", "b")}
    assert len({json.dumps(dict(schema.reading)) for schema in schemas}) == 4
    assert schemas[0].reading == {}


def test_a_column_that_the_first_row_lacks_is_found_and_that_row_is_skipped(run: Run, tmp_path: Path) -> None:
    rows = lamp_rows(3)
    write_rows(tmp_path / "rows.jsonl", [{"question": "And?"}, *rows])
    done = json.loads(run("pack", "gsm8k", "--rows", "rows.jsonl", *SMALL, "--num-workers", 1, "--json").stdout)
    assert (done["samples"], done["skips"]) == (3, {"bad_row": 1})


def test_a_column_in_none_of_the_first_thousand_rows_is_refused(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"question": "And?"}] * 1000
    path = write_rows(tmp_path / "rows.jsonl", [*rows, *lamp_rows(1)])
    with pytest.raises(RowsError, match="the rows have 'question'"):
        schema_of(find_corpus("gsm8k"), open_file(path))


def binary(*texts: bytes) -> pyarrow.Array:
    return pyarrow.array(texts, pyarrow.binary())


def test_text_that_is_stored_as_bytes_is_text(tmp_path: Path) -> None:
    table = pyarrow.table({"question": binary("Wie viel für 4 Äpfel?".encode()), "answer": binary(b"4\n#### 4")})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    source, corpus = open_file(tmp_path / "rows.parquet"), find_corpus("gsm8k")
    [row] = source.read(0, 1)
    sample = corpus.sample(row, 0, schema_of(corpus, source))
    assert isinstance(sample, Sample)
    assert sample.prompt == "Wie viel für 4 Äpfel?"


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (binary(b"\xff\xd8", b"\xff"), "holds bytes that are not UTF-8, not text"),
        (pyarrow.array([None, None], pyarrow.string()), "holds null"),
        (pyarrow.array([["a"], ["b"]]), "holds a list"),
        (pyarrow.array([True, False]), "holds true or false"),
    ],
)
def test_a_column_that_never_holds_text_is_refused_before_anything_is_packed(
    run: Run, tmp_path: Path, column: pyarrow.Array, what: str
) -> None:
    table = pyarrow.table({"question": column, "answer": pyarrow.array(["a", "b"])})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    done = run("pack", "gsm8k", "--rows", "rows.parquet", check=False)
    assert_two_lines(done)
    assert what in done.stderr
    assert "'question'" in done.stderr
    assert not (tmp_path / "shards").exists()


def test_a_name_that_is_given_with_rows_is_not_taken_for_a_corpus_s(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(1))
    done = run("pack", "mystories", "--rows", "rows.jsonl", check=False)
    assert_two_lines(done, code=2)
    assert "Did you mean" not in done.stderr
    assert "--text-column" in done.stderr


def test_stories_of_one_s_own_are_packed_and_verify(run: Run, tmp_path: Path) -> None:
    write_rows(
        tmp_path / "rows.jsonl", [{"tale": {"text": f"One day {n}. It rained. The sun came."}} for n in range(3)]
    )
    run("pack", "tales", "--rows", "rows.jsonl", "--text-column", "tale.text", "--language", "en", *SMALL)
    assert "3 samples: clean" in run("verify").stdout
    contract = json.loads((tmp_path / "shards" / "tales" / "pack.json").read_bytes())
    assert (contract["kind"], contract["reading"]) == ("story", {"text_column": "tale.text"})
