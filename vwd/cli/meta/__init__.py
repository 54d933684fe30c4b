"""`vwd meta`: tables of real videos. Registers its verbs."""

from __future__ import annotations

import click

from vwd.cli.meta.caption import caption
from vwd.cli.meta.clean import clean
from vwd.cli.meta.cut import cut
from vwd.cli.meta.filter import filter_
from vwd.cli.meta.info import info
from vwd.cli.meta.merge import merge
from vwd.cli.meta.scan import scan
from vwd.cli.meta.scenes import scenes
from vwd.cli.meta.score import score


@click.group()
def meta() -> None:
    """Tables of real videos: scan folders, measure, cut into clips, score, caption, clean.

    \b
    vwd meta scan videos --output meta.csv            every video of a folder
    vwd meta info meta.csv --check --fmin 1           frames, size and rate; broken ones are dropped
    vwd meta scenes meta_info_fmin1.csv               cuts, as frames and times
    vwd meta cut meta_info_fmin1_timestamp.csv --save-dir clips
    vwd meta score META.csv                           aesthetic scores
    vwd meta caption META.csv                         captions by a server, or the text that is known
    vwd meta clean META.csv                           captions without prefixes and markup
    """


for command in (scan, info, merge, filter_, clean, scenes, cut, score, caption):
    meta.add_command(command)
