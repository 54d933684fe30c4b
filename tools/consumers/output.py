"""Reads what an output contains with `json` and `tarfile` alone, and compares it with what another reader returned."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

# A pixel darker than this is ink: the page is white (255), the text black.
_INK = 128
TASKS = ("inference", "rendering")


class MismatchError(Exception):
    """A reader returned something other than what the shards contain."""


class Seen(NamedTuple):
    """A sample as a reader returned it; `video` is the content of the mp4 member, None where it only decodes."""

    key: str
    prompt: str
    video: bytes | None


class Word(NamedTuple):
    """A word of the storyboard: its first frame, its box, and whether the previous frame shows the same page."""

    text: str
    frame: int
    box: tuple[int, int, int, int]
    same_page: bool


class Stored(NamedTuple):
    """A sample as stored in its tar: the prompt of each task, and the sha256 of its video."""

    prompts: Mapping[str, str]
    sha256: str
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Output:
    """One dataset's folder: its tars in order, and its samples by key, in the order of the tars.

    Attributes:
        exports: the folder of each task that was exported, where the reader takes a folder of videos.
    """

    folder: Path
    tars: tuple[Path, ...]
    width: int
    height: int
    frames: int
    fps: Fraction
    samples: dict[str, Stored]
    exports: Mapping[str, Path] = field(default_factory=dict)


def read_output(folder: Path) -> Output:
    """Reads a complete output: each tar has every sample of its ledger entry.

    Raises:
        MismatchError: a tar has other samples than its ledger entry.
    """
    video = json.loads((folder / "pack.json").read_bytes())["video"]
    tars, samples = [], {}
    for path in sorted((folder / "ledger").glob("*.json")):
        entry = json.loads(path.read_bytes())
        if not entry["samples"]:
            continue
        tar = folder / f"{path.stem}.tar"
        stored = dict(_stored(tar))
        keys = [f"{folder.name}_{int(word.partition(':')[0]):06d}" for word in entry["sizes"].split()]
        if list(stored) != keys:
            raise MismatchError(f"{tar.name} does not contain the samples of its ledger entry: run 'vwd verify'")
        tars.append(tar)
        samples.update(stored)
    size = (video["width"], video["height"], video["frames"])
    return Output(folder, tuple(tars), *size, Fraction(video["fps"]), samples)


def _stored(tar: Path) -> Iterator[tuple[str, Stored]]:
    members: dict[str, bytes] = {}
    with tarfile.open(tar) as opened:
        for info in opened:
            key, _, ending = info.name.partition(".")
            file = opened.extractfile(info)
            members[ending] = file.read() if file else b""
            if ending == "storyboard.json":
                prompts = {task: json.loads(members[f"{task}.json"])["prompt"] for task in TASKS}
                words = tuple(_words(json.loads(members[ending])))
                yield key, Stored(prompts, hashlib.sha256(members["mp4"]).hexdigest(), words)
                members.clear()


def _words(storyboard: dict[str, Any]) -> Iterator[Word]:
    for word in storyboard["words"]:
        same_page = word["frame"] > storyboard["page_starts"][word["page"]]
        yield Word(word["text"], word["frame"], tuple(word["box"]), same_page)


def compare(
    seen: Iterable[Seen], output: Output, task: str = "inference", read: Callable[[str], str] = lambda prompt: prompt
) -> str:
    """Compares the samples that a reader returned, in their order, with the tars.

    Args:
        task: whose prompts the reader should have returned.
        read: what the reader makes of a prompt on purpose.

    Raises:
        MismatchError: a sample is missing, repeated, moved or changed.
    """
    expected, count = iter(output.samples.items()), 0
    for count, sample in enumerate(seen, 1):
        key, stored = next(expected, ("the end", None))
        if sample.key != key or stored is None:
            raise MismatchError(f"sample {count} is {sample.key}, not {key}")
        if sample.prompt != (prompt := read(stored.prompts[task])):
            raise MismatchError(f"{key}: the prompt is {sample.prompt!r}, not {prompt!r}")
        if sample.video is not None and hashlib.sha256(sample.video).hexdigest() != stored.sha256:
            raise MismatchError(f"{key}: the video's {len(sample.video)} bytes are not those of the tar")
    if count != len(output.samples):
        raise MismatchError(f"{count} samples of {len(output.samples)}")
    return f"{count}: every key, prompt and video, in order"


def check_pictures(key: str, pictures: Any, output: Output) -> None:
    """Compares a decoded video with its storyboard: each word is visible from its frame on, and not before.

    Args:
        pictures: uint8 [frames, height, width, 3], a numpy array.

    Raises:
        MismatchError: the shape or a word differs.
    """
    expected = (output.frames, output.height, output.width, 3)
    if pictures.shape != expected or str(pictures.dtype) != "uint8":
        raise MismatchError(f"{key}: decoded as {pictures.dtype} {pictures.shape}, not uint8 {expected}")
    for word in output.samples[key].words:
        x, y, width, height = word.box
        inside = pictures[max(word.frame - 1, 0) : word.frame + 1, y : y + height, x : x + width]
        if inside[-1].min() >= _INK:
            raise MismatchError(f"{key}: '{word.text}' is not visible in frame {word.frame}")
        if word.same_page and inside[0].min() < _INK:
            raise MismatchError(f"{key}: '{word.text}' is visible before frame {word.frame}")


def pictures_line(count: int, output: Output) -> str:
    """The result of `check_pictures` for all videos, as one line."""
    return f"{count} videos of {output.frames} frames, {output.width}x{output.height}; every word in its frame and box"
