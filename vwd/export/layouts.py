"""The folders that trainers read, declared as data: which files, what is in a line, what becomes of line breaks.

`vwd.export.writer` writes any of them. A new one is an entry of `LAYOUTS`, with a test of what its reader does.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from vwd.errors import UsageError
from vwd.export.frames import first_and_last
from vwd.export.layout import Beside, Clip, Layout, Listing, one_line


def _json(data: Any, ascii_only: bool = False) -> str:
    return json.dumps(data, ensure_ascii=ascii_only)


def _json_list(name: str, row: Callable[[Clip], Any], ascii_only: bool = False) -> Listing:
    """A JSON list, an item a line. In ASCII where its reader opens it in the locale's encoding."""
    return Listing(name, lambda clip: _json(row(clip), ascii_only), "[\n", ",\n", "\n]\n")


def _jsonl(name: str, row: Callable[[Clip], Any]) -> Listing:
    return Listing(name, lambda clip: _json(row(clip)))


def _csv_line(values: Sequence[str | int | float]) -> str:
    # Every text in quotes: not every version of Python would quote a lone carriage return, for example.
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="").writerow(values)
    return line.getvalue()


def _csv(name: str, columns: Sequence[str], row: Callable[[Clip], Sequence[str | int | float]]) -> Listing:
    return Listing(name, lambda clip: _csv_line(row(clip)), head=_csv_line(columns) + "\n")


# As Open-Sora's data tools name them; aspect_ratio is height by width, resolution is height times width.
OPENSORA_COLUMNS = ("path", "id", "text", "num_frames", "height", "width", "aspect_ratio", "fps", "resolution")


def _opensora_row(clip: Clip) -> Sequence[str | int | float]:
    height, width = clip.measures.height, clip.measures.width
    return (
        str(clip.video), clip.key, clip.prompt, clip.frames, height, width, height / width, clip.measures.fps,
        height * width,
    )  # fmt: skip


def _sat_row(clip: Clip) -> dict[str, Any]:
    return {
        "path": clip.video.name,
        "duration": clip.measures.seconds,
        "num_frames": clip.frames,
        "width": clip.measures.width,
        "height": clip.measures.height,
        "caps": [{"cap": clip.prompt}],
        "text": clip.prompt,
    }


def _captioned_row(clip: Clip) -> dict[str, Any]:
    """What Open-Sora-Plan and FastVideo know of a video in the folder `videos`."""
    return {
        "path": clip.video.name, "cap": [clip.prompt], "resolution": clip.size, "fps": clip.measures.fps,
        "num_frames": clip.frames, "duration": seconds_for(clip.measures.fps, clip.frames),
    }  # fmt: skip


def seconds_for(fps: float, frames: int) -> float:
    """How long a video lasts, such that FastVideo finds as many frames as there are: it takes ceil(fps * seconds)."""
    seconds = frames / fps
    while math.ceil(fps * seconds) > frames:  # one frame too many in every 13th video or so: it asks for that, and ends
        seconds = math.nextafter(seconds, 0)
    return seconds


def _merged(name: str) -> Callable[[Clip], str]:
    """The file that a run is given: the videos' folder and the list of them, with a comma between."""
    return lambda clip: f"{clip.folder / 'videos'},{clip.folder / name}\n"


def _musubi_toml(clip: Clip) -> str:
    """Every frame once, from the first on. Both models take 4k+1 frames."""
    return (
        "[general]\n"
        f"resolution = [{clip.size['width']}, {clip.size['height']}]\n"
        "batch_size = 1\nenable_bucket = true\nbucket_no_upscale = true\n\n"
        "[[datasets]]\n"
        f"video_jsonl_file = {_json(str(clip.folder / 'metadata.jsonl'))}\n"
        f"cache_directory = {_json(str(clip.folder / 'cache'))}\n"
        f'target_frames = [{(clip.frames - 1) // 4 * 4 + 1}]\nframe_extraction = "head"\n'
    )


