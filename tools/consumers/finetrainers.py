"""Reads an export, and shards with a caption member, with finetrainers' own dataset classes.

vwd export OUT --for finetrainers
python tools/consumers/finetrainers.py OUT [--export DIR] [--env DIR]

The wheel of finetrainers 0.2.0 lacks `finetrainers.patches.dependencies`, which its trainers import, and the package
imports them: `import finetrainers` fails. Its data package needs none of them. So the package is entered without its
`__init__.py` here; `finetrainers.data` is what pip installed, unchanged. `datasets` is the last version that gives it
decord's videos: it does not know torchcodec's, which newer ones give. It also asks whether a video is torchvision's, of
a class that torchvision no longer has: an empty class of that name answers no.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, check_pictures, compare, pictures_line

PACKAGES = ("finetrainers==0.2.0", "datasets==3.3.2", "torch==2.14.1", "torchvision==0.29.1")
CAPTION = "txt"


def check(output: Output) -> Findings:
    """Every caption and video of each task's folder, and of the shards where they have a caption member."""
    data = _data_package()
    for task, folder in output.exports.items():
        yield task, compare(_seen(data, folder, "VideoCaptionFilePairDataset", output), output, task, str.strip)
    yield "decoded", pictures_line(len(output.samples), output)
    yield "shards", _shards(data, output)


def _data_package() -> Any:
    """`finetrainers.data`, without what the package itself imports."""
    import torchvision.io

    spec = importlib.util.find_spec("finetrainers")
    if spec is None or spec.submodule_search_locations is None:
        raise MismatchError("finetrainers is not installed")
    package = types.ModuleType("finetrainers")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["finetrainers"] = package
    if not hasattr(torchvision.io, "video_reader"):
        torchvision.io.video_reader = types.SimpleNamespace(VideoReader=type("VideoReader", (), {}))
    return importlib.import_module("finetrainers.data")


def _seen(data: Any, folder: Path, kind: str, output: Output) -> Iterator[Seen]:
    """The samples as training gets them: the dataset that it finds for a folder, and its preprocessing.

    The class reads captions in their files' order, and its samples have no names: a sample's is the caption file's.
    """
    rows = data.initialize_dataset(str(folder), "video")
    if type(rows).__name__ != kind:
        raise MismatchError(f"{folder} is taken for a {type(rows).__name__}, not for a {kind}")
    buckets = {"video_resolution_buckets": [[output.frames, output.height, output.width]]}
    names = [path.stem for path in sorted(folder.glob("*.txt"))] or list(output.samples)
    for n, sample in enumerate(data.wrap_iterable_dataset_for_preprocessing(rows, "video", buckets)):
        key = sample.get("__key__", names[n])
        pictures = ((sample["video"] + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
        check_pictures(key, pictures, output)
        video = folder / f"{key}.mp4"
        yield Seen(key, sample["caption"], video.read_bytes() if video.is_file() else None)


def _shards(data: Any, output: Output) -> str:
    """The shards themselves, streamed as a WebDataset; their caption is the member that finetrainers looks for."""
    contract = json.loads((output.folder / "pack.json").read_bytes())
    if CAPTION not in contract["members"]:
        return "not read: they have no caption member; 'vwd pack --caption-member txt' gives them one"
    return compare(_seen(data, output.folder, "VideoWebDataset", output), output, contract["caption"])


if __name__ == "__main__":
    sys.exit(run(Consumer(PACKAGES, None, check, layout="finetrainers"), __file__))
