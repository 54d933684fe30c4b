"""Each Chinese sentence has its own line, with its closing quotes; no decimal or list number ends a sentence."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vwd.corpora.normalise import normalise
from vwd.corpora.sentences import break_sentences

ONE_SENTENCE = [
    "一共有3.14米，重0.5千克。",
    "1. 先算加法。",
    "12. 再算减法。",
    "“你好！”她说。",
    "“真的吗？”妈妈笑着问。",
    "他想：“好吧……”",
    "这是 Mr. Wang 的书。",
    "（见图1。）",
    "他是谁？！",
    "y = 2x + 0.5",
    "为什么？，他没说",
]
SEVERAL_SENTENCES = [
    ("小羊喝水。小牛吃草。", ["小羊喝水。", "小牛吃草。"]),
    ("好吗？好！走吧。", ["好吗？", "好！", "走吧。"]),
    ("他说：“走吧。”大家走了。他没走。", ["他说：“走吧。”", "大家走了。", "他没走。"]),
    ("（一共5个。）还剩3个。", ["（一共5个。）", "还剩3个。"]),
    ("「天亮了。」小鸟飞走了。", ["「天亮了。」", "小鸟飞走了。"]),
    ("1. 先加。2. 再减。", ["1. 先加。", "2. 再减。"]),
    ("他有3.5元。她有4元。", ["他有3.5元。", "她有4元。"]),
    ("太好了!我们走吧?走。", ["太好了!", "我们走吧?", "走。"]),
    ("面积是 12. 所以边长是 3. 完毕", ["面积是 12.", "所以边长是 3.", "完毕"]),
    ("他笑了。“走！”她喊。", ["他笑了。", "“走！”她喊。"]),
    ("真的？！是的。", ["真的？！", "是的。"]),
    ('他笑了。"走！"她喊。', ["他笑了。", '"走！"她喊。']),
]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_one_chinese_sentence_stays_on_one_line(text: str) -> None:
    assert break_sentences(text, "zh") == text


@pytest.mark.parametrize(("text", "lines"), SEVERAL_SENTENCES)
def test_each_chinese_sentence_has_its_own_line(text: str, lines: list[str]) -> None:
    assert break_sentences(text, "zh").split("\n") == lines


def test_a_full_stop_after_a_closed_quotation_stays_on_its_line() -> None:
    assert break_sentences("他只说“好。”。我走了。", "zh") == "他只说“好。”。\n我走了。"


PIECES = st.sampled_from('小羊 好 喝水 说 问 。 ！ ？ ， “ ” ‘ ’ 「 」 （ ） " … . ! ? 3.5 1. Mr. a x=5. ：'.split())
CHINESE = st.lists(PIECES | st.sampled_from([" ", "", "", "\n"]), max_size=40).map("".join)


@settings(max_examples=400)
@given(st.text() | CHINESE)
@example("x. \u3000")
@example("。”")
@example('他说："好。"')
def test_breaking_chinese_changes_only_white_space(text: str) -> None:
    text = normalise(text)
    broken = break_sentences(text, "zh")
    assert "".join(broken.split()) == "".join(text.split())
    assert all(line and line == line.strip() for line in broken.split("\n")) or not text
    assert broken.count("\n") >= text.count("\n")


SENTENCE = st.tuples(
    st.lists(st.sampled_from("小羊 喝水 三个 苹果 3.5 ，她 “好的” （三）".split()), min_size=1, max_size=6).map(
        "".join
    ),
    st.sampled_from(["。", "！", "？", "？！", "。”", "！」", "。）"]),
).map("".join)


@given(st.lists(SENTENCE.map(lambda s: f"羊{s}"), min_size=1, max_size=5))
def test_as_many_lines_as_sentences(sentences: list[str]) -> None:
    assert break_sentences("".join(sentences), "zh").split("\n") == sentences


@settings(max_examples=200)
@given(CHINESE)
@example('"!”小羊')
@example('。"”小羊')
def test_no_line_starts_with_a_mark_that_closes_a_sentence(text: str) -> None:
    text = normalise(text.replace(" ", ""))
    starts = {line[0] for line in break_sentences(text, "zh").split("\n")[1:] if line}
    own = {line.strip()[:1] for line in text.split("\n")}
    assert not (starts - own) & set("。！？”’」）")
