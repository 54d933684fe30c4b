"""What is done with hostile folders of Parquet, benchmarks, unified records, and tables of real videos."""

from __future__ import annotations

import csv
import io
import json
import random
import tarfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from answers import Answer, Step, command, pack_and_verify
from mutate import HOSTILE, bytes_of
from pictures import benchmark_file, picture, unified, write_folders
from targets import Target
from texts import hostile_text

_BENCHMARKS = ("mmbench", "mmbench_lite", "mmmu", "textvqa")
_KINDS = ("tsv", "csv", "jsonl")
_COLUMNS = ("path", "text", "num_frames", "height", "width", "fps", "aes", "timestamp", "scene_frames")


def _folders(rng: random.Random) -> None:
    write_folders(Path("parquet"), rng)


def _convert_steps(rng: random.Random) -> list[Step]:
    """Converting twice: what is counted adds up and is what is in the tars, and the second run changes no byte."""
    more = rng.choice(((), (), ("--no-skip-invalid",)))
    line = ("convert-parquet", "--input-dir", "parquet", "--output-dir", "converted", "--num-workers", "1", *more,
            "--log-level", "error")  # fmt: skip
    size = ("--max-samples-per-shard", rng.choice(("1", "3", "10000")))
    before: list[dict[str, bytes]] = []

    def converted(answer: Answer) -> str:
        if not answer.code:  # else a folder of it failed, of which there may be shards
            before.append(_contents(Path("converted")))
        return _sums(answer)

    def again(answer: Answer) -> str:
        changed = before and _contents(Path("converted")) != before[0]
        return "the second run made other tars" if changed else ""

    def clean(answer: Answer) -> str:
        empty = answer.err.strip() == "'vwd show --skips' says why rows were skipped."
        wrong = before and before[0] and answer.code and not empty
        return f"what was converted is not clean: {answer.out}{answer.err}" if wrong else ""

    return [
        command(*line, *size, "--json", writes=("work/converted",), then=converted),
        command(*line, *size, "--json", writes=("work/converted",), then=again),
        command("verify", "converted", "--num-workers", "1", writes=("work/converted",), then=clean),
        command("status", "converted"),
    ]


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tar"))}


def _sums(answer: Answer) -> str:
    """What is wrong with a conversion's counts, or with the tars that they are of."""
    if not answer.out.startswith("{"):
        return ""
    counts = json.loads(answer.out)
    problems = [
        f"{group} does not add up"
        for group in (counts, *counts["groups"])
        if not group["total"] == group["valid"] + group["invalid"] == group["valid"] + sum(group["reasons"].values())
    ]
    names: list[str] = []
    for path in Path("converted").glob("*.tar"):
        with tarfile.open(path) as tar:
            names += [f"{path.name.rpartition('_')[0]}/{name}" for name in tar.getnames()]
    if len(set(names)) != len(names):
        problems.append("a member is there twice")
    if (held := sum(name.endswith(".json") for name in names)) != counts["valid"] + counts["kept"]:
        problems.append(f"the tars hold {held} samples: {counts}")
    return "; ".join(problems)


def _benchmark(rng: random.Random) -> None:
    kind = rng.choice(_KINDS)
    Path(f"dev.{kind}").write_bytes(benchmark_file(kind, rng))
    Path("kind").write_text(kind)


def _prepare_steps(rng: random.Random) -> list[Step]:
    """Preparing a benchmark, and packing what came of it, as conversations and as text videos."""
    name = rng.choice(_BENCHMARKS)
    images = ("--download-images",)
    more = rng.choice(((), images, images, ("--max-samples", "2"), ("--export-parquet",)))
    source = ("--splits", "dev", "--source", f"dev.{Path('kind').read_text()}")
    rows = f"data/processed/{name}/{name}_dev.jsonl"

    def prepared(answer: Answer) -> str:
        return "prepare succeeded and wrote nothing" if not answer.code and not Path(rows).exists() else ""

    return [
        command("prepare", "--dataset", name, *source, *more, "--json", writes=("work/data",), then=prepared),
        *_record_steps(rows),
    ]


