"""`vwd preview`: what a row or a sample looks like."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import (
    LocalPath,
    OutputPath,
    VwdCommand,
    base_dir_option,
    corpus_names,
    echo,
    json_option,
    print_error,
    print_json,
)
from vwd.cli.page_options import page_options, page_settings
from vwd.cli.rows_options import corpus_of, own_columns_options, text_form, text_form_options
from vwd.limits import MAX_ROW_BYTES

if TYPE_CHECKING:
    from vwd.corpora.registry import Corpus
    from vwd.corpora.sample import Skip
    from vwd.preview.sample import Previewed
    from vwd.shards.paths import OutputPaths

    Found = Iterator[tuple[str, Previewed | Skip]]


@click.command(cls=VwdCommand)
@click.argument("dataset", shell_complete=corpus_names)
@click.argument("texts", metavar="[TEXT...]", nargs=-1)
@click.option(
    "--row",
    "row_numbers",
    type=click.IntRange(0),
    multiple=True,
    help="The number of a row, from 0; may be given several times.  [default: 0]",
)
@click.option("--random", type=click.IntRange(1), metavar="K", help="K rows, picked at random.  [default: none]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of --random.")
@click.option(
    "--to",
    type=LocalPath(file_okay=False),
    default=".",
    show_default=True,
    help="The folder for the pictures, named by the samples' keys.",
)
@click.option(
    "--boxes", is_flag=True, help="Mark the words: prompt blue, answer orange, final answer green.  [default: off]"
)
@click.option("--gif", is_flag=True, help="Write an animation, too.  [default: off]")
@click.option("--webp", is_flag=True, help="Write an animation, too.  [default: off]")
@click.option("--mp4", is_flag=True, help="Write a video, too; for browsers with the extra h264.  [default: off]")
@click.option("--rows", multiple=True, help="As in 'vwd pack'.  [default: the local copy, else the hub]")
@click.option("--split", default="", help="Another split of the corpus, such as test.  [default: train]")
@own_columns_options
@click.option("--language", metavar="[en|ko|zh]", help="Your own rows: their language.  [default: none]")
@text_form_options
@click.option("--streaming", is_flag=True, help="Read the hub's rows as they come.  [default: off]")
@base_dir_option
@page_options
@json_option
@click.pass_context
def preview(ctx: click.Context, /, dataset: str, texts: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Draw rows of DATASET as 'vwd pack' would, or a sample of shards; nothing is packed.

    TEXT is a prompt and an answer, or the key of a sample where DATASET is the folder of a packed dataset. Without it,
    rows are drawn.

    Writes a contact sheet: the first frame, the last of every page, and the last of the video. A terminal that can show
    pictures shows it (extra preview).

    \b
    vwd preview gsm8k --rows rows.jsonl --random 3
    vwd preview gsm8k "What is 2 + 3?" "It is 5."
    vwd preview shards/gsm8k gsm8k_000012 --gif
    """  # fmt: skip
    from vwd.corpora.sample import Skip

    written: list[dict[str, Any]] = []
    skipped = False
    for name, found in _found(dataset, texts, options):
        if isinstance(found, Skip):
            skipped = True
            print_error(f"{name} would be skipped, {found.code.value}: {found.detail}", _REMEDY)
            continue
        files = _write(found, options)
        written.append({"key": found.key, "files": [str(file) for file in files], "pages": found.storyboard.pages})
        if not as_json:
            shown = _show(files[0])
            for file in files if not shown else files[1:]:
                echo(str(file))
    if as_json:
        print_json(written)
    if skipped:
        ctx.exit(1)


_REMEDY = "docs/output.md says what each code means; --prompt-overflow, --pace, --size and --font-size change the room."


