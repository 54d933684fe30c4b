"""Texts to lay out, pages to lay them out on, and checks that hold for every storyboard."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise

from hypothesis import strategies as st

from vwd.corpora.sample import Language, Sample
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Box, Storyboard, Word
from vwd.text.units import Unit, cut_units
from vwd.video.fonts import Fonts

FONTS = Fonts()
PAGES = (
    PageSpec(),
    PageSpec(320, 240),
    PageSpec(320, 240, font_size=16),
    PageSpec(200, 100, font_size=16),
    PageSpec(140, 72),  # four hanzi a line, two lines: barely larger than a page that is refused
    PageSpec(140, 400),
    PageSpec(100, 60, font_size=16, margin_left=15, margin_right=13),
)
SPECS = st.builds(
    StoryboardSpec,
    st.sampled_from(PAGES),
    st.sampled_from([2, 3, 12, 60, 193]),
    st.sampled_from(["spill", "shrink", "skip"]),
    st.sampled_from(["word", "char"]),
)
PACED_SPECS = st.builds(
    StoryboardSpec,
    st.sampled_from(PAGES),
    st.sampled_from([4, 5, 12, 60, 193]),
    st.sampled_from(["spill", "shrink", "skip"]),
    st.sampled_from(["word", "char"]),
    st.sampled_from(["word", "spread", "fit"]),
    st.integers(1, 3),
    st.sampled_from(["auto", "always"]),
)
ROOMY_SPECS = st.builds(
    StoryboardSpec,
    st.sampled_from(PAGES),
    st.sampled_from([193, 600]),
    st.sampled_from(["spill", "spill", "shrink"]),
    st.sampled_from(["word", "char"]),
)
LANGUAGES: st.SearchStrategy[Language] = st.sampled_from(["en", "zh"])

_WESTERN = (
    'a I the apple counting 7 3.5 1,200 x=y (b) [c] "d" $4. it\'s 12% A. é ½ × ÷ ² ’ “q” — … $\\frac{1}{2}$ $ |'.split()
)
_CHINESE = "小 小羊 苹果 三百二十一 喝水 ， 。 ！ ？ 、 ： “ ” （ ） 《 》 · ℃ ％ ① \\(x+1\\)".split()
_LONG = ["https://example.org/" + "path/" * 30, "31" * 30, "。" * 9, "好" * 70, "“" * 5, "«(" * 40]
_PIECES = [*_WESTERN, *_CHINESE, *_LONG, *"    \n"]
DRAWABLE = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)
LONG_TEXTS = st.lists(st.sampled_from(_PIECES), min_size=5, max_size=80).map(lambda pieces: "It" + "".join(pieces))
TEXTS = DRAWABLE | st.lists(DRAWABLE, max_size=8).map(" ".join) | st.text(max_size=60)


def sample_of(prompt: str, answer: str, language: Language = "en") -> Sample:
    return Sample("example", 0, prompt, answer, "", language, "question")


def board_of(prompt: str, answer: str, language: Language = "en", spec: StoryboardSpec | None = None) -> Storyboard:
    """The storyboard of texts that can be laid out."""
    board = lay_out(sample_of(prompt, answer, language), spec or StoryboardSpec(), FONTS)
    assert isinstance(board, Storyboard), board
    return board


def prompt_of(board: Storyboard) -> list[Word]:
    return [word for word in board.words if word.frame < board.prompt_frames]


def answer_of(board: Storyboard) -> list[list[Word]]:
    """The words of the answer, grouped by frame."""
    words = [word for word in board.words if word.frame >= board.prompt_frames]
    return [list(group) for _, group in groupby(words, lambda word: word.frame)]


def lines_of(board: Storyboard) -> list[str]:
    """The text of each line as drawn, without the spaces between words."""
    return ["".join(w.text for w in line) for _, line in groupby(board.words, lambda w: (w.page, w.box.y))]


def assert_frames(board: Storyboard, sample: Sample, spec: StoryboardSpec) -> None:
    """Every unit appears exactly once, in order, at the spec's pace: but for `fit`, in a frame of its own."""
    page = spec.page.with_font_size(board.font_size)
    prompt, answer = prompt_of(board), answer_of(board)
    assert_offsets(prompt, sample.prompt)
    assert_offsets([word for group in answer for word in group], sample.answer)
    assert all(word.frame == word.page * spec.prompt_hold for word in prompt)
    assert board.prompt_frames == (prompt[-1].page + 1) * spec.prompt_hold

    frames = [group[0].frame for group in answer]
    left = spec.frames - board.prompt_frames
    assert frames[0] == board.prompt_frames >= 1
    assert frames[-1] < board.frames == spec.frames
    gaps = [after - before for before, after in pairwise([*frames, board.frames])]
    if spec.pace == "spread":
        assert max(gaps) - min(gaps) <= 1
    else:
        assert set(gaps[:-1]) <= {1} or spec.pace == "fit"
    if spec.pace != "fit" or _frames_needed(sample, spec, board) <= left:
        assert_units(cut_units(sample.answer, sample.language, spec.zh_units), answer, page.lines)


