"""An answer is cut into units that appear one by one: English words; Chinese words or characters with their marks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text.boards import LANGUAGES, TEXTS

from vwd.corpora.normalise import normalise
from vwd.corpora.sample import Language
from vwd.corpora.sentences import break_sentences
from vwd.text.spec import ChineseUnits
from vwd.text.units import cut_units


def texts_of(text: str, language: Language = "zh", zh_units: ChineseUnits = "word") -> list[str]:
    return [unit.text for unit in cut_units(text, language, zh_units)]


@settings(max_examples=500)
@given(TEXTS | st.text(), LANGUAGES, st.sampled_from(["word", "char"]))
def test_units_and_the_space_before_them_give_back_the_text(
    text: str, language: Language, zh_units: ChineseUnits
) -> None:
    text = break_sentences(normalise(text), language)
    units = cut_units(text, language, zh_units)
    assert "".join(unit.lead + unit.text for unit in units) == text
    assert all(unit.text and unit.text == unit.text.strip() and "\n" not in unit.text for unit in units)
    assert all(re.fullmatch("\n? *", unit.lead) for unit in units)


@given(st.text(st.sampled_from("小羊喝水苹果三个大家好天气晴朗")))
def test_characters_appear_one_by_one_on_request(text: str) -> None:
    assert texts_of(text, "zh", "char") == list(text)
    assert len(texts_of(text, "zh", "word")) <= len(text)


def test_english_units_are_words_with_their_marks() -> None:
    assert texts_of('So, 3*4 = $12.50 ("all").\nDone!', "en") == ["So,", "3*4", "=", "$12.50", '("all").', "Done!"]


def test_chinese_units_are_words_with_their_marks() -> None:
    assert texts_of("苹果，（苹果）“苹果”。") == ["苹果，", "（苹果）", "“苹果”。"]


def test_chinese_characters_keep_their_marks_too() -> None:
    assert texts_of("小羊，（喝）水。", "zh", "char") == ["小", "羊，", "（喝）", "水。"]


@pytest.mark.parametrize(
    "unit",
    ["3.5", "1,200", "-7", "25%", "30℃", "Python", "3*(4+5)=27", "$\\frac{1}{2}$", "\\(x + 1\\)", "$$a + b$$",
     "$x = 3$", "https://example.org/a?b=c", "½", "GSM8K"],
)  # fmt: skip
@pytest.mark.parametrize("zh_units", ["word", "char"])
def test_numbers_latin_words_and_formulas_are_single_units(unit: str, zh_units: ChineseUnits) -> None:
    assert unit in texts_of(f"小羊 {unit} 苹果", "zh", zh_units)


@pytest.mark.parametrize("unit", ["1：4", "8：30", "3．5", "３．１４", "1，200", "3～5", "－7"])
@pytest.mark.parametrize("zh_units", ["word", "char"])
def test_numbers_with_full_width_marks_are_single_units(unit: str, zh_units: ChineseUnits) -> None:
    assert f"{unit}，" in texts_of(f"小羊 {unit}，苹果", "zh", zh_units)


@pytest.mark.parametrize("name", ["小明", "小红", "小刚", "小丽", "老王", "张三", "李四", "珍珍", "阿强"])
@pytest.mark.parametrize("after", ["有3个苹果", "和小羊", "早上跑步", "说"])
def test_a_name_is_one_unit(name: str, after: str) -> None:
    assert texts_of(f"于是{name}{after}")[1].startswith(name)
    assert name in "|".join(texts_of(f"{name}{after}")).split("|")[0]


@pytest.mark.parametrize("text", ["差距缩小明显", "最小华丽", "小于小时", "买了两三三个"])
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    assert not {"小明", "小华", "小于小", "三三"} & set(texts_of(text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("给张明和李华各3本书", ["张明", "李华"]), ("张明有3本", ["张明"]),
        ("王小明和李小红", ["王小明", "和", "李小红"]),
        ("陈明、李强、赵敏", ["陈明、", "李强、", "赵敏"]), ("小张小明", ["小张", "小明"]),
    ],
)  # fmt: skip
def test_a_full_name_is_one_unit(text: str, names: list[str]) -> None:
    units = texts_of(text)
    assert [unit for unit in units if unit in names] == names


@pytest.mark.parametrize("text", ["3张红纸", "每张红卡", "共3张明信片"])
def test_what_counts_is_no_surname(text: str) -> None:
    assert not {"张红", "张明"} & set(texts_of(text))


@pytest.mark.parametrize("mark", list("～／－．·—〞"))
def test_a_mark_between_words_stays_with_the_word_before_it(mark: str) -> None:
    assert texts_of(f"苹果{mark}苹果") == [f"苹果{mark}", "苹果"]


def test_two_prices_are_not_a_formula() -> None:
    assert "$5" in texts_of("一个$5元，另一个$6元。")


def test_straight_quotes_open_and_close_in_turn() -> None:
    assert texts_of('"苹果"苹果') == ['"苹果"', "苹果"]


def test_a_text_of_only_marks_is_one_unit() -> None:
    assert texts_of("“。”") == ["“。”"]
    assert texts_of("……") == ["……"]


def test_an_empty_text_has_no_units() -> None:
    assert cut_units("", "en", "word") == cut_units("", "zh", "word") == []
