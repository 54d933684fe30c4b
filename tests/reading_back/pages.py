"""Videos of text, as drawn, encoded and disturbed; and what should be read of them."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import cv2
import numpy as np
import numpy.typing as npt
from text.boards import FONTS, sample_of

from vwd.corpora.sample import Language
from vwd.grade.tokens import Token, expected_tokens, found_tokens
from vwd.readback import Reading, read_frames
from vwd.readback.files import video_frames
from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Storyboard
from vwd.video.h264 import REPRODUCIBLE

Frames = npt.NDArray[np.uint8]
ENGLISH = (
    "Mia sells 12 jars at $3.50 each. How much does she earn?",
    "She earns 12*3.5 = 42 dollars; -7 ÷ 2 × 5 − 1 is not asked.\nSo the answer is: 42.",
)
CHINESE = (
    "小红有12个苹果，每个3.5元。她一共要付多少元？",
    "她要付12×3.5=42元。（注意：−7÷2不用算）\n答案是：42。",
)
TEXTS: dict[Language, tuple[str, str]] = {"en": ENGLISH, "zh": CHINESE}
SPEC = StoryboardSpec(frames=30)


def board_of(prompt: str, answer: str, language: Language = "en", spec: StoryboardSpec = SPEC) -> Storyboard:
    """The storyboard of a text with the language's own margins."""
    board = lay_out(sample_of(prompt, answer, language), spec.for_language(language), FONTS)
    assert isinstance(board, Storyboard), board
    return board


def read(frames: Frames, board: Storyboard) -> Reading:
    """What is read of the frames of a storyboard."""
    page = PageSpec(board.width, board.height, board.font_size).for_language(board.language)
    return read_frames(frames, board.language, page)


def tokens(reading: Reading, board: Storyboard) -> tuple[list[Token], list[Token]]:
    """What was read and what should have been: each as text, frame and page."""
    return found_tokens(reading, board.language), expected_tokens(board)


def sized(width: int, height: int) -> Callable[[Frames], Frames]:
    method = cv2.INTER_AREA if width <= 640 and height <= 360 else cv2.INTER_CUBIC
    return lambda frames: np.stack([cv2.resize(frame, (width, height), interpolation=method) for frame in frames])


def coarse(size: tuple[int, int], crf: int) -> Callable[[Frames], Frames]:
    """Frames of another size that went through H.264 with few bits."""

    def encoded(frames: Frames) -> Frames:
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=20, options={"crf": str(crf), **REPRODUCIBLE})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for frame in sized(*size)(frames):
                picture = av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return np.stack(list(video_frames(file.getvalue())))

    return encoded


def noisy(frames: Frames) -> Frames:
    random = np.random.default_rng(0)
    return np.stack([np.clip(f + random.normal(0, 20, f.shape), 0, 255).astype(np.uint8) for f in frames])


def blurred(frames: Frames, sigma: float = 1.0) -> Frames:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames])


def moved_by(across: float, down: float) -> Callable[[Frames], Frames]:
    return lambda frames: _mapped(frames, [[1, 0, across], [0, 1, down]], cv2.INTER_LINEAR)


def moved(frames: Frames) -> Frames:
    return moved_by(5, -3)(frames)


def zoomed(across: float, down: float | None = None, centred: bool = True) -> Callable[[Frames], Frames]:
    """The page larger or smaller, within pictures of the same size: about their middle, or else their corner.

    Args:
        down: as across, if None.
    """

    def zoom(frames: Frames) -> Frames:
        height, width = frames.shape[1:]
        scales = across, across if down is None else down
        left, top = (size * (1 - scale) / 2 * centred for size, scale in zip((width, height), scales, strict=True))
        return _mapped(frames, [[scales[0], 0, left], [0, scales[1], top]], cv2.INTER_AREA)

    return zoom


def _mapped(frames: Frames, matrix: list[list[float]], interpolation: int) -> Frames:
    to = np.array(matrix, np.float32)
    return np.stack([cv2.warpAffine(f, to, f.shape[::-1], borderValue=255, flags=interpolation) for f in frames])


def pale(frames: Frames) -> Frames:
    """Grey ink on greyish paper."""
    return frames // 5 * 3 + 70


def uneven(frames: Frames) -> Frames:
    """Strokes that are thin and faint on the left, and get thicker to the right."""
    square = np.ones((2, 2), np.uint8)
    to_the_right = np.linspace(0, 1, frames.shape[2])
    thin = [frame / 2 + cv2.dilate(frame, square) / 2 for frame in frames]
    thick = [cv2.erode(frame, square) for frame in frames]
    mixed = [a * (1 - to_the_right) + b * to_the_right for a, b in zip(thin, thick, strict=True)]
    return np.stack(mixed).astype(np.uint8)


def letterboxed(frames: Frames) -> Frames:
    """Black bars above and below, and narrower ones at the sides."""
    return np.pad(frames, ((0, 0), (60, 60), (20, 20)))


def cropped(frames: Frames) -> Frames:
    """Without some of the margins."""
    return np.ascontiguousarray(frames[:, 8:-24, 6:-10])