def _record_steps(rows: str) -> list[Step]:
    small = ("--size", "160x120", "--font-size", "16", "--frames", "60", "--num-workers", "1")
    return [
        *pack_and_verify("pack-records", "mine", "--rows", rows, "--shard-size", "2", out="fresh"),
        command("pack", "texts", "--rows", rows, "--out", "texts", *small, writes=("work/texts",)),
    ]


def _unified(rng: random.Random) -> None:
    Path("images").mkdir()
    Path("images/a.jpg").write_bytes(picture("JPEG", "RGB", 17))
    Path("records.jsonl").write_bytes(unified(rng))


@cache
def _video() -> bytes:
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width = stream.height = 64
        for number in range(40):
            frame = np.full((64, 64, 3), 250 if number < 20 else 10, np.uint8)
            frame[number : number + 9, 5:20] = 120
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


def _videos(rng: random.Random) -> None:
    """Videos, some of them damaged, and a table of them with hostile cells."""
    Path("videos/deep").mkdir(parents=True)
    names = ["a.mp4", "deep/b b.mp4", 'c"c,.mp4', "中.mkv", "-d.mp4"]
    for name in names:
        damaged = rng.random() < 0.4
        Path("videos", name).write_bytes(bytes_of(_video(), rng) if damaged else _video())
    if rng.random() < 0.2:
        Path("videos/loop").symlink_to(".")
    text = io.StringIO()
    columns = ["path", *rng.sample(_COLUMNS[1:], rng.choice((0, 3, 6)))]
    if rng.random() < 0.1:
        columns += ["path"]
    writer = csv.writer(text)
    writer.writerow(columns)
    odd = (hostile_text(rng)[:300].replace("\0", ""), "x" * 300 + ".mp4", "http://127.0.0.1:1/a.mp4", "é" * 200)
    for name in (*names, "absent.mp4", "../outside/canary", *odd):
        row = [f"videos/{name}" if column == "path" else _value(column, rng) for column in columns]
        if rng.random() < 0.1:
            row = row[: rng.randrange(len(row) + 1)] + ["more"] * rng.choice((0, 3))
        writer.writerow(row)
    data = text.getvalue().encode("utf-8", "replace")
    Path("table.csv").write_bytes(bytes_of(data, rng) if rng.random() < 0.3 else data)


def _value(column: str, rng: random.Random) -> str:
    usual = {"text": "A grey square.", "timestamp": "[('00:00:00.000', '00:00:02.000')]", "scene_frames": "0-20 20-40"}
    choice = rng.random()
    if choice < 0.5:
        return usual.get(column, "40")
    if choice < 0.7:
        return hostile_text(rng)[:2000].replace("\0", "")
    return str(rng.choice(HOSTILE)).replace("\0", "")[:3000]


def _meta_steps(rng: random.Random) -> list[Step]:
    """Some steps from a table of videos to captions; then packing it as it is."""
    wrote, check = ("work",), rng.choice(((), ("--check",)))
    steps = [
        command("meta", "scan", "videos", "--output", "meta/meta.csv", writes=wrote),
        command("meta", "info", "table.csv", *check, "--output", "meta/info.csv", writes=wrote),
        command("meta", "scenes", "table.csv", "--output", "meta/scenes.csv", writes=wrote),
        command("meta", "cut", "table.csv", "--save-dir", "clips", writes=wrote),
        command("meta", "filter", "table.csv", "--fmin", "1", "--aesmin", "2", writes=wrote),
        command("meta", "merge", "table.csv", "table.csv", "--output", "meta/merged.csv", writes=wrote),
        command("meta", "clean", "table.csv", "--output", "meta/clean.csv", writes=wrote),
    ]
    return [
        *rng.sample(steps, 4),
        *pack_and_verify("pack-videos", "table.csv", out="fresh"),
        command("export", "fresh/table", "--for", "videofolder", "--base-dir", "export", writes=("work/export",)),
    ]


CONVERSIONS: dict[str, Target] = {
    "parquet": Target(_folders, _convert_steps),
    "benchmark": Target(_benchmark, _prepare_steps),
    "unified": Target(_unified, lambda rng: _record_steps("records.jsonl")),
}
if find_spec("av") and find_spec("scenedetect"):
    CONVERSIONS["videos"] = Target(_videos, _meta_steps)