def _diffusion_pipe_toml(clip: Clip) -> str:
    """Videos go into the longest frame bucket that they fill."""
    return (
        f"resolutions = [[{clip.size['width']}, {clip.size['height']}]]\n"
        f"enable_ar_bucket = true\nar_buckets = [[{clip.size['width']}, {clip.size['height']}]]\n"
        f"frame_buckets = [1, {(clip.frames - 1) // 4 * 4 + 1}]\n\n"
        f"[[directory]]\npath = {_json(str(clip.folder / 'videos'))}\nnum_repeats = 1\n"
    )


def _question(clip: Clip) -> str:
    record = clip.record
    answer = record.final_answer or record.answer
    entry = {"question": record.question, "correct_answer": answer, "question_id": clip.key}
    return f"{_json(clip.video.name)}: {_json(entry)}"


def _i2v_metadata(clip: Clip) -> str:
    record = clip.record
    about = {
        "key": clip.key, "question": record.question, "answer": record.answer, "final_answer": record.final_answer,
        "fps": record.fps, "num_frames": clip.frames, **clip.size,
    }  # fmt: skip
    return _json(about) + "\n"


def _caption(clip: Clip) -> str:
    return clip.prompt


def _caption_line(clip: Clip) -> str:
    return one_line(clip.prompt) + "\n"


# The documented folder: two lists a shard, absolute paths.
DOCUMENTED = Layout(
    "jsonl", "the documented folder; `load_dataset(\"json\", …)`", "video/{key}.mp4",
    (_jsonl("{dataset}_{task}_video_data_{start}.jsonl", lambda c: {"video_path": str(c.video), "prompt": c.prompt}),),
    columns=("video_path", "prompt"), folder="", per_shard=True, reads_storyboard=False,
)  # fmt: skip
OPENSORA_CSV = Layout(
    "", "", "video/{key}.mp4",
    (_csv("{dataset}_{task}_opensora_{start}.csv", OPENSORA_COLUMNS, _opensora_row),), folder="",
)  # fmt: skip
SAT_JSONL = Layout(
    "", "", "video/{key}.mp4", (_jsonl("{dataset}_{task}_sat_{start}.jsonl", _sat_row),), folder="", names_folder=False,
    reads_words=True,
)  # fmt: skip
# Beside a video, where sat looks for its caption (`SFTDataset` in sat/data_video.py); it reads only the first line.
SAT_LABEL = Beside("video/{key}.txt", _caption_line)

