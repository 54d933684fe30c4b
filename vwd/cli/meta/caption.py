"""`vwd meta caption`: captions of videos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import Real, VwdCommand, json_option
from vwd.cli.meta.common import TABLE, report

if TYPE_CHECKING:
    from vwd.meta.captioners import Captioner

BACKENDS = ("auto", "openai", "cogvlm2", "truth")


@dataclass(frozen=True)
class Asked:
    """What captions are asked of, and how."""

    backend: str = "auto"
    servers: str | None = None
    model: str = "llava"
    prompt: str = "video"
    frames: int = 4
    resize: int = 336
    max_tokens: int = 300
    at_once: int = 8
    timeout: float = 120.0
    tries: int = 4

    def captioner(self) -> tuple[Captioner, dict[str, Any]]:
        """And what its captions depend on."""
        from vwd.meta.captioners import (
            COGVLM2_QUESTION,
            COGVLM2_URLS,
            OPENAI_URL,
            CogVLM2,
            OpenAI,
            Truth,
            TruthFirst,
            addresses,
            api_key,
            prompt_text,
        )  # fmt: skip
        from vwd.meta.servers import Servers

        if self.backend == "truth":
            return Truth(), {"backend": "truth"}
        if self.backend == "cogvlm2":
            question = COGVLM2_QUESTION if self.prompt == "video" else prompt_text(self.prompt)
            pool = Servers(addresses(self.servers, COGVLM2_URLS), 1, self.timeout, self.tries)
            return CogVLM2(pool, question), {"backend": "cogvlm2", "question": question}
        pool = Servers(addresses(self.servers, [OPENAI_URL]), self.at_once, self.timeout, self.tries)
        prompt = prompt_text(self.prompt)
        model = OpenAI(pool, self.model, prompt, self.frames, self.resize, self.max_tokens, api_key())
        settings = {
            "backend": self.backend, "model": self.model, "prompt": prompt, "frames": self.frames,
            "resize": self.resize, "max_tokens": self.max_tokens,
        }  # fmt: skip
        return (TruthFirst(Truth(), model) if self.backend == "auto" else model), settings

    @property
    def column(self) -> str:
        """Where captions go by default."""
        return "text_cogvlm2" if self.backend == "cogvlm2" else "text"


@click.command(cls=VwdCommand)
@click.argument("table", type=TABLE)
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    help="auto: the known text of videos that 'vwd export-jsonl' unpacked, openai for others.",
)
@click.option(
    "--servers",
    metavar="URLS",
    envvar="VWD_CAPTION_SERVERS",
    show_envvar=True,
    help="Addresses, with commas between.  [default: http://127.0.0.1:8000/v1; of cogvlm2 ports 5000 to 5007]",
)
@click.option("--model", default="llava", show_default=True, help="Its name at the server.")
@click.option("--prompt", default="video", show_default=True, help="A prompt, or the name of one, such as video-text.")
@click.option("--frames", type=click.IntRange(1, 64), default=4, show_default=True, help="Frames of each video.")
@click.option(
    "--resize", type=click.IntRange(16), default=336, show_default=True, help="Their shorter side, in pixels."
)
@click.option("--max-tokens", type=click.IntRange(1), default=300, show_default=True, help="Of an answer.")
@click.option(
    "--at-once", type=click.IntRange(1), default=8, show_default=True, help="Questions a server gets at once."
)
@click.option("--timeout", type=Real(0, min_open=True), default=120, show_default=True, help="Seconds.")
@click.option("--tries", type=click.IntRange(1), default=4, show_default=True, help="Of one question.")
@click.option("--column", help="Where captions go.  [default: text; of cogvlm2 text_cogvlm2]")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_caption_part<rank>.csv]")
@json_option
@click.pass_context
def caption(
    ctx: click.Context, /, table: Path, column: str | None, output: Path | None, as_json: bool, **asked: Any
) -> None:  # fmt: skip
    """Add a caption to each video of TABLE.

    Under torchrun each process does its share. All columns stay. What fails is tried again, at other servers, too;
    running the command again does what is left, and keeps what was captioned. A key is read from OPENAI_API_KEY.
    """
    caption_table(ctx, table, Asked(**asked), column, output, as_json)


def caption_table(
    ctx: click.Context, table: Path, asked: Asked, column: str | None = None, output: Path | None = None,
    as_json: bool = False,
) -> None:  # fmt: skip
    """Captions this rank's share, and tells how it went; exits with 1 where a video got no caption."""
    from vwd.cli.progress import Progress
    from vwd.meta.caption import caption_table
    from vwd.meta.names import existing
    from vwd.meta.ranks import environment_rank
    from vwd.meta.tables import open_table

    captioner, settings = asked.captioner()
    table, rank = existing(table), environment_rank()
    total = len(rank.share(open_table(table).count))
    with Progress("caption", total, "videos") as bar:
        output, done = caption_table(table, captioner, settings, output, rank, column or asked.column, bar.add)
    report(table, output, done, as_json)
    if done.failed:
        ctx.exit(1)