def _found(dataset: str, texts: tuple[str, ...], options: dict[str, Any]) -> Found:
    from vwd.errors import UsageError

    given = bool(options["row_numbers"]) + bool(options["random"]) + bool(texts)
    if given > 1:
        raise UsageError("--row, --random and a text or a key exclude each other", "Give one of them.")
    if not options["rows"] and _is_output(dataset):
        yield from _from_shards(dataset, texts, options)
        return
    if len(texts) == 1:
        raise UsageError(
            f"'{dataset}' is no packed dataset, of which '{texts[0]}' could be a sample",
            "Give a prompt and an answer, or the folder of a packed dataset and a key.",
        )
    if len(texts) > 2:
        raise UsageError(f"{len(texts)} texts", "Give a prompt and an answer, each in quotes.")
    if texts:
        from vwd.preview.sample import preview_text

        prompt, answer = texts
        yield "the text", preview_text(_corpus_of_text(dataset, options), prompt, answer, *page_settings(options))
        return
    yield from _from_rows(dataset, options)


def _from_shards(folder: str, texts: tuple[str, ...], options: dict[str, Any]) -> Found:
    from vwd.corpora.sample import sample_key
    from vwd.preview.sample import preview_key, sample_keys
    from vwd.shards.paths import find_outputs

    found = find_outputs(OutputPath().convert(folder, None, None))
    for paths in _with_key(found, texts[0]) if texts else found:
        keys = texts or [sample_key(paths.dataset, row) for row in options["row_numbers"]]
        for key in keys or sample_keys(paths, options["random"], options["seed"]):
            yield key, preview_key(paths, key)


def _is_output(folder: str) -> bool:
    """Whether it is a packed dataset, or the base folder of some; it could also be the name of a corpus."""
    return "://" in folder or (Path(folder) / "pack.json").is_file() or any(Path(folder).glob("*/pack.json"))


def _with_key(found: list[OutputPaths], key: str) -> list[OutputPaths]:
    """The dataset that a key belongs to, by its name; the first one for the number of a row."""
    return [one for one in found if key.startswith(f"{one.dataset}_")][:1] or found[:1]


def _from_rows(dataset: str, options: dict[str, Any]) -> Found:
    from vwd.corpora.sources.open import open_rows
    from vwd.preview.sample import preview_rows, random_rows

    corpus = corpus_of(dataset, options)
    rows = open_rows(
        corpus, options["rows"], options["base_dir"], options["streaming"], MAX_ROW_BYTES, text_form(options)
    )
    numbers = sorted(set(options["row_numbers"])) or [0]
    if options["random"]:
        numbers = random_rows(rows, options["random"], options["seed"])
    for number, found in preview_rows(corpus, rows, numbers, *page_settings(options), MAX_ROW_BYTES):
        yield f"row {number} of {dataset}", found


def _corpus_of_text(dataset: str, options: dict[str, Any]) -> Corpus:
    from vwd.corpora.registry import find_corpus, own_corpus

    return own_corpus(dataset, "prompt", "answer", options["language"]) if options["language"] else find_corpus(dataset)


def _write(found: Previewed, options: dict[str, Any]) -> list[Path]:
    """The sheet, and the animations that were asked for."""
    from PIL import Image

    from vwd.preview.animation import KINDS, animation
    from vwd.preview.sheet import contact_sheet
    from vwd.storage.atomic import atomic_write
    from vwd.storage.errors import output_errors
    from vwd.storage.tempfiles import temporary_folder

    folder: Path = options["to"]
    files = []
    with output_errors(folder, "or give another folder with `to`."):
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder) as temp:
            for kind in ("png", *(kind for kind in KINDS if options[kind])):
                files.append(folder / f"{found.key}.{kind}")
                with atomic_write(files[-1], temp) as file:
                    if kind == "png":
                        Image.fromarray(contact_sheet(found, options["boxes"])).save(file, "PNG")
                    else:
                        file.write(animation(found, kind, options["boxes"]))
    return files


def _show(picture: Path) -> bool:
    """Shows a picture where the terminal can; whether it did."""
    if not sys.stdout.isatty():
        return False
    try:
        from rich.console import Console
        from textual_image import renderable
    except ImportError:
        return False
    shown = renderable.Image(str(picture), width="100%", height="auto")  # in the way that this terminal knows
    if isinstance(shown, renderable.HalfcellImage):  # coarse blocks, in which nobody could read
        return False
    Console().print(shown)
    return True
