"""`torchrun --nproc_per_node 4 -m tools.caption.caption_llava TABLE --model-path …`: as `vwd meta caption`.

The model is behind a server with OpenAI's interface, such as vLLM, which serves it under its path.
"""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.caption import Asked, caption_table
from vwd.errors import UsageError
from vwd.meta.ranks import environment_rank


@click.command(cls=VwdCommand)
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--dp-size", "data", type=click.IntRange(1), default=1, show_default=True, help="Processes that share.")
@click.option("--tp-size", "tensor", type=click.IntRange(1), default=1, show_default=True, help="The server's matter.")
@click.option("--model-path", "model", default="liuhaotian/llava-v1.6-mistral-7b", show_default=True, help="Its name.")
@click.option("--prompt", default="video-f1-detail-3ex", show_default=True, help="A prompt, or the name of one.")
@click.option("--num-frames", "frames", type=click.IntRange(1), default=1, show_default=True, help="Of each video.")
@click.option("--resize", type=click.IntRange(16), default=336, show_default=True, help="Their shorter side.")
@click.option("--max-tokens", type=click.IntRange(1), default=300, show_default=True, help="Of an answer.")
@click.option("--bs", type=click.IntRange(1), default=16, show_default=True, help="Questions a server gets at once.")
@click.option(
    "--servers", envvar="VWD_CAPTION_SERVERS", show_envvar=True,
    help="Addresses, with commas between.  [default: http://127.0.0.1:8000/v1]",
)  # fmt: skip
@click.option("--flash-attention", is_flag=True, help="The server's matter.")
@click.pass_context
def main(
    ctx: click.Context, table: Path, data: int, tensor: int, model: str, prompt: str, frames: int, resize: int,
    max_tokens: int, bs: int, servers: str | None, flash_attention: bool,
) -> None:  # fmt: skip
    """Caption the videos of TABLE; each process its share."""
    rank = environment_rank()
    if rank.size not in (1, data * tensor):
        raise UsageError(
            f"{rank.size} processes, and --dp-size {data} --tp-size {tensor}", "Start as many as both together say."
        )
    if tensor > 1 and rank.size > 1:
        raise UsageError(f"--tp-size {tensor}: one server's GPUs are its own matter", "Give --tp-size 1.")
    caption_table(ctx, table, Asked("auto", servers, model, prompt, frames, resize, max_tokens, bs))


if __name__ == "__main__":
    main()
