"""Makes 100 videos of samples, disturbed in known ways, and says what 'vwd grade' must find in each.

    python tools/grade/disturbed.py FOLDER [--check] [--each 50]

Writes FOLDER/shards (50 English and 50 Chinese samples, made up here; or --each), FOLDER/videos (what a model might
have made of them) and FOLDER/expected.json. With --check, runs 'vwd grade' for both tasks and compares each verdict;
videos that are there already are not made again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Sample
from vwd.grade.truths import Truth
from vwd.inspect.truths import load_truths
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.encoders import get_encoder
from vwd.video.fonts import Fonts
from vwd.video.frames import grey_frames
from vwd.video.h264 import REPRODUCIBLE
from vwd.video.spec import VideoSpec

Frames = npt.NDArray[np.uint8]
Verdict = bool | str
# The answers are short.
_SPEC = VideoSpec(frames=48)
_THINGS = ("lamps", "books", "cups", "shells", "ropes")
_THINGS_ZH = ("盏灯", "本书", "个杯子", "枚贝壳", "根绳子")


def english_row(n: int) -> dict[str, object]:
    things, each, boxes = _THINGS[n % 5], n + 2, n % 7 + 3
    return {
        "question": f"Each crate holds {each} {things}. How many {things} do {boxes} crates hold?",
        "answer": f"One crate has {each} {things}.\nThat makes {boxes}*{each} = <<{boxes}*{each}={boxes * each}>>"
        f"{boxes * each} {things} in all.\n#### {boxes * each}",
    }


def chinese_row(n: int) -> dict[str, object]:
    things, each, boxes = _THINGS_ZH[n % 5], n + 2, n % 7 + 3
    return {
        "question_zh": f"每个箱子里有{each}{things}，{boxes}个箱子里一共有多少{things}？",
        "answer_zh": f"一个箱子里有{each}{things}，所以{boxes}个箱子里一共有{boxes}×{each}={boxes * each}{things}。",
        "answer_only": str(boxes * each),
    }


def pack(folder: Path, each: int) -> Path:
    """Packs so many made-up rows of each language. Returns the output."""
    for dataset, row in (("gsm8k", english_row), ("gsm8k_chinese", chinese_row)):
        rows = folder / f"{dataset}.jsonl"
        rows.write_text("".join(json.dumps(row(n), ensure_ascii=False) + "\n" for n in range(each)), "utf-8")
        arguments = (
            "pack",
            dataset,
            "--rows",
            str(rows),
            "--out",
            str(folder / "shards"),
            "--shard-size",
            str(each),
            "--frames",
            str(_SPEC.frames),
        )
        subprocess.run([sys.executable, "-m", "vwd", *arguments], check=True, stdout=subprocess.DEVNULL)
    return folder / "shards"


def with_answer(truth: Truth, change: Callable[[str], str]) -> Storyboard:
    """The storyboard of a sample whose answer was changed."""
    sample = Sample("changed", 0, truth.question, change(truth.answer), "", truth.language, "question")
    board = lay_out(sample, _SPEC.storyboard_spec().for_language(truth.language), Fonts())
    assert isinstance(board, Storyboard), board
    return board


def other_digit(truth: Truth) -> Storyboard:
    """The final answer with another last digit, wherever the answer has it."""
    final = truth.final_answer
    wrong = final[:-1] + str((int(final[-1]) + 3) % 10)
    return with_answer(truth, lambda answer: wrong.join(answer.rsplit(final, 1)))


def swapped(truth: Truth) -> Storyboard:
    """Two words of the first sentence in the place of each other."""
    old, new = ("has", "One") if truth.language == "en" else ("里有", "一个")
    return with_answer(truth, lambda a: a.replace(new, "\0", 1).replace(old, new, 1).replace("\0", old, 1))


def scaled(frames: Frames) -> Frames:
    return np.stack([cv2.resize(f, (320, 180), interpolation=cv2.INTER_AREA) for f in frames])


def noisy(frames: Frames) -> Frames:
    random = np.random.default_rng(0)
    blurred = [cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in frames]
    return np.stack([np.clip(f + random.normal(0, 20, f.shape), 0, 255).astype(np.uint8) for f in blurred])


def moved(frames: Frames) -> Frames:
    """Shifted by 5 pixels to the right and 3 upwards, on greyish paper, in paler ink."""
    shift = np.array([[1, 0, 5], [0, 1, -3]], np.float32)
    return np.stack([cv2.warpAffine(f, shift, (640, 360), borderValue=255) for f in frames]) // 5 * 4 + 30


def white_noise(frames: Frames) -> Frames:
    return np.random.default_rng(0).integers(0, 256, frames.shape, np.uint8)


def write_h264(path: Path, frames: Frames, crf: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_SPEC.fps, options={"crf": str(crf), **REPRODUCIBLE})
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


# What is done to every tenth video, and the verdicts: of the final answer, and whether the text is exact.
KINDS: tuple[tuple[str, Verdict, Verdict], ...] = (
    ("as it is", True, True),
    ("half size, h264 crf 30", True, True),
    ("noise and blur", True, True),
    ("moved, off-white", True, True),
    ("as PNG files", True, True),
    ("another digit", False, False),
    ("two words swapped", True, False),
    ("white noise", "unreadable", "unreadable"),
    ("cut short", "undecodable", "undecodable"),
    ("left out", "missing", "missing"),
)


def make(truth: Truth, kind: str, folder: Path) -> None:
    """Makes the prediction of a sample."""
    board = {"another digit": other_digit, "two words swapped": swapped}.get(kind, lambda t: t.storyboard)(truth)
    assert board is not None
    path = folder / f"{truth.key}.mp4"
    change = {
        "half size, h264 crf 30": scaled,
        "noise and blur": noisy,
        "moved, off-white": moved,
        "white noise": white_noise,
    }
    if kind in change:
        write_h264(path, change[kind](grey_frames(board)), 30 if "crf 30" in kind else 20)
    elif kind == "as PNG files":
        (folder / truth.key).mkdir()
        for number, frame in enumerate(grey_frames(board)):
            cv2.imwrite(str(folder / truth.key / f"{number}.png"), frame)
    elif kind != "left out":
        video = get_encoder("mpeg4").encode(board, _SPEC)
        path.write_bytes(video[: len(video) // 3] if kind == "cut short" else video)


def check(folder: Path, expected: dict[str, dict[str, Verdict | str]]) -> Iterator[str]:
    """Grades the videos by the command; yields what differs from the expected verdicts."""
    for task in ("inference", "rendering"):
        samples = folder / f"{task}.jsonl"
        arguments = (
            "grade",
            str(folder / "videos"),
            "--against",
            str(folder / "shards"),
            "--task",
            task,
            "--samples",
            str(samples),
        )
        done = subprocess.run([sys.executable, "-m", "vwd", *arguments], check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        for line in samples.read_text("utf-8").split("\n")[:-1]:
            found = json.loads(line)
            verdict = found["right"] if found["judged"] else found["why_not"]
            if verdict != expected[found["key"]][task]:
                yield f"{task} {found['key']} ({expected[found['key']]['kind']}): {verdict}, {found}"


def make_all(folder: Path, each: int) -> None:
    """Packs the samples, makes a prediction of each, and writes the expected verdicts."""
    (folder / "videos").mkdir(parents=True)
    expected: dict[str, dict[str, Verdict | str]] = {}
    for number, truth in enumerate(load_truths(pack(folder, each))):
        kind, inference, rendering = KINDS[number % len(KINDS)]
        make(truth, kind, folder / "videos")
        expected[truth.key] = {"kind": kind, "inference": inference, "rendering": rendering}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--each", type=int, default=50, help="samples of each language (default: 50)")
    options = parser.parse_args()
    if not (options.folder / "expected.json").is_file():
        make_all(options.folder, options.each)
    expected = json.loads((options.folder / "expected.json").read_text("utf-8"))
    print(f"{len(expected)} samples: {dict(Counter(one['kind'] for one in expected.values()))}\n", flush=True)
    if options.check:
        wrong = list(check(options.folder, expected))
        print("\n".join(wrong) or "every verdict is the expected one")
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
