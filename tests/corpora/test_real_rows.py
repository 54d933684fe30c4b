"""In complete files of real rows, no markup for machines is left."""

from __future__ import annotations

from conftest import real_rows

from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import Sample
from vwd.corpora.sources.open import open_file


def samples_of(corpus_name: str, file_name: str) -> list[Sample]:
    corpus, rows = find_corpus(corpus_name), open_file(real_rows(file_name))
    schema = corpus.schema_for(rows.columns)
    results = [corpus.sample(row, index, schema) for index, row in enumerate(rows.read(0, rows.count or 0))]
    assert len(results) == rows.count
    return [sample for sample in results if isinstance(sample, Sample)]


def test_no_mojibake_remains_in_the_stories() -> None:
    samples = samples_of("tinystories", "tinystories_500.jsonl")
    assert len(samples) > 450  # the others have only two sentences, so there is nothing to continue
    left = [s.key for s in samples if any(mark in s.prompt + s.answer for mark in ("â€", "†", "Ã", "\u009d"))]
    assert left == []


def test_no_annotation_or_mark_remains_in_gsm8k() -> None:
    samples = samples_of("gsm8k", "gsm8k_train.jsonl")
    assert len(samples) == 7473
    left = [s.key for s in samples if any(mark in s.prompt + s.answer for mark in ("<<", ">>", "####"))]
    assert left == []
    assert all(s.final_answer and s.answer.endswith(f"\nSo the answer is: {s.final_answer}.") for s in samples)


def test_no_gsm8k_line_ends_in_a_title() -> None:
    lines = [
        line for s in samples_of("gsm8k", "gsm8k_train.jsonl") for line in (s.prompt + "\n" + s.answer).split("\n")
    ]
    assert [line for line in lines if line.endswith((" Mr.", " Mrs.", " Ms.", " Dr.", " vs."))] == []


def test_no_list_number_is_alone_on_a_line_in_belle() -> None:
    corpus, rows = find_corpus("belle_school_math"), open_file(real_rows("belle_school_math_500.jsonl"))
    for index, row in enumerate(rows.read(0, 500)):
        sample = corpus.sample(row, index, corpus.schemas[0])
        assert isinstance(sample, Sample)
        written = {line.strip() for line in str(row["output"]).split("\n")}
        alone = [line for line in sample.answer.split("\n") if line[-1] == "." and line[:-1].isdigit()]
        assert set(alone) <= written


def test_the_other_schemas_of_real_rows_are_read() -> None:
    for name, file in (
        ("openmath2_gsm8k", "openmathinstruct2_1.jsonl"),
        ("gsm8k_chinese", "gsm8k_chinese_swulling_1.jsonl"),
        ("gsm8k_chinese", "gsm8k_chinese_metamath_2.jsonl"),
    ):
        samples = samples_of(name, file)
        assert samples
        assert all("\\boxed" not in s.answer and s.final_answer for s in samples)
        if name == "gsm8k_chinese":
            assert all(s.answer.endswith(f"答案是：{s.final_answer}。") for s in samples)
            assert all(s.prompt.endswith("？") for s in samples)
