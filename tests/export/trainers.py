"""How each trainer reads its folder, in a few lines: the videos that it finds, each with its caption.

Written from the behaviour of the readers that `docs/trainers.md` names; each is strict where its trainer is, and
strips where its trainer strips.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Pairs = list[tuple[Path, str]]


def _jsonl(path: Path) -> list[dict[str, Any]]:
    # Lines end at line breaks alone: str.splitlines would cut at U+2028, too.
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _locale_json(path: Path) -> Any:
    """A JSON file as a reader opens it in a locale whose encoding is ASCII."""
    return json.loads(path.read_bytes().decode("ascii"))


def _text_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as file:
        return [line.strip() for line in file.readlines() if line.strip()]


def documented(folder: Path) -> Pairs:
    """One list a shard; here of one task."""
    lists = sorted(folder.glob("*_video_data_*.jsonl"))
    return [(Path(row["video_path"]), row["prompt"]) for path in lists for row in _jsonl(path)]


def videofolder(folder: Path) -> Pairs:
    rows = _jsonl(folder / "metadata.jsonl")
    assert {row["file_name"] for row in rows} == {path.name for path in folder.glob("*.mp4")}
    return [(folder / row["file_name"], row["prompt"]) for row in rows]


def text_beside(videos: Path, texts: Path) -> Pairs:
    """A caption file for each video; what else is in the folder would be taken for a video, or for a caption."""
    names = {path.stem for path in videos.glob("*.mp4")}
    assert {path.stem for path in texts.glob("*.txt")} == names
    assert {path.suffix for path in videos.iterdir()} <= {".mp4", ".txt"}
    return [(videos / f"{name}.mp4", (texts / f"{name}.txt").read_bytes().decode().strip()) for name in sorted(names)]


def line_lists(folder: Path) -> Pairs:
    videos, prompts = _text_lines(folder / "videos.txt"), _text_lines(folder / "prompts.txt")
    return [(folder / video, prompt) for video, prompt in zip(videos, prompts, strict=True)]


def musubi(folder: Path) -> Pairs:
    config = tomllib.loads((folder / "dataset.toml").read_text("utf-8"))
    (dataset,) = config["datasets"]
    assert dataset["target_frames"] == [57]  # 4k+1, of 60 frames
    assert config["general"]["resolution"] == [160, 120]
    assert Path(dataset["cache_directory"]).parent == folder
    return [(Path(row["video_path"]), row["caption"]) for row in _jsonl(Path(dataset["video_jsonl_file"]))]


def diffusion_pipe(folder: Path) -> Pairs:
    config = tomllib.loads((folder / "dataset.toml").read_text("utf-8"))
    assert config["frame_buckets"] == [1, 57]
    (directory,) = config["directory"]
    return text_beside(Path(directory["path"]), Path(directory["path"]))


def diffsynth(folder: Path) -> Pairs:
    return [(folder / row["video"], row["prompt"]) for row in _locale_json(folder / "metadata.json")]


def ltx(folder: Path) -> Pairs:
    rows = json.loads((folder / "dataset.json").read_text("utf-8"))
    return [(folder / row["media_path"].strip(), row["caption"]) for row in rows]


def open_sora(folder: Path) -> Pairs:
    with (folder / "meta.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all((row["num_frames"], row["height"], row["width"]) == ("60", "120", "160") for row in rows)
    return [(Path(row["path"]), row["text"]) for row in rows]


def merged(folder: Path, merge: str) -> Pairs:
    """Open-Sora-Plan and FastVideo: lines of two paths; a sample without resolution or duration is dropped."""
    pairs = []
    for line in _text_lines(folder / merge):
        videos, annotations = line.split(",")
        for row in _locale_json(Path(annotations)):
            assert row["resolution"] == {"height": 120, "width": 160}
            assert math.ceil(row["fps"] * row["duration"]) == 60  # FastVideo's own count
            assert row["num_frames"] == 60
            pairs += [(Path(videos) / row["path"], cap) for cap in row["cap"]]
    return pairs


def videox_fun(folder: Path) -> Pairs:
    rows = _locale_json(folder / "metadata.json")
    assert all(row["type"] == "video" for row in rows)
    return [(folder / row["file_path"], row["text"]) for row in rows]


def sat(folder: Path) -> Pairs:
    """The label's path is the video's with two words replaced; only its first line is read."""
    pairs = []
    for video in sorted((folder / "videos").glob("*.mp4")):
        label = Path(str(video).replace(".mp4", ".txt").replace("videos", "labels"))
        pairs.append((video, label.read_text("utf-8").splitlines()[0]))
    return pairs


def i2v(folder: Path) -> Pairs:
    pairs = []
    for sample in sorted((folder / "mixed").iterdir()):
        assert len(sample.name) == 5
        assert {path.name for path in sample.iterdir()} == {
            "first_frame.png", "final_frame.png", "last_frame.png", "prompt.txt", "ground_truth.mp4", "metadata.json"
        }  # fmt: skip
        assert (sample / "last_frame.png").read_bytes() == (sample / "final_frame.png").read_bytes()
        assert json.loads((sample / "metadata.json").read_text("utf-8"))["num_frames"] == 60
        pairs.append((sample / "ground_truth.mp4", (sample / "prompt.txt").read_bytes().decode()))
    return pairs


def videothinkbench(folder: Path) -> Pairs:
    """The judge is asked about the question, not about the prompt: here with the label that prompts have."""
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    assert all(entry["correct_answer"] for entry in questions.values())
    return [(folder / "videos" / name, entry["question"]) for name, entry in questions.items()]


READERS: dict[str, Callable[[Path], Pairs]] = {
    "jsonl": documented,
    "videofolder": videofolder,
    "finetrainers": lambda folder: text_beside(folder, folder),
    "cogvideox": line_lists,
    "musubi": musubi,
    "diffusion-pipe": diffusion_pipe,
    "diffsynth": diffsynth,
    "ltx": ltx,
    "open-sora": open_sora,
    "open-sora-plan": lambda folder: merged(folder, "data.txt"),
    "fastvideo": lambda folder: merged(folder, "merge.txt"),
    "videox-fun": videox_fun,
    "cosmos": lambda folder: text_beside(folder / "videos", folder / "metas"),
    "sat": sat,
    "i2v": i2v,
    "videothinkbench": videothinkbench,
}
