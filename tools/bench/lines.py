"""How lines of real rows break: counts of what should not be seen on a page.

python tools/bench/lines.py --rows FILE [FILE ...]
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path

from rows import storyboards

from vwd.text.breaks import NO_LINE_END, NO_LINE_START
from vwd.text.storyboard import Storyboard, Word
from vwd.video.spec import VideoSpec

COMMAND_CUT = (re.compile(r"\\[A-Za-z]*$"), re.compile(r"[A-Za-z]"))
NUMBER_CUT = (re.compile(r"\d[.,]?$"), re.compile(r"[.,]?\d"))
CALLED = re.compile("小$"), re.compile("[明红华丽李刚芳兰亮强军]")


def count(board: Storyboard) -> Counter[str]:
    """What a board's lines have, by kind."""
    lines = [list(line) for _, line in groupby(board.words, lambda word: (word.page, word.box.y))]
    texts = ["".join(word.text for word in line) for line in lines]
    found = Counter(lines=len(lines), units=len({word.frame for word in board.words}) - board.prompt_frames)
    found["lines that open with a mark which must not"] = sum(_opens_wrongly(line[0]) for line in lines)
    found["lines that end with a mark which must not"] = sum(text[-1] in NO_LINE_END for text in texts)
    found["lines that are only a bar"] = texts.count("|")
    for before, after in pairwise(board.words):
        if before.frame < board.prompt_frames:
            continue
        if before.frame == after.frame:
            found["units longer than a line, cut"] += 1
            found["cuts inside a command"] += _cut(COMMAND_CUT, before, after)
            found["cuts inside a number"] += _cut(NUMBER_CUT, before, after)
        else:
            found["names in two units"] += _cut(CALLED, before, after)
    return found


def _opens_wrongly(word: Word) -> bool:
    """.5 and °C may open a line."""
    return word.text[0] in NO_LINE_START and not word.text[1:2].isalnum()


def _cut(between: tuple[re.Pattern[str], re.Pattern[str]], before: Word, after: Word) -> bool:
    return bool(between[0].search(before.text) and between[1].match(after.text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--num-samples", type=int, default=1000)
    options = parser.parse_args()
    names, columns = [], []
    for path in options.rows:
        boards = storyboards(path, options.num_samples, VideoSpec())
        names.append(f"{path.stem} ({len(boards)})")
        columns.append(sum((count(board) for board in boards), Counter()))
    print(f"| | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for kind in dict.fromkeys(kind for column in columns for kind in column):
        print(f"| {kind} | {' | '.join(f'{column[kind]:,}' for column in columns)} |")


if __name__ == "__main__":
    main()
