"""Draws the README's picture: frames of two built-in samples, one row each.

python tools/picture/draw.py [--out tools/picture/frames.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import Skip
from vwd.corpora.sources.open import BUILTIN, open_rows
from vwd.text.layout import lay_out
from vwd.video.fonts import Fonts
from vwd.video.frames import Canvas, grey_frames
from vwd.video.spec import VideoSpec

_GAP, _BORDER = 16, 225
_SAMPLES = (("gsm8k", 1), ("belle_school_math", 0))


def strip(corpus_name: str, index: int) -> Canvas:
    """Four frames of a sample: the prompt, two partial answers, and the complete answer."""
    corpus = find_corpus(corpus_name)
    rows = open_rows(corpus, BUILTIN)
    row = next(iter(rows.read(index, index + 1)))
    sample = corpus.sample(row, index, corpus.schema_for(rows.columns))
    page = VideoSpec().storyboard_spec().for_language(corpus.language)
    storyboard = sample if isinstance(sample, Skip) else lay_out(sample, page, Fonts())
    assert not isinstance(storyboard, Skip), storyboard
    frames = grey_frames(storyboard)
    last = storyboard.words[-1].frame
    return with_borders([frames[number] for number in (0, last // 3, 2 * last // 3, last)], axis=1)


def with_borders(pictures: list[Canvas], axis: int) -> Canvas:
    """Joins pictures along an axis, with a grey border around each."""
    padded = [np.pad(picture, _GAP // 2, constant_values=_BORDER) for picture in pictures]
    return np.concatenate(padded, axis=axis)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("frames.png"))
    options = parser.parse_args()
    picture = Image.fromarray(np.concatenate([strip(*sample) for sample in _SAMPLES]))
    width, height = picture.size
    picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS).save(options.out, optimize=True)
    print(options.out)


if __name__ == "__main__":
    main()
