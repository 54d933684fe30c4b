"""Which scripts are drawn: how many of each one's letters the fonts have.

python tools/fonts/scripts.py
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict

from vwd.text.scripts import script_name
from vwd.video.fonts import drawable

# Fewer letters are historic scripts or remains of blocks.
FEWEST = 30


def letters_by_script() -> dict[str, list[str]]:
    """The letters of each script, by Unicode's names."""
    letters: dict[str, list[str]] = defaultdict(list)
    for point in range(0x41, 0x10000):
        char = chr(point)
        if unicodedata.category(char) in ("Lu", "Ll", "Lo") and script_name(char):
            letters[script_name(char)].append(char)
    return letters


def main() -> None:
    print("| script | letters | drawn |\n|---|---:|---:|")
    rows = [(name, len(chars), sum(map(drawable, chars))) for name, chars in letters_by_script().items()]
    for name, count, drawn in sorted(rows, key=lambda row: (-row[2], row[0])):
        if count >= FEWEST:
            print(f"| {name} | {count:,} | {drawn:,} |")


if __name__ == "__main__":
    main()
