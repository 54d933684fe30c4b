"""Shows where the time goes when `vwd.stream` decodes whole videos: CPU time of each part, in one process.

    python tools/bench/decoding.py OUT/gsm8k [--num-samples 40] [--rounds 3]

FFmpeg's part and new memory are what no loader can save that decodes with FFmpeg into one tensor.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from vwd.shards.paths import find_outputs, tar_numbers
from vwd.shards.reader import open_shard
from vwd.stream.decode import decode, pictures, stretch, use_one_thread
from vwd.video.pyav import metadata_options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--num-samples", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    use_one_thread()
    videos = read_videos(options.output, options.num_samples)
    rounds = [measure(videos) for _ in range(options.rounds)]
    print(f"{len(videos)} videos of {options.output.name}, medians of {options.rounds}\n")
    print("| | CPU ms a video | times the loop of PyAV |\n|---|---|---|")
    first = None
    for name in rounds[0]:
        milliseconds = statistics.median(one[name] for one in rounds)
        first = first or milliseconds
        print(f"| {name} | {milliseconds:.1f} | {first / milliseconds:.1f} |")


def measure(videos: list[bytes]) -> dict[str, float]:
    """CPU milliseconds a video, by part."""
    shape = shape_of(videos[0])
    known = np.zeros(shape, np.uint8)
    changing = round(sum(map(count_decoded, videos)) / len(videos))

    def spent(act: Callable[[bytes], Any]) -> float:
        started = time.process_time()
        for video in videos:
            act(video)
        return (time.process_time() - started) / len(videos) * 1000

    def convert(_: bytes) -> None:
        for number in range(changing):
            stretch(known[0], known[number])

    def repeat(_: bytes) -> None:
        for number in range(changing, len(known)):
            known[number] = known[number - 1]

    ffmpeg = spent(count_decoded)
    memory = spent(lambda _: np.empty(shape, np.uint8).fill(0)) - spent(lambda _: known.fill(0))
    return {
        "PyAV, every picture as RGB": spent(as_rgb),
        "vwd.stream's decoder": spent(lambda video: decode(video, np.arange(len(known)), np.empty(shape, np.uint8))),
        f"– FFmpeg: {changing} of {len(known)} pictures change": ffmpeg,
        "– the kernel: pages of new memory": memory,
        "– to full range, of what changes": spent(convert),
        "– copies, of what does not": spent(repeat),
        "FFmpeg and new memory, nothing else": ffmpeg + memory,
    }


def as_rgb(video: bytes) -> None:
    with av.open(io.BytesIO(video), format="mp4", **metadata_options()) as container:
        np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def count_decoded(video: bytes) -> int:
    """Decodes what changes, and does nothing with it; how many pictures that are."""
    count, last = 0, None
    with av.open(io.BytesIO(video), format="mp4", **metadata_options()) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in pictures(container, stream):
            count += frame is not last
            last = frame
    return count


def shape_of(video: bytes) -> tuple[int, int, int]:
    with av.open(io.BytesIO(video), format="mp4", **metadata_options()) as container:
        stream = container.streams.video[0]
        return stream.frames, stream.codec_context.height, stream.codec_context.width


def read_videos(output: Path, count: int) -> list[bytes]:
    videos: list[bytes] = []
    paths = find_outputs(output)[0]
    for number in tar_numbers(paths):
        with open_shard(paths.tar(number)) as samples:
            for sample in samples:
                videos.append(sample.read("mp4"))
                if len(videos) == count:
                    return videos
    return videos


if __name__ == "__main__":
    main()
