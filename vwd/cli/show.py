"""`vwd show`: what is known of one sample, or of the rows that were skipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import OutputPath, VwdCommand, base_dir_option, echo, json_option, print_json

if TYPE_CHECKING:
    from vwd.shards.find_sample import FoundSample
    from vwd.shards.paths import OutputPaths


@click.command(cls=VwdCommand)
@click.argument("output", metavar="OUT", type=OutputPath())
@click.argument("key", required=False)
@click.option("--skips", is_flag=True, help="List the rows that were skipped, with the reason.  [default: off]")
@click.option("--code", help="With --skips: only those of this code.  [default: all]")
@click.option(
    "--rows",
    multiple=True,
    help="With --skips: the rows that were packed, to show their text.  [default: the local copy, or built-in rows]",
)
@base_dir_option
@json_option
def show(
    output: Path, key: str | None, skips: bool, code: str | None, rows: tuple[str, ...], base_dir: Path, as_json: bool
) -> None:
    """Show a sample of OUT: members, prompt, answer, where it lies, and when each word appears.

    KEY is a sample's key, or the number of its row. OUT is the base folder that 'vwd pack --out' named, or one
    dataset's folder in it.

    \b
    vwd show shards/gsm8k gsm8k_000012
    vwd show shards/gsm8k --skips --code missing_glyph
    """  # fmt: skip
    from vwd.errors import UsageError
    from vwd.shards.paths import find_outputs

    if bool(key) == skips:
        raise UsageError("neither a key nor --skips" if skips is False else "a key and --skips", "Give one of them.")
    found = find_outputs(output)
    if skips:
        _show_skips(found, code, rows, base_dir, as_json)
        return
    assert key
    paths = next((one for one in found if key.startswith(f"{one.dataset}_")), found[0])
    _show_sample(paths, key, as_json)


def _show_sample(paths: OutputPaths, key: str, as_json: bool) -> None:
    from vwd.shards.checked_sample import read_storyboard
    from vwd.shards.find_sample import find_sample

    found = find_sample(paths, key)
    board = found.members.get("storyboard.json")
    record = read_storyboard(f"{found.shard}: {found.key}", board, None).to_json() if board is not None else {}
    if as_json:
        print_json({**_place(paths, found), "storyboard": record})
        return
    place = _place(paths, found)
    echo(f"{found.key}  in {place['tar']}, bytes {place['start']:,} to {place['stop']:,}")
    for ending, span in found.offsets.members.items():
        echo(f"  {ending:<17} {span.size:>9,} bytes at {span.offset:,}")
    if not record:
        return
    for name in ("question", "answer", "final_answer"):
        echo()
        echo(name.replace("_", " "))
        for line in (record[name] or "(none)").split("\n"):
            echo(f"  {line}")
    echo()
    echo(f"{'frame':>7} {'second':>7} {'page':>5}  {'x, y, width, height':<22} word")
    for word in record["words"]:
        second = word["frame"] / record["fps"]
        box = ", ".join(map(str, word["box"]))
        echo(f"{word['frame']:>7} {second:>7.2f} {word['page'] + 1:>5}  {box:<22} {word['text']}")


def _place(paths: OutputPaths, found: FoundSample) -> dict[str, Any]:
    members = {ending: {"offset": span.offset, "size": span.size} for ending, span in found.offsets.members.items()}
    tar = paths.tars / f"{found.shard}.tar"
    return {
        "key": found.key, "tar": str(tar), "start": found.offsets.start, "stop": found.offsets.stop, "members": members,
    }  # fmt: skip


def _show_skips(
    found: list[OutputPaths], code: str | None, rows: tuple[str, ...], base_dir: Path, as_json: bool
) -> None:
    from vwd.inspect.skips import rows_at_hand, skipped_rows, texts_of

    listed = []
    at_hand = rows_at_hand(found, rows, base_dir)
    for paths in found:
        skips = [skip for skip in skipped_rows(paths) if code in (None, skip.code.value)]
        read = at_hand.get(paths.dataset)
        texts = texts_of(read, [skip.index for skip in skips]) if read else {}
        listed += [
            {"dataset": paths.dataset, "row": skip.index, "code": skip.code.value, "detail": skip.detail}
            | ({"text": texts.get(skip.index, "")} if read else {})
            for skip in skips
        ]
    if as_json:
        print_json(listed)
        return
    for one in listed:
        echo(f"{one['dataset']} row {one['row']:,}  {one['code']}: {one['detail']}")
        if one.get("text"):
            echo(f"    {one['text']}")
    if not listed:
        echo("no row was skipped" if code is None else f"no row was skipped as {code}", err=True)