_I2V = "{dataset}/{index:05d}"

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        DOCUMENTED,
        # `datasets`' builder "videofolder": file_name is relative to the metadata.
        Layout(
            "videofolder", "`load_dataset(\"videofolder\", …)`", "{key}.mp4",
            (_jsonl("metadata.jsonl", lambda c: {"file_name": c.path, "prompt": c.prompt, "key": c.key}),),
            columns=("file_name", "prompt", "key"), reads_storyboard=False,
        ),
        # VideoCaptionFilePairDataset: every *.txt of the folder itself, with the video of the same name.
        Layout(
            "finetrainers", "finetrainers; musubi-tuner's video_directory", "{key}.mp4",
            beside=(Beside("{key}.txt", _caption),), reads_storyboard=False,
        ),
        # CogVideo's finetune and diffusers' examples: the n-th line of one file belongs to the n-th of the other.
        Layout(
            "cogvideox", "CogVideoX finetune, diffusers", "videos/{key}.mp4",
            (Listing("prompts.txt", _caption), Listing("videos.txt", lambda c: c.path)),
            one_line=True, reads_storyboard=False,
        ),
        Layout(
            "musubi", "musubi-tuner", "videos/{key}.mp4",
            (_jsonl("metadata.jsonl", lambda c: {"video_path": str(c.video), "caption": c.prompt}),),
            once={"dataset.toml": _musubi_toml}, columns=("video_path", "caption"), alike=True,
        ),
        # Its directory has videos and captions only: what else is in it would be read as a picture.
        Layout(
            "diffusion-pipe", "diffusion-pipe", "videos/{key}.mp4", beside=(Beside("videos/{key}.txt", _caption),),
            once={"dataset.toml": _diffusion_pipe_toml}, alike=True,
        ),
        # UnifiedDataset opens its metadata without an encoding; of a CSV, pandas makes "NA" no text.
        Layout(
            "diffsynth", "DiffSynth-Studio (Wan)", "videos/{key}.mp4",
            (_json_list("metadata.json", lambda c: {"video": c.path, "prompt": c.prompt}, ascii_only=True),),
            columns=("video", "prompt"), reads_storyboard=False,
        ),
        # The default --caption-column and --video-column of process_dataset.py; paths relative to the list.
        Layout(
            "ltx", "LTX-Video trainer, LTX-2 trainer", "videos/{key}.mp4",
            (_json_list("dataset.json", lambda c: {"caption": c.prompt, "media_path": c.path}),),
            columns=("caption", "media_path"), reads_storyboard=False,
        ),
        Layout(
            "open-sora", "Open-Sora", "videos/{key}.mp4", (_csv("meta.csv", OPENSORA_COLUMNS, _opensora_row),),
            columns=OPENSORA_COLUMNS,
        ),
        Layout(
            "open-sora-plan", "Open-Sora-Plan", "videos/{key}.mp4",
            (_json_list("annotations.json", _captioned_row, ascii_only=True),),
            once={"data.txt": _merged("annotations.json")}, misread=(",",),
            columns=("path", "cap", "resolution", "fps", "num_frames", "duration"),
        ),
        Layout(
            "fastvideo", "FastVideo", "videos/{key}.mp4",
            (_json_list("videos2caption.json", _captioned_row, ascii_only=True),),
            once={"merge.txt": _merged("videos2caption.json")}, misread=(",",),
            columns=("path", "cap", "resolution", "fps", "num_frames", "duration"),
        ),
        Layout(
            "videox-fun", "VideoX-Fun", "videos/{key}.mp4",
            (
                _json_list(
                    "metadata.json",
                    lambda c: {"file_path": c.path, "text": c.prompt, "type": "video", **c.size}, ascii_only=True,
                ),
            ),
            columns=("file_path", "text", "type", "height", "width"),
        ),
        # Its own script makes t5_xxl/*.pickle of metas/*.txt.
        Layout(
            "cosmos", "Cosmos-Predict2", "videos/{key}.mp4", beside=(Beside("metas/{key}.txt", _caption),),
            reads_storyboard=False,
        ),
        # SFTDataset replaces "videos" in a path by "labels", and ".mp4" by ".txt", and takes the first line.
        Layout(
            "sat", "CogVideoX's sat", "videos/{key}.mp4", beside=(Beside("labels/{key}.txt", _caption_line),),
            one_line=True, reads_storyboard=False, misread=("videos", ".mp4"),
        ),
        Layout(
            "i2v", "image-to-video models: VBVR's layout", f"{_I2V}/ground_truth.mp4",
            beside=(
                Beside(f"{_I2V}/first_frame.png", lambda c: first_and_last(c.video)[0]),
                # VBVR's generators and its evaluation say "final"; other readers of such folders say "last".
                Beside(
                    f"{_I2V}/final_frame.png", lambda c: first_and_last(c.video)[1], also=(f"{_I2V}/last_frame.png",)
                ),
                Beside(f"{_I2V}/prompt.txt", _caption),
                Beside(f"{_I2V}/metadata.json", _i2v_metadata),
            ),
            reads_words=True,
        ),
        Layout(
            "videothinkbench", "VideoThinkBench's judge", "videos/{key}.mp4",
            (Listing("questions.json", _question, "{\n", ",\n", "\n}\n"),),
            columns=("question", "correct_answer", "question_id"), reads_words=True,
        ),
    )
}  # fmt: skip
DEFAULT = DOCUMENTED.name


def find_layout(name: str) -> Layout:
    """A layout of the registry.

    Raises:
        UsageError: there is none of this name; suggests the nearest.
    """
    if name in LAYOUTS:
        return LAYOUTS[name]
    near = difflib.get_close_matches(name.lower(), LAYOUTS, n=1, cutoff=0.4)
    guess = f"Did you mean '{near[0]}'? " if near else ""
    raise UsageError(
        f"no layout is called '{name}'; there are {', '.join(LAYOUTS)}",
        f"{guess}'vwd export `list`' says who reads which.",
    )
