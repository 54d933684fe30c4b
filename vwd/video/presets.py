"""Clips as video models take them: size, length, rate, a font to match, and where each number is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """The settings of a video for one family of models.

    Attributes:
        size: width x height in pixels.
        fps: frames a second.
        font_size: in pixels, about as many columns as the documented page has.
        side: what both sides are multiples of.
        step: frames are a multiple of this, and one more.
        source: where the numbers are from.
    """

    size: str
    frames: int
    fps: str
    font_size: int
    side: int
    step: int
    source: str

    @property
    def options(self) -> dict[str, str | int]:
        """As options of `vwd pack`. Few frames need several words in one, or most answers would be too long."""
        return {
            "size": self.size, "frames": self.frames, "fps": self.fps, "font_size": self.font_size, "pace": "fit"
        }  # fmt: skip


PRESETS = {
    # Sides: the VAE's 8 times the patch of 2.
    "wan": Preset(
        "832x480", 81, "16", 36, 16, 4,
        "Wan2.1: 480P is 832*480, `frame_num` 81 and 4n+1 (wan/text2video.py), `sample_fps` 16 (wan/configs)",
    ),
    "cogvideox": Preset(
        "720x480", 49, "8", 32, 16, 4,
        "CogVideoX-2B and -5B: 720 * 480, 8 frames a second, `sample_frames` 49 (transformer/config.json)",
    ),
    "ltx": Preset(
        "768x512", 121, "24", 34, 32, 8,
        "LTX-Video: 5 s of 24 fps at 768x512 (arXiv 2501.00103); sides divisible by 32, 8k+1 frames (model card)",
    ),
    "hunyuan": Preset(
        "960x544", 129, "24", 42, 16, 4,
        "HunyuanVideo: 544px960px129f (README); 4n+1 frames (hyvideo/config.py), 24 fps",
    ),
    # Its 256px buckets have 5 to 129 frames, 4 apart; 0.57 (height by width) is 192 x 336. 16 px is the smallest font.
    "opensora": Preset(
        "336x192", 129, "24", 16, 16, 4,
        "Open-Sora 2.0: 256px buckets to 129 frames (configs/diffusion/train/stage1.py), ASPECT_RATIO_256 "
        "(opensora/datasets/aspect.py), 24 fps",
    ),
}  # fmt: skip
