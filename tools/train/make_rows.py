"""Rows to learn reading from: additions of two numbers of two digits, and short sentences.

    python tools/train/make_rows.py rows --num-samples 2000 --held-out 200

Writes rows/train.jsonl and rows/held_out.jsonl, for 'vwd pack NAME --rows FILE --prompt-column question
--answer-column answer --final-column final --language en'. A question and its answer fit in a line each of a video 192
pixels wide, in 16 px.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from vwd.errors import UsageError, VwdError
from vwd.storage.atomic import atomic_write

NOUNS = (
    "ant ape bear bee bird boat bowl box bus cake car cat cow cup deer dog door duck fish fly fox frog goat hat hen "
    "jar key kite lamp leaf lion map moon owl pig ship shoe star tree wolf"
).split()
ADJECTIVES = (
    "bad big blue calm cold cool dark dry fair fast fine flat full good grey hot kind late lost mild new nice old "
    "pale pink rare red safe slow soft tall thin tiny warm weak wet wild wise"
).split()

Row = dict[str, str]


def additions() -> list[list[Row]]:
    """All additions of two numbers from 10 to 99. A sum and the same with its numbers swapped are one group."""
    pairs = itertools.combinations_with_replacement(range(10, 100), 2)
    return [[_addition(*each) for each in sorted({pair, pair[::-1]})] for pair in pairs]


def sentences() -> list[list[Row]]:
    """A question of whether a thing is so, and the answer that it is: every noun with every adjective."""
    return [
        [{"question": f"Is the {noun} {word}?", "answer": f"The {noun} is {word}.", "final": word}]
        for noun, word in itertools.product(NOUNS, ADJECTIVES)
    ]


KINDS = {"additions": (additions,), "sentences": (sentences,), "both": (additions, sentences)}


def draw(kind: str, train: int, held_out: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Rows for training, and others to test what was learnt; of both kinds in turn. A group is in one of them only.

    Raises:
        UsageError: there are not so many.
    """
    chosen = random.Random(seed)
    kinds = [make() for make in KINDS[kind]]
    for groups in kinds:
        chosen.shuffle(groups)
    parts: list[list[Row]] = []
    for wanted in (held_out, train):
        rows: list[Row] = []
        turns = itertools.cycle(kinds)
        while len(rows) < wanted:
            groups = next(turns)
            if not groups:
                raise UsageError(
                    f"there are fewer than {train + held_out:,} rows of kind {kind}",
                    "Ask for fewer, or for --kind both.",
                )
            rows += groups.pop()[: wanted - len(rows)]
        chosen.shuffle(rows)
        parts.append(rows)
    return parts[1], parts[0]


def write(path: Path, rows: Sequence[Row]) -> None:
    with atomic_write(path, path.parent / ".tmp") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows).encode())


def _addition(first: int, second: int) -> Row:
    total = first + second
    return {
        "question": f"{first} + {second} = ?", "answer": f"{first} + {second} = {total}", "final": str(total),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make_rows.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--num-samples", type=int, default=2000, help="rows to train on  [default: 2000]")
    parser.add_argument("--held-out", type=int, default=200, help="other rows  [default: 200]")
    parser.add_argument("--kind", choices=tuple(KINDS), default="both", help="[default: both]")
    parser.add_argument("--seed", type=int, default=0, help="[default: 0]")
    options = parser.parse_args()
    try:
        train, held_out = draw(options.kind, options.num_samples, options.held_out, options.seed)
        for name, rows in (("train", train), ("held_out", held_out)):
            write(options.folder / f"{name}.jsonl", rows)
    except VwdError as error:
        print(f"Error: {error.what}\n{error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
