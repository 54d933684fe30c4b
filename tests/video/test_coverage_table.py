"""The table of the characters that the fonts cover agrees with the font files."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from vwd.video.fonts import CHINESE, LATIN, font_hashes

FONTS = files("vwd.fonts")


def table() -> dict[str, Any]:
    return {font["file"]: font for font in json.loads((FONTS / "coverage.json").read_text("utf-8"))["fonts"]}


@cache
def font(name: str) -> TTFont:
    return TTFont(FONTS / name, lazy=True)


def test_the_table_has_both_fonts_and_no_other() -> None:
    assert list(table()) == [LATIN, CHINESE]


@pytest.mark.parametrize("name", [LATIN, CHINESE])
def test_the_table_covers_exactly_what_the_font_maps(name: str) -> None:
    listed = [code for first, last in table()[name]["ranges"] for code in range(first, last + 1)]
    assert listed == sorted(font(name).getBestCmap())


@pytest.mark.parametrize("name", [LATIN, CHINESE])
def test_the_table_has_the_fonts_hash_and_grid(name: str) -> None:
    content = (FONTS / name).read_bytes()
    assert table()[name]["sha256"] == hashlib.sha256(content).hexdigest() == font_hashes()[name]
    assert table()[name]["units_per_em"] == font(name)["head"].unitsPerEm


def test_the_chinese_font_covers_gbk() -> None:
    hanzi = [bytes([high, low]).decode("gbk", "ignore") for high in range(0x81, 0xFE) for low in range(0x40, 0xFF)]
    required = {ord(char) for char in "".join(hanzi) if "\u4e00" <= char <= "\u9fff"}
    assert len(required) > 20_000
    assert required <= font(CHINESE).getBestCmap().keys()


def test_each_font_has_its_licence_next_to_it() -> None:
    assert "Bitstream Vera" in (FONTS / "LICENSE-DejaVu.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE-Noto.txt").read_text("utf-8").upper()
