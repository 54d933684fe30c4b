"""Markup that corpora contain for machines is turned into text for readers."""

from __future__ import annotations

from typing import Any

import pytest

from vwd.corpora.cleaning import bare_answer, split_chinese_final, split_final, unwrap_boxed
from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import Sample


def sample_of(corpus_name: str, row: dict[str, Any]) -> Sample:
    corpus = find_corpus(corpus_name)
    sample = corpus.sample(row, 5, corpus.schema_for(row))
    assert isinstance(sample, Sample), sample
    return sample


def conversation(question: str, solution: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": solution}]}


def test_gsm8k_annotations_are_removed_and_their_results_are_kept() -> None:
    sample = sample_of("gsm8k", {"question": "How many?", "answer": "It is 6*7 = <<6*7=42>>42.\n#### 42"})
    assert sample.answer == "It is 6*7 = 42.\nSo the answer is: 42."


def test_the_marked_result_of_gsm8k_becomes_a_closing_sentence_and_a_field() -> None:
    sample = sample_of("gsm8k", {"question": "How much?", "answer": "She pays 3*400 = $1,200.\n#### 1,200"})
    assert sample.answer.endswith("\nSo the answer is: 1,200.")
    assert sample.final_answer == "1,200"


def test_a_gsm8k_answer_without_a_mark_has_no_final_answer_and_no_closing_sentence() -> None:
    sample = sample_of("gsm8k", {"question": "How many?", "answer": "There are nine."})
    assert (sample.answer, sample.final_answer) == ("There are nine.", "")


def test_a_gsm8k_answer_that_is_only_a_mark_becomes_the_closing_sentence() -> None:
    sample = sample_of("gsm8k", {"question": "How many?", "answer": "#### 9"})
    assert (sample.answer, sample.final_answer) == ("So the answer is: 9.", "9")


@pytest.mark.parametrize("gap", ["\n#### ", " #### ", "\n####", "\n\n####   "])
def test_the_mark_is_found_whatever_the_space_around_it(gap: str) -> None:
    assert split_final(f"Nine plus one.{gap}10 ") == ("Nine plus one.", "10")


def test_openmath_messages_become_question_and_solution() -> None:
    sample = sample_of("openmath2_gsm8k", conversation("How many pears?", "There are $\\boxed{12}$ pears."))
    assert (sample.prompt, sample.answer) == ("How many pears?", "There are $12$ pears.")
    assert sample.final_answer == "12"


def test_openmath_reads_the_first_turns_of_a_longer_conversation() -> None:
    row = conversation("First question?", "First reply.")
    row["messages"] = [{"role": "system", "content": "Be kind."}, *row["messages"], *row["messages"][:1]]
    row["messages"][-1] = {"role": "user", "content": "Second question?"}
    sample = sample_of("openmath2_gsm8k", row)
    assert (sample.prompt, sample.answer) == ("First question?", "First reply.")


def test_openmath_rows_with_a_problem_and_a_solution_are_read_too() -> None:
    row = {"problem": "How many?", "generated_solution": "Count them: seven.", "expected_answer": "7"}
    sample = sample_of("openmath2_gsm8k", row)
    assert (sample.prompt, sample.answer, sample.final_answer) == ("How many?", "Count them: seven.", "7")


def test_balanced_boxes_are_unwrapped_and_the_last_is_the_final_answer() -> None:
    text, final = unwrap_boxed(r"Either \boxed{\frac{1}{2}} or \boxed {\{3, 4\}}.")
    assert text == r"Either \frac{1}{2} or \{3, 4\}."
    assert final == r"\{3, 4\}"


def test_a_box_inside_a_box_is_unwrapped_too() -> None:
    assert unwrap_boxed(r"So \boxed{\boxed{3}}.") == ("So 3.", "3")


def test_the_final_answer_is_in_the_last_box_wherever_boxes_are_nested() -> None:
    assert unwrap_boxed(r"From \boxed{\boxed{1}} we get \boxed{2}.") == ("From 1 we get 2.", "2")
    assert unwrap_boxed(r"So \boxed{x = \boxed{3}}.")[0] == "So x = 3."


@pytest.mark.parametrize("text", [r"So \boxed{3", r"So \boxed{", r"So \boxed{\frac{1}{2}", r"So \boxed"])
def test_an_unbalanced_box_is_left_unchanged(text: str) -> None:
    assert unwrap_boxed(text) == (text, "")


@pytest.mark.parametrize(
    ("solution", "text", "final"),
    [
        (r"So \boxed 5.", "So 5.", "5"),
        (r"So \boxed 12,500.", "So 12,500.", "12,500"),
        (r"So \boxed -3", "So -3", "-3"),
        (r"So \fbox{7} it is.", "So 7 it is.", "7"),
        (r"First \fbox{2}, then \boxed{\fbox{9}}.", "First 2, then 9.", "9"),
        (r"So \boxed x is", "So x is", "x"),
    ],
)
def test_boxes_without_braces_and_framed_boxes_are_unwrapped(solution: str, text: str, final: str) -> None:
    assert unwrap_boxed(solution) == (text, final)


@pytest.mark.parametrize(
    ("typeset", "bare"),
    [
        (r"\$9{,}500", "9500"),
        (r"1,\!200", "1200"),
        (r"18\text{ dollars}", "18"),
        (r"\$3.50", "3.50"),
        ("18.", "18"),
        ("1,200", "1,200"),
        (r"\text{Monday}", "Monday"),
        (r"25\%", "25%"),
        (r"\frac{1}{2}\text{ cm}", r"\frac{1}{2}"),
        (r"x^2 + 1", "x^2 + 1"),
        (r"(1{,}2)", r"(1{,}2)"),
        ("0.5", "0.5"),
        ("-7", "-7"),
        ("$5$", "5"),
        (r"-\$5", "-5"),
        (r"\$ 5", "5"),
        ("€3.50", "3.50"),
        (r"\text{\$5}", "5"),
        (r"\text{ Yes }.", "Yes"),
        (r"\text{(B)}", "(B)"),
        (r"\mathbf{4}", "4"),
        ("**12**", "12"),
        (r"$\text{12}$", "12"),
        (r"12\text{ cm}^2", "12"),
        (r"10\text{ }\mbox{ cm}", "10"),
        (r"25\%\text{ of it}", "25%"),
        ("2:30 p.m.", "2:30 p.m."),
        ("$x$ or $y$", "$x$ or $y$"),
        ("", ""),
    ],
)
def test_a_final_answer_is_bare(typeset: str, bare: str) -> None:
    assert bare_answer(typeset) == bare
    assert sample_of("openmath2_gsm8k", conversation("How many?", rf"It is \boxed{{{typeset}}}.")).final_answer == bare


def test_the_expected_answer_of_a_row_is_its_final_answer() -> None:
    row = {"problem": "How many?", "generated_solution": r"So \boxed{\$9{,}500}.", "expected_answer": "9500"}
    sample = sample_of("openmath2_gsm8k", row)
    assert (sample.final_answer, sample.answer) == ("9500", r"So \$9{,}500.")


@pytest.mark.parametrize(
    ("answer", "steps", "final"),
    [
        ("Six threes.\n#### 18.", "Six threes.", "18"),
        ("Six threes.\n#### 18\n#### 18", "Six threes.", "18"),
        ("Six threes.\n#### 17\n#### 18", "Six threes.", "18"),
        ("#### First step\nAdd.\n#### 18", "#### First step\nAdd.", "18"),
        ("Six threes.\n#### $18", "Six threes.", "18"),
        ("Six threes.\n##### 18", "Six threes.", "18"),
        ("Six threes.\n#### $\\boxed{18}$", "Six threes.", "18"),
        ("Six threes.\n#### 18\nWell done.", "Six threes.\nWell done.", "18"),
    ],
)
def test_the_last_mark_holds_the_final_answer(answer: str, steps: str, final: str) -> None:
    assert split_final(answer) == (steps, final)


def test_other_latex_is_kept_literally() -> None:
    solution = r"The half is $\frac{6}{2} = 3$, that is \(3\)."
    assert sample_of("openmath2_gsm8k", conversation("What is half of six?", solution)).answer == solution


def test_belle_instruction_and_input_are_one_prompt() -> None:
    row = {"instruction": "请算一算。", "input": "篮子里有 3 个梨，又放进 4 个。", "output": "一共 7 个。"}
    sample = sample_of("belle_school_math", row)
    assert (sample.prompt, sample.answer) == ("请算一算。\n篮子里有 3 个梨，又放进 4 个。", "一共 7 个。")


@pytest.mark.parametrize("empty", [{"input": ""}, {"input": None}, {}])
def test_belle_without_input_has_the_instruction_as_its_prompt(empty: dict[str, Any]) -> None:
    row = {"instruction": "三加四是多少？", **empty, "output": "七。"}
    assert sample_of("belle_school_math", row).prompt == "三加四是多少？"


def test_gsm8k_chinese_reads_the_chinese_columns_and_ends_with_the_result() -> None:
    row = {"question": "How many?", "answer": "#### 8", "question_zh-cn": "一共有几只？", "answer_only": "8"}
    sample = sample_of("gsm8k_chinese", row)
    assert (sample.prompt, sample.answer, sample.final_answer) == ("一共有几只？", "答案：8。", "8")


@pytest.mark.parametrize(
    "steps",
    [
        "先算 2×4=8。",
        "先算 2×4=8。\n答案是：8。",
        "先算 2×4=8。答案为8",
        "先算 2×4=8。\n答案是 8 。",
        "先算 2×4=8。\n#### 8",
    ],
)
def test_the_steps_of_gsm8k_chinese_end_with_the_result_once(steps: str) -> None:
    row = {"question_zh": "一共有几只？", "answer_zh": steps, "answer_only": "8"}
    sample = sample_of("gsm8k_chinese", row)
    assert sample.answer == "先算 2×4=8。\n答案是：8。"
    assert sample.final_answer == "8"


def test_decimal_results_of_gsm8k_chinese_are_not_cut() -> None:
    assert split_chinese_final("先除后加。\n答案是：2.5。") == ("先除后加。", "2.5")
    row = {"question_zh": "多少米？", "answer_zh": "先除后加。", "answer_only": "2.5"}
    assert sample_of("gsm8k_chinese", row).answer.endswith("\n答案是：2.5。")


def test_a_story_is_continued_after_its_first_two_sentences() -> None:
    story = 'Mr. Pym had a goat. It was 3.5 feet tall. "Baa!" it said. Then it ran.\n\nNobody knew why.'
    sample = sample_of("tinystories", {"text": story})
    assert sample.prompt == "Mr. Pym had a goat.\nIt was 3.5 feet tall."
    assert sample.answer == '"Baa!" it said.\nThen it ran.\nNobody knew why.'


def test_a_chinese_story_is_continued_after_its_first_two_sentences() -> None:
    story = "小羊喝水。它看见一条鱼！“你好。”鱼说。小羊笑了。"
    sample = sample_of("tinystories_chinese", {"story_zh": story})
    assert sample.prompt == "小羊喝水。\n它看见一条鱼！"
    assert sample.answer == "“你好。”鱼说。\n小羊笑了。"


def test_a_key_is_the_corpus_and_six_digits() -> None:
    assert sample_of("gsm8k", {"question": "a", "answer": "b"}).key == "gsm8k_000005"
