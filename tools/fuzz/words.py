"""Damages the JSON of storyboards at random, and compares the words that C reads with those that Python reads.

python tools/fuzz/words.py [--seconds 60] [--seed 0] [--module FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

_PIECES = [
    *(bytes([byte]) for byte in b'"\\{}[],:0- \xff\x00'),
    b"\\u0041",
    b'"words":[]',
    b',"words":[',
    b'"end":1}',
    b"9" * 20,
]
# So many words, and the vocabulary is left for an empty one: it has grown several times, and once it is full.
_MANY = 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", type=Path, help="another build of vwd.shards._words")
    options = parser.parse_args()
    module = _load(options.module)
    chance, rounds, read = random.Random(options.seed), 0, 0
    end = time.monotonic() + options.seconds
    vocabulary = module.vocabulary()
    while time.monotonic() < end:
        data = _damaged(_storyboard(chance), chance)
        rounds += 1
        if module.size(vocabulary) > _MANY:
            vocabulary = module.vocabulary()
        found = module.split(data, vocabulary)
        if found is not None:
            read += 1
            start, stop, numbers, rows = found
            texts = [module.text(vocabulary, number) for number in memoryview(numbers).cast("i")]
            if difference := _difference(data, start, stop, texts, rows):
                Path("build").mkdir(exist_ok=True)
                Path("build/words.json").write_bytes(data)
                raise SystemExit(f"round {rounds}: build/words.json: {difference}")
    print(f"{rounds:,} texts, {read:,} of them read in C: no difference")


def _load(path: Path | None) -> ModuleType:
    if path is None:
        from importlib import import_module

        return import_module("vwd.shards._words")
    spec = spec_from_file_location("_words", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _storyboard(chance: random.Random) -> bytes:
    """A storyboard's JSON in the form in which it is written; numbers and texts are any."""
    words = [
        {
            "text": "".join(chance.choices('ab"\\é灯\n', k=chance.randint(0, chance.choice([5, 5, 40])))),
            **{name: chance.randrange(10 ** chance.randint(1, 18)) for name in ("frame", "page")},
            "box": [chance.randrange(1000) for _ in range(4)],
            "start": 0,
            "end": 1,
        }
        for _ in range(chance.choice([0, 1, 5, 300]))
    ]
    value = {"question": 'a "b" [{', "page_starts": [0], "words": words, "final_words": [0, 0]}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """A text with some bytes changed, left out or put in; one in ten is left as it is."""
    changed = bytearray(data)
    for _ in range(0 if chance.random() < 0.1 else chance.randint(1, 3)):
        place = chance.randrange(len(changed) + 1)
        changed[place : place + chance.choice([0, 0, 1, 1, 5, 50])] = chance.choice(_PIECES)
    return bytes(changed)


def _difference(data: bytes, start: int, stop: int, texts: list[str], rows: bytes) -> str:
    """What of the words differs from those that Python reads; "" where nothing does, or where the rest is no JSON."""
    try:
        json.loads(data[:start] + b"[]" + data[stop:])
    except (ValueError, RecursionError):
        return ""
    try:
        expected: Any = json.loads(data)["words"]
    except (ValueError, RecursionError) as error:
        return f"the whole is no JSON: {error}"
    numbers = [[word["frame"], word["page"], *word["box"]] for word in expected]
    found = memoryview(rows).cast("q").tolist()
    if texts != [word["text"] for word in expected] or found != [number for row in numbers for number in row]:
        return "the words differ"
    return ""


if __name__ == "__main__":
    main()
