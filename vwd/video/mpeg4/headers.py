"""The headers of a stream and of its VOPs (6.2.2 to 6.2.5)."""

from __future__ import annotations

from vwd.video.mpeg4.bits import bits, pack
from vwd.video.spec import VideoSpec

# Simple Profile, level 5 (table G-1): the largest of Simple, 1,620 macroblocks a frame.
_PROFILE_AND_LEVEL = 0x05

_VISUAL_OBJECT_SEQUENCE = b"\x00\x00\x01\xb0"
_VISUAL_OBJECT = b"\x00\x00\x01\xb5"
_VIDEO_OBJECT = b"\x00\x00\x01\x00"
_VIDEO_OBJECT_LAYER = b"\x00\x00\x01\x20"
_VOP = bits(0x000001B6, 32)

I_VOP, P_VOP = 0, 1
_MARKER = b"\x01"


def increment_bits(spec: VideoSpec) -> int:
    """The width of vop_time_increment: enough for 0 to resolution - 1."""
    return max(1, (spec.fps.numerator - 1).bit_length())


def stream_header(spec: VideoSpec) -> bytes:
    """Visual object sequence, visual object, video object and video object layer: the decoder's configuration."""
    layer = b"".join(
        (
            bits(0, 1),  # random_accessible_vol
            bits(1, 8),  # video_object_type_indication: simple
            bits(0, 1),  # is_object_layer_identifier
            bits(1, 4),  # aspect_ratio_info: square
            bits(1, 1), bits(1, 2), bits(1, 1), bits(0, 1),  # vol_control: 4:2:0, low delay, no VBV
            bits(0, 2), _MARKER,  # rectangular
            bits(spec.fps.numerator, 16), _MARKER,  # vop_time_increment_resolution
            _fixed_rate(spec),
            _MARKER, bits(spec.width, 13), _MARKER, bits(spec.height, 13), _MARKER,
            bits(0, 1),  # interlaced
            bits(1, 1),  # obmc_disable
            bits(0, 1),  # sprite_enable
            bits(0, 1),  # not_8_bit
            bits(0, 1),  # quant_type: H.263
            bits(1, 1),  # complexity_estimation_disable
            bits(1, 1),  # resync_marker_disable
            bits(0, 1),  # data_partitioned
            bits(0, 1),  # scalability
        )
    )  # fmt: skip
    object_type = bits(0, 1) + bits(1, 4) + bits(0, 1)  # video; no signal type
    return b"".join(
        (
            _VISUAL_OBJECT_SEQUENCE, bytes([_PROFILE_AND_LEVEL]),
            _VISUAL_OBJECT, pack([object_type])[0],
            _VIDEO_OBJECT, _VIDEO_OBJECT_LAYER, pack([layer])[0],
        )
    )  # fmt: skip


def _fixed_rate(spec: VideoSpec) -> bytes:
    """fixed_vop_rate and its increment, which must be less than a second."""
    if spec.fps.denominator >= spec.fps.numerator:
        return bits(0, 1)
    return bits(1, 1) + bits(spec.fps.denominator, increment_bits(spec))


def vop_header(spec: VideoSpec, frame: int, kind: int, quantiser: int) -> bytes:
    """The bits before a VOP's first macroblock. Time is frame * increment, in whole seconds and a rest."""
    step, resolution = spec.fps.denominator, spec.fps.numerator
    seconds, rest = divmod(frame * step, resolution)
    before = max(frame - 1, 0) * step // resolution
    rounding = bits(0, 1) if kind == P_VOP else b""
    reach = bits(1, 3) if kind == P_VOP else b""  # vop_fcode_forward
    return b"".join(
        (
            _VOP, bits(kind, 2), b"\x01" * (seconds - before), b"\x00", _MARKER, bits(rest, increment_bits(spec)),
            _MARKER, bits(1, 1), rounding, bits(0, 3), bits(quantiser, 5), reach,
        )
    )  # fmt: skip
