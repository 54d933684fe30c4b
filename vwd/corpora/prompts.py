"""The text of a sample as a training prompt: the question alone, or the question and its answer."""

from __future__ import annotations

import re

from vwd.corpora.sample import Kind, Language

_LABELS: dict[tuple[Language, Kind], tuple[str, str]] = {
    ("en", "question"): ("Question: {}", " Answer: {}"),
    ("en", "story"): ("Story: {}", " Continuation: {}"),
    ("zh", "question"): ("问题：{}", "答案：{}"),
    ("zh", "story"): ("故事：{}", "续写：{}"),
    ("ko", "question"): ("질문: {}", " 답: {}"),
    ("ko", "story"): ("이야기: {}", " 이어서: {}"),
}

_CHINESE_LABEL = re.compile("答案[：:是为]")


def inference_prompt(prompt: str, language: Language, kind: Kind) -> str:
    """The question alone: to train reasoning."""
    return _LABELS[language, kind][0].format(prompt)


def rendering_prompt(prompt: str, answer: str, language: Language, kind: Kind) -> str:
    """The question and its answer: to train rendering. An answer that says 答案 itself gets no second one."""
    says_so = (language, kind) == ("zh", "question") and _CHINESE_LABEL.match(answer)
    return inference_prompt(prompt, language, kind) + (answer if says_so else _LABELS[language, kind][1].format(answer))
