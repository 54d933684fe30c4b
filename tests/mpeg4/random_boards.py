"""A hypothesis strategy: specs of any size, length and rate, with the storyboard of a random text for each."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume
from hypothesis import strategies as st

from vwd.corpora.sample import Language, Sample
from vwd.text.layout import lay_out
from vwd.text.spec import ChineseUnits, Pace, PageSpec, PromptOverflow, Separator, StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts, drawable
from vwd.video.spec import VideoSpec

RATES = [Fraction(rate) for rate in ("1", "24", "30000/1001", "193/10", "1000/7")]
NARROW = [chr(c) for c in range(0x21, 0x250) if drawable(chr(c))] + list("αβπΣ√≤≠→−×÷“”‘’…—§€½")
WIDE = [chr(c) for c in range(0x4E00, 0x4F00) if drawable(chr(c))] + list("，。！？：；（）《》“”、一二三的是了")


def texts(characters: list[str], gap: str, most: int) -> st.SearchStrategy[str]:
    """Up to `most` words, some of them at the start of a line."""
    word = st.builds(
        str.__add__, st.sampled_from([gap] * 5 + ["\n"]), st.text(st.sampled_from(characters), min_size=1, max_size=9)
    )
    return st.lists(word, min_size=1, max_size=most).map("".join).map(str.strip)


@st.composite
def random_boards(draw: st.DrawFn) -> tuple[Storyboard, VideoSpec]:
    """A random spec, and the storyboard of a random text for it."""
    side = st.integers(32, 360).map(lambda half: 2 * half)
    spec = VideoSpec(draw(side), draw(side), draw(st.integers(2, 40)), draw(st.sampled_from(RATES)))
    font_size = draw(st.integers(16, max(16, min(spec.width // 4, spec.height // 3, 48))))
    margins = [draw(st.integers(0, max(0, side - least) // 2)) for side, least in
               ((spec.width, 4 * font_size), (spec.height, 3 * font_size)) for _ in range(2)]  # fmt: skip
    page = PageSpec(spec.width, spec.height, font_size, *margins)
    overflow: PromptOverflow = draw(st.sampled_from(["spill", "shrink"]))
    language: Language = draw(st.sampled_from(["en", "zh"]))
    characters, gap = (NARROW, " ") if language == "en" else (NARROW + WIDE * 4, "")
    units: ChineseUnits = draw(st.sampled_from(["word", "char"]))
    prompt, answer = draw(texts(characters, gap, 8)), draw(texts(characters, gap, max(1, spec.frames // 2)))
    sample = Sample("random", 0, prompt, answer, "", language, "question")
    pace: Pace = draw(st.sampled_from(["word", "spread", "fit"]))
    separator: Separator = draw(st.sampled_from(["auto", "always"]))
    hold = draw(st.integers(1, min(3, spec.frames - 1)))
    board = lay_out(sample, StoryboardSpec(page, spec.frames, overflow, units, pace, hold, separator), Fonts())
    assume(isinstance(board, Storyboard))
    assert isinstance(board, Storyboard)
    return board, spec
