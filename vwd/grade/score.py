"""One prediction against what it should say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vwd.corpora.sample import Language
from vwd.grade.distance import aligned, edit_distance, prefix_end
from vwd.grade.final import How, find_final_answer, reached_before
from vwd.grade.numbers import same_answer
from vwd.grade.tokens import CHINESE_TOKEN, Token, expected_tokens, found_tokens, joined_text
from vwd.grade.truths import Truth
from vwd.readback import UNREADABLE, Reading
from vwd.readback.twins import as_read

# Why a prediction has no verdict: "" where it has one.
Unjudged = Literal["", "missing", "doubled", "undecodable", "unreadable"]
UNJUDGED: tuple[Unjudged, ...] = ("missing", "doubled", "undecodable", "unreadable")


@dataclass(frozen=True)
class Inference:
    """Whether the final answer is right.

    Attributes:
        how: where the answer was found: behind the words that announce it, or as the last number.
        similarity: of the text behind the question with the expected answer: 1 - edits / longer length.
        reached: whether the steps have the number before it is stated.
    """

    expected: str
    found: str
    how: How
    right: bool
    similarity: float
    reached: bool


@dataclass(frozen=True)
class Rendering:
    """How much of the text is there.

    Attributes:
        exact: every word is there, in order, and no other.
        cer: character error rate: edits / expected characters.
        ned: 1 - edits / longer length.
        precision, recall, f1: of words, each counted as often as it stands; of characters in Chinese.
        order: share of the words found that are in the right order.
        on_time: share of these that appear at their frame; `late`: by how many frames on average, < 0 where early;
            `off`: by how many regardless of the sign.
        lost_at_turns: words that are missing at the end of a page.
        differences: the first few, as "expected → found".
    """

    exact: bool
    cer: float
    ned: float
    precision: float
    recall: float
    f1: float
    order: float
    on_time: float
    late: float
    off: float
    lost_at_turns: int
    differences: tuple[str, ...]


def score_inference(reading: Reading, truth: Truth) -> Inference | None:
    """The verdict on the final answer; None where it cannot be read."""
    text, tokens = _answer_part(reading, truth)
    final = find_final_answer(text)
    if final.unreadable:
        return None
    # What is read stands for all that look the same: no video can be right otherwise.
    right = final.how != "none" and same_answer(final.text, as_read(truth.final_answer, truth.language))
    expected = "".join(as_read(truth.answer, truth.language).split())
    similarity = _ned("".join(token.text for token in tokens), expected) if expected else 0.0
    return Inference(truth.final_answer, final.text, final.how, right, similarity, right and reached_before(final))


def _answer_part(reading: Reading, truth: Truth) -> tuple[str, list[Token]]:
    """What was read behind the question."""
    tokens = found_tokens(reading, truth.language)
    question = _plain_tokens(as_read(truth.question, truth.language), truth.language)
    behind = tokens[prefix_end([token.text for token in tokens], question) :]
    # A page without the question, or one that only resembles it: nothing of it is passed over.
    common = len(aligned([token.text for token in tokens[: len(tokens) - len(behind)]], question))
    kept = behind if 2 * common >= len(question) else tokens
    return joined_text(kept, truth.language), kept


def _plain_tokens(text: str, language: Language) -> list[str]:
    if language == "zh":
        return CHINESE_TOKEN.findall(text)
    return text.split()


def score_rendering(reading: Reading, truth: Truth) -> Rendering:
    """How much of the storyboard's text is there."""
    assert truth.storyboard is not None
    expected, found = expected_tokens(truth.storyboard), found_tokens(reading, truth.language)
    want, have = [token.text for token in expected], [token.text for token in found]
    wanted, had = "".join(want), "".join(have)
    edits = edit_distance(had, wanted)
    matched = sum((Counter(want) & Counter(have)).values())
    precision, recall = _share(matched, len(have)), _share(matched, len(want))
    pairs = aligned(have, want)
    delays = [found[i].frame - expected[j].frame for i, j in pairs]
    return Rendering(
        exact=want == have,
        cer=edits / max(1, len(wanted)),
        ned=1 - edits / max(1, len(wanted), len(had)),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if matched else 0.0,
        order=_share(len(pairs), matched),
        on_time=_share(sum(delay == 0 for delay in delays), len(delays)),
        late=sum(delays) / max(1, len(delays)),
        off=sum(map(abs, delays)) / max(1, len(delays)),
        lost_at_turns=_lost_at_turns(expected, {j for _, j in pairs}),
        differences=tuple(_differences(have, want, pairs))[:5],
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _ned(found: str, expected: str) -> float:
    return 1 - edit_distance(found, expected) / max(1, len(found), len(expected))


def _lost_at_turns(expected: Sequence[Token], kept: set[int]) -> int:
    """How many of the last words of all pages but the last one are missing, in a row."""
    lost = 0
    last_page = expected[-1].page if expected else 0
    for place in range(len(expected) - 1, -1, -1):
        if expected[place].page == last_page:
            continue
        ends_page = expected[place + 1].page != expected[place].page
        if place not in kept and (ends_page or place + 1 not in kept):
            lost += 1
    return lost


def _differences(have: list[str], want: list[str], pairs: list[tuple[int, int]]) -> list[str]:
    """What stands between the words that both have."""
    found = []
    i = j = 0
    for a, b in [*pairs, (len(have), len(want))]:
        if a > i or b > j:
            found.append(f"{' '.join(want[j:b][:8]) or '(nothing)'} → {' '.join(have[i:a][:8]) or '(nothing)'}")
        i, j = a + 1, b + 1
    return found


def hardly_readable(reading: Reading) -> bool:
    """Whether more than half of what is written could not be read."""
    count = sum(len(word.text) for word in reading.words)
    unread = sum(word.text.count(UNREADABLE) for word in reading.words)
    return reading.state == "unreadable" or 2 * unread > count > 0
