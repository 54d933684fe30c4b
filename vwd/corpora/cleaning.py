"""Turns what corpora write for machines into what a reader should see."""

from __future__ import annotations

import re

_ANNOTATION = re.compile(r"<<[^<>]*>>")
_FINAL_LINE = re.compile(r"\n?\s*####\s*(.*?)\s*$", re.DOTALL)
_BOXED = re.compile(r"\\boxed\s*\{")
_CHINESE_FINAL = re.compile(r"(?:\n|^|(?<=[。！？]))\s*答案[是为][：:]?\s*([^。\n]*?)\s*[。.]?\s*$")


def drop_annotations(answer: str) -> str:
    """GSM8K's calculator annotations ``<<48/2=24>>`` removed; the result that follows each stays."""
    return _ANNOTATION.sub("", answer)


def split_final(answer: str) -> tuple[str, str]:
    """Removes GSM8K's last line ``#### 72``: the steps, and the final answer ("" where there is none)."""
    found = _FINAL_LINE.search(answer)
    if not found:
        return answer, ""
    return answer[: found.start()], found.group(1)


def split_chinese_final(answer: str) -> tuple[str, str]:
    """Removes a closing ``答案是：72。`` or ``答案为72``: the steps, and the final answer ("" where there is none)."""
    found = _CHINESE_FINAL.search(answer)
    if not found:
        return answer, ""
    return answer[: found.start()], found.group(1)


def unwrap_boxed(solution: str) -> tuple[str, str]:
    r"""Replaces each balanced ``\boxed{…}`` by its content; that of the last one is the final answer.

    Nested boxes, too, at most eight deep. An unbalanced one is left alone.
    """
    text, final = _unwrap_outer(solution)
    for _ in range(8):
        text, final = _unwrap_outer(text)[0], _unwrap_outer(final)[0]
    return text, final


def _unwrap_outer(solution: str) -> tuple[str, str]:
    kept: list[str] = []
    final, position = "", 0
    while found := _BOXED.search(solution, position):
        end = _closing_brace(solution, found.end())
        if end is None:
            break
        final = solution[found.end() : end]
        kept += [solution[position : found.start()], final]
        position = end + 1
    return "".join(kept) + solution[position:], final.strip()


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return None
