"""The options of `vwd pack` that decide the video: its size and rate, and how text appears on its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import F

if TYPE_CHECKING:
    from vwd.text.spec import StoryboardSpec
    from vwd.video.spec import VideoSpec

_PRESETS = ("wan", "cogvideox", "ltx", "hunyuan", "opensora")


def _use_preset(ctx: click.Context, _: click.Parameter, name: str | None) -> str | None:
    """Makes a preset's settings the defaults of the others: what is given beside it counts."""
    if name:
        from vwd.video.presets import PRESETS

        ctx.default_map = {**(ctx.default_map or {}), **PRESETS[name].options}
    return name


_OPTIONS = (
    click.option(
        "--preset",
        type=click.Choice(_PRESETS),
        is_eager=True,
        expose_value=False,
        callback=_use_preset,
        help="Clips as a model takes them: other defaults of --size, --frames, --fps, --font-size and --pace.  "
        "[default: none]",
    ),
    click.option(
        "--prompt-overflow",
        type=click.Choice(["spill", "shrink", "skip"]),
        default="spill",
        show_default=True,
        help="A prompt longer than a page: spread over several pages, in a smaller font, or skipped.",
    ),
    click.option(
        "--prompt-hold",
        type=int,
        default=1,
        show_default=True,
        metavar="N",
        help="Frames that each page of the prompt is shown.",
    ),
    click.option(
        "--separator",
        type=click.Choice(["auto", "always"]),
        default="auto",
        show_default=True,
        help="The line between prompt and answer: below the prompt where the answer continues there; or always, else "
        "at the top of the answer's first page.",
    ),
    click.option(
        "--pace",
        type=click.Choice(["word", "spread", "fit"]),
        default="word",
        show_default=True,
        help="The answer appears a word a frame; spread evenly over all frames; or with several words a frame where "
        "it would not fit otherwise.",
    ),
    click.option(
        "--zh-units",
        type=click.Choice(["word", "char"]),
        default="word",
        show_default=True,
        help="What appears at a time in Chinese.",
    ),
    click.option("--size", default="640x360", show_default=True, help="Width x height in pixels."),
    click.option("--frames", type=int, default=193, show_default=True, help="Frames a video."),
    click.option("--fps", default="193/10", show_default=True, help="Frames a second, exactly."),
    click.option("--font-size", type=int, default=28, show_default=True, help="In pixels."),
)


def page_options(command: F) -> F:
    """Everything that decides a video, besides its encoder."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def page_settings(options: dict[str, Any]) -> tuple[VideoSpec, StoryboardSpec]:
    """The settings that the options mean.

    Raises:
        UsageError: a value is not allowed.
    """
    from vwd.video.spec import VideoSpec

    video = VideoSpec.parse(options["size"], options["frames"], options["fps"])
    names = ("font_size", "prompt_overflow", "zh_units", "pace", "prompt_hold", "separator")
    return video, video.storyboard_spec(**{name: options[name] for name in names})
