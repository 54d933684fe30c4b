"""What an output holds, told from its ledger and by `tarfile` alone, and what a reader saw held against it."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

# Below this of 255 a pixel is ink: the page is white, the text black.
_INK = 128


class MismatchError(Exception):
    """A reader did not see what the shards hold."""


class Seen(NamedTuple):
    """A sample as a reader gave it; `video` are the bytes of the mp4 member."""

    key: str
    prompt: str
    video: bytes


class Word(NamedTuple):
    """A word of the storyboard: from which frame on it stands where, and whether the frame before has its page."""

    text: str
    frame: int
    box: tuple[int, int, int, int]
    grows: bool


class Stored(NamedTuple):
    """A sample as it stands in its tar."""

    prompt: str
    sha256: str
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Output:
    """One dataset's folder: its tars in order, and its samples by key, in the order of the tars."""

    folder: Path
    tars: tuple[Path, ...]
    width: int
    height: int
    frames: int
    fps: Fraction
    samples: dict[str, Stored]


def read_output(folder: Path) -> Output:
    """An output that is whole: of each ledger entry the tar has every sample.

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
        held = dict(_stored(tar))
        rows = [f"{folder.name}_{int(word.partition(':')[0]):06d}" for word in entry["sizes"].split()]
        if list(held) != rows:
            raise MismatchError(f"{tar.name} does not hold the samples of its ledger entry: run 'vwd verify'")
        tars.append(tar)
        samples.update(held)
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
                prompt = json.loads(members["inference.json"])["prompt"]
                words = tuple(_words(json.loads(members[ending])))
                yield key, Stored(prompt, hashlib.sha256(members["mp4"]).hexdigest(), words)
                members.clear()


def _words(told: dict[str, Any]) -> Iterator[Word]:
    for word in told["words"]:
        grows = word["frame"] > told["page_starts"][word["page"]]
        yield Word(word["text"], word["frame"], tuple(word["box"]), grows)


def compare(seen: Iterable[Seen], output: Output) -> str:
    """Holds every sample that a reader gave, in its order, against what stands in the tars.

    Raises:
        MismatchError: one is lost, doubled, moved or changed.
    """
    expected, count = iter(output.samples.items()), 0
    for count, sample in enumerate(seen, 1):
        key, stored = next(expected, ("no more sample", None))
        if sample.key != key or stored is None:
            raise MismatchError(f"sample {count} is {sample.key}, not {key}")
        if sample.prompt != stored.prompt:
            raise MismatchError(f"{key}: the prompt is {sample.prompt!r}, not {stored.prompt!r}")
        if hashlib.sha256(sample.video).hexdigest() != stored.sha256:
            raise MismatchError(f"{key}: the video's {len(sample.video)} bytes are not those of the tar")
    if count != len(output.samples):
        raise MismatchError(f"{count} samples of {len(output.samples)}")
    return f"{count}: every key, prompt and video, in order"


def check_pictures(key: str, pictures: Any, output: Output) -> None:
    """Holds a decoded video against its storyboard: each word is there from its frame on, and not before.

    Args:
        pictures: uint8 [frames, height, width, 3], a numpy array.

    Raises:
        MismatchError: a shape or a word is off.
    """
    wanted = (output.frames, output.height, output.width, 3)
    if pictures.shape != wanted or str(pictures.dtype) != "uint8":
        raise MismatchError(f"{key}: decoded as {pictures.dtype} {pictures.shape}, not uint8 {wanted}")
    for word in output.samples[key].words:
        x, y, width, height = word.box
        inside = pictures[max(word.frame - 1, 0) : word.frame + 1, y : y + height, x : x + width]
        if inside[-1].min() >= _INK:
            raise MismatchError(f"{key}: '{word.text}' is not there in frame {word.frame}")
        if word.grows and inside[0].min() < _INK:
            raise MismatchError(f"{key}: '{word.text}' is there before frame {word.frame}")


def pictures_line(count: int, output: Output) -> str:
    """How a check of pictures went, for the table."""
    return f"{count} videos of {output.frames} frames, {output.width}x{output.height}; every word in its frame and box"
