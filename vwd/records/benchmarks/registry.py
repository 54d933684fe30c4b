"""The benchmarks that are known: where their rows are, and which column holds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vwd.errors import UsageError

_LETTERS = ("A", "B", "C", "D", "E", "F", "G", "H")
# For a file whose columns nobody has declared: the usual names.
_QUESTION = ("question", "query", "prompt", "instruction", "text")
_IMAGE = ("image", "image_path", "image_file", "img", "img_path", "image_url")


@dataclass(frozen=True)
class Benchmark:
    """A benchmark. Of several columns for one field the first that a row has counts.

    Attributes:
        hub_id: of its dataset on the hub; "" where it has none, and a file or an address is needed.
        url_variable: the variable that holds an address of its file.
        choice_columns: a column each; `choices` are one column with all of them.
        answers: a column with a list of several people's answers.
        more_images: further images of a row.
        language: where no subset tells it.
        subset_languages: the language of each subset.
    """

    name: str
    task_type: str
    hub_id: str = ""
    url_variable: str = ""
    ids: tuple[str, ...] = ("id", "index", "question_id", "uid")
    question: tuple[str, ...] = _QUESTION
    context: tuple[str, ...] = ("context", "hint")
    choices: tuple[str, ...] = ("choices", "options", "candidates")
    choice_columns: tuple[str, ...] = _LETTERS
    answer: tuple[str, ...] = ("answer", "label", "gt_answer", "correct")
    answers: str = ""
    image: tuple[str, ...] = _IMAGE
    more_images: tuple[str, ...] = ()
    language: str | None = None
    subset_languages: Mapping[str, str] = field(default_factory=dict)


_MMBENCH = {"en": "en", "cn": "zh", "cc": "zh"}

BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark(
            "mmbench", "multi_choice_vqa", hub_id="lmms-lab/MMBench_EN", ids=("index", "id"), subset_languages=_MMBENCH
        ),
        Benchmark(
            "mmbench_lite", "multi_choice_vqa", url_variable="MMBENCH_LITE_URL", ids=("index", "id"),
            subset_languages=_MMBENCH,
        ),
        Benchmark(
            "mmmu", "multi_choice_vqa", hub_id="lmms-lab/MMMU", choices=("options", "choices"),
            image=("image_1", "image"), more_images=tuple(f"image_{number}" for number in range(2, 8)), language="en",
        ),
        Benchmark(
            "textvqa", "ocr_vqa", hub_id="lmms-lab/textvqa", ids=("question_id", "id"), choices=(), choice_columns=(),
            answer=(), answers="answers", language="en",
        ),
    )
}  # fmt: skip


def find_benchmark(name: str) -> Benchmark:
    """A benchmark by its name.

    Raises:
        UsageError: there is none of this name; lists those there are.
    """
    if name not in BENCHMARKS:
        raise UsageError(f"no benchmark is called '{name}'", f"There are {', '.join(BENCHMARKS)}.")
    return BENCHMARKS[name]