def _frames_needed(sample: Sample, spec: StoryboardSpec, board: Storyboard) -> int:
    """How many frames the answer's units take one by one, and those that are longer than a page several."""
    unhurried = replace(spec, pace="word", frames=board.prompt_frames + len(sample.answer))
    found = lay_out(sample, unhurried, FONTS)
    assert isinstance(found, Storyboard)
    return len(answer_of(found))


def assert_offsets(words: list[Word], text: str) -> None:
    """Each word is a piece of the text, and only white space is between two of them."""
    position = 0
    for word in words:
        assert text[word.start : word.end] == word.text
        assert not text[position : word.start].strip()
        position = word.end
    assert not text[position:].strip()


def assert_units(units: list[Unit], shown: list[list[Word]], page_lines: int) -> None:
    """Each unit is shown by one frame, or by several, all but the last of which fill a page."""
    left = iter(shown)
    for unit in units:
        text = ""
        while text != unit.text:
            group = next(left)
            text += "".join(word.text for word in group)
            assert unit.text.startswith(text)
            assert text == unit.text or len(group) == page_lines
    assert next(left, None) is None


def assert_boxes(board: Storyboard, spec: StoryboardSpec) -> None:
    """No box exceeds the margins, no two boxes of a page overlap, and words are in reading order."""
    page = spec.page.with_font_size(board.font_size)
    right = page.width - page.margin_right
    for text, _, _, (x, y, width, height), _ in board.words:
        assert page.margin_left <= x < x + width <= right
        assert page.margin_top <= y < y + height <= page.bottom
        assert height == page.line_height
        assert width == sum(FONTS.advances(text, board.font_size, board.language))
    placed = [(word.page, word.box.y, word.box.x) for word in board.words]
    assert placed == sorted(placed)
    for (_, _, first, a, _), (_, _, second, b, _) in pairwise(board.words):
        assert first != second or a.x + a.width <= b.x or a.y + a.height <= b.y
    rule = board.separator
    if rule != Box(0, 0, 0, 0):
        assert page.margin_left <= rule.x < rule.x + rule.width <= right
        assert rule.height > 0
        for _, frame, number, box, _ in board.words:
            if number == board.separator_page:
                above, below = box.y + box.height <= rule.y, rule.y + rule.height <= box.y
                assert above if frame < board.prompt_frames else below


def assert_pages(board: Storyboard, spec: StoryboardSpec) -> None:
    """Each page starts at the frame of its first word."""
    assert len(board.page_starts) == board.pages == board.words[-1].page + 1
    for number, start in enumerate(board.page_starts):
        assert start == min(word.frame for word in board.words if word.page == number)
    assert list(board.page_starts) == sorted(set(board.page_starts))
    assert board.font_size == spec.page.font_size or spec.prompt_overflow == "shrink"
    assert 16 <= board.font_size <= spec.page.font_size
    if spec.prompt_overflow != "spill":
        assert board.prompt_frames == spec.prompt_hold
