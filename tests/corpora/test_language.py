"""Rows that are clearly in another language than they would be packed as are refused; others never are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import Run, real_rows, write_rows

from vwd.corpora.language import check_language
from vwd.corpora.registry import Corpus, find_corpus, own_corpus
from vwd.corpora.sample import Language, Row
from vwd.corpora.sources.open import open_file, open_rows
from vwd.errors import HubError, UsageError

LANGUAGES: tuple[Language, Language] = ("en", "zh")

ENGLISH = ("Anna has three red pens and buys two more. How many has she now?", "She has 3 + 2 = 5 pens.")
CHINESE = ("小明有三支红笔，又买了两支。他现在有几支笔？", "他现在有3+2=5支笔。")
JAPANESE = ("りんごを三つ買いました。全部でいくらですか？", "ひとつ百円なので、三百円です。")
SPANISH = ("¿Cuántas manzanas tiene Ana después de comprar dos más?", "Ahora tiene cinco manzanas en su bolsa.")
CODE = (
    "def add(x, y):\n    return x + y\n\nprint(add(2, 3))",
    "def add(x, y):\n    total = x + y\n    return total\n\nassert add(2, 3) == 5",
)
# Rows that may be meant in either language.
EITHER: dict[str, Sequence[tuple[object, object]]] = {
    "code": [CODE],
    "numbers": [("12 + 30", "42"), (7, 8.5), ("1/2", "0.5")],
    "formulas": [("\\frac{1}{2} + \\sqrt{x} = y", "y = \\frac{1}{2} + \\sqrt{x}")],
    "translations": [("What does 你好 mean in English?", "你好 means hello, or hi."), ("Translate: hello", "你好")],
    "a Chinese task and code": [("写一个函数，把两个数相加。", CODE[1])],
    "half and half": [ENGLISH, CHINESE],
    "one in ten": [ENGLISH] * 9 + [CHINESE],
    "segmented words": [("我 爱 北京 天安门", "天安门 上 太阳 升")],
    "single words": [("hi", "yes"), ("你", "我"), ("ok", "好")],
    "empty": [("", ""), (" ", "")],
    "no text": [([], {}), (True, None)],
}  # fmt: skip


def rows_file(folder: Path, rows: Sequence[tuple[object, object]]) -> Path:
    return write_rows(folder / "rows.jsonl", [{"q": q, "a": a} for q, a in rows])


def own(language: Language) -> Corpus:
    return own_corpus("mine", "q", "a", language)


def check(corpus: Corpus, path: Path) -> None:
    rows = open_file(path)
    check_language(corpus, corpus.schema_for(rows.columns), rows)


@pytest.mark.parametrize(
    ("pair", "right"),
    [(ENGLISH, "en"), (SPANISH, "en"), (CHINESE, "zh"), (JAPANESE, "zh"), (("中国的首都是哪里？", "北京"), "zh")],
)
def test_the_right_language_is_taken_and_the_wrong_one_refused(
    tmp_path: Path, pair: tuple[str, str], right: Language
) -> None:
    path = rows_file(tmp_path, [pair, ("", ""), ("12", "13")])
    check(own(right), path)
    wrong: Language = "zh" if right == "en" else "en"
    with pytest.raises(UsageError) as refused:
        check(own(wrong), path)
    assert f"`language` {right}" in refused.value.hint
    assert "`force_language`" in refused.value.hint


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(EITHER))
def test_rows_that_may_be_meant_either_way_are_never_refused(tmp_path: Path, name: str, language: Language) -> None:
    check(own(language), rows_file(tmp_path, EITHER[name]))


def test_chinese_as_mojibake_is_judged_as_it_is_drawn(tmp_path: Path) -> None:
    question, answer = (part.encode().decode("latin-1") for part in CHINESE)
    path = rows_file(tmp_path, [(question, answer)])
    check(own("zh"), path)
    with pytest.raises(UsageError):
        check(own("en"), path)


@pytest.mark.parametrize("first", [ENGLISH, CHINESE])
def test_a_file_sorted_by_language_is_looked_at_in_several_places(tmp_path: Path, first: tuple[str, str]) -> None:
    other = CHINESE if first is ENGLISH else ENGLISH
    path = rows_file(tmp_path, [first] * 1500 + [other] * 700)
    for language in LANGUAGES:
        check(own(language), path)


def test_broken_and_large_rows_are_left_to_their_shards(tmp_path: Path) -> None:
    path = rows_file(tmp_path, [ENGLISH, ("x" * 3_000_000, "y" * 3_000_000)])
    path.write_text(path.read_text() + "no json\n")
    check(own("en"), path)
    with pytest.raises(UsageError):
        check(own("zh"), path)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("gsm8k", "gsm8k_train.jsonl"),
        ("openmath2_gsm8k", "openmathinstruct2_1.jsonl"),
        ("tinystories", "tinystories_500.jsonl"),
        ("belle_school_math", "belle_school_math_500.jsonl"),
        ("gsm8k_chinese", "gsm8k_chinese_swulling_1.jsonl"),
        ("gsm8k_chinese", "gsm8k_chinese_metamath_2.jsonl"),
        ("tinystories_chinese", "tinystories_chinese_1.jsonl"),
    ],
)
def test_real_rows_are_refused_in_the_wrong_language_only(name: str, file: str) -> None:
    corpus, path = find_corpus(name), real_rows(file)
    check(corpus, path)
    with pytest.raises(UsageError):
        check(replace(corpus, language="zh" if corpus.language == "en" else "en"), path)


def test_the_built_in_rows_are_in_their_language() -> None:
    for name in (
        "gsm8k",
        "openmath2_gsm8k",
        "tinystories",
        "belle_school_math",
        "gsm8k_chinese",
        "tinystories_chinese",
    ):
        corpus = find_corpus(name)
        rows = open_rows(corpus, "builtin")
        check_language(corpus, corpus.schema_for(rows.columns), rows)


@dataclass
class Stream:
    """Rows that can be read once, from the start, and break off."""

    rows: list[Row]
    reads: int = 0
    given: int = 0

    seekable: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("q", "a")
    identity: ClassVar[dict[str, str]] = {}
    count: ClassVar[int | None] = None

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = 0
    ) -> Iterator[dict[str, Any]]:
        self.reads += 1
        for row in self.rows[start:stop]:
            self.given += 1
            yield dict(row)
        raise HubError("broken off", "")


def test_a_stream_is_read_from_its_start_once_and_not_far() -> None:
    stream = Stream([{"q": ENGLISH[0], "a": ENGLISH[1]}] * 5000)
    corpus = own("zh")
    with pytest.raises(UsageError):
        check_language(corpus, corpus.schemas[0], stream)
    assert stream.reads == 1
    assert stream.given <= 100


def test_nothing_is_written_before_the_refusal(run: Run, tmp_path: Path) -> None:
    path = rows_file(tmp_path, [CHINESE] * 3)
    options = ("--rows", path, "--prompt-column", "q", "--answer-column", "a", "--size", "320x180", "--frames", 40)
    done = run("pack", "mine", *options, "--language", "en", check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2), done.stderr
    assert "--language zh" in done.stderr
    assert "--force-language" in done.stderr
    assert not (tmp_path / "shards").exists()
    run("pack", "mine", *options, "--language", "en", "--force-language")
    assert json.loads((tmp_path / "shards/mine/pack.json").read_text())["language"] == "en"


def test_rows_given_under_a_corpus_s_name_are_judged_too(run: Run, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [{"question": CHINESE[0], "answer": CHINESE[1]}])
    for verb in ("pack",), ("slurm", "submit"), ("slurm", "plan"):
        done = run(*verb, "gsm8k", "--rows", path, check=False)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 2), done.stderr
        assert "English" in done.stderr
        assert "--force-language" in done.stderr
    assert not (tmp_path / "shards").exists()
    assert "1 shard" in run("slurm", "plan", "gsm8k", "--rows", path, "--force-language").stdout
