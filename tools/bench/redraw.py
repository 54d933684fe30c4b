"""The baseline: the usual script, which draws every frame from scratch and passes it to `cv2.VideoWriter`."""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vwd.text.metrics import baseline
from vwd.text.storyboard import Storyboard, Word
from vwd.video.fonts import CHINESE, LATIN, font_path
from vwd.video.spec import VideoSpec


class RedrawEncoder:
    """Draws each frame as all visible lines of text on a white image, converts it to BGR and writes it."""

    def __init__(self) -> None:
        self._fonts: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        font = self._font(LATIN if storyboard.language == "en" else CHINESE, storyboard.font_size)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "video.mp4"
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(path), fourcc, float(spec.fps), (spec.width, spec.height))
            for frame in range(spec.frames):
                writer.write(_draw(storyboard, frame, font))
            writer.release()
            return path.read_bytes()

    def _font(self, name: str, size: int) -> ImageFont.FreeTypeFont:
        if (name, size) not in self._fonts:
            layout = ImageFont.Layout.BASIC
            self._fonts[name, size] = ImageFont.truetype(str(font_path(name)), size, layout_engine=layout)
        return self._fonts[name, size]


def _draw(storyboard: Storyboard, frame: int, font: ImageFont.FreeTypeFont) -> cv2.typing.MatLike:
    image = Image.new("RGB", (storyboard.width, storyboard.height), "white")
    draw = ImageDraw.Draw(image)
    page = sum(start <= frame for start in storyboard.page_starts) - 1
    visible = [word for word in storyboard.words if word.page == page and word.frame <= frame]
    for y, line in groupby(visible, lambda word: word.box.y):
        words: list[Word] = list(line)
        text = " ".join(word.text for word in words)
        draw.text((words[0].box.x, y + baseline(storyboard.font_size)), text, fill="black", font=font, anchor="ls")
    if page == storyboard.separator_page and storyboard.separator.height:
        x, top, width, height = storyboard.separator
        draw.rectangle((x, top, x + width - 1, top + height - 1), fill="black")
    return cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR)
