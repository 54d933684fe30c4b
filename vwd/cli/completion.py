"""`vwd completion`: the shell's completion script."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand


@click.command(cls=VwdCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  eval "$(vwd completion bash)"          in ~/.bashrc
    zsh:   eval "$(vwd completion zsh)"           in ~/.zshrc
    fish:  vwd completion fish | source           in config.fish
    """
    from click.shell_completion import get_completion_class

    completion_class = get_completion_class(shell)
    assert completion_class
    click.echo(completion_class(ctx.find_root().command, {}, "vwd", "_VWD_COMPLETE").source())
