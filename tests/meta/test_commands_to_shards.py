"""The commands as users type them, from the root of a checkout, up to shards that verify and stream."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from meta.stubs import stub
from meta.test_commands import ROOT, table
from meta.test_measured import tiny_weights
from meta.videos import make_videos, picture

pytest.importorskip("scenedetect")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

# `SERVERS` is the one thing that a user of a real server would not type.
TYPED = """
set -e
export ROOT_VIDEO=./dataset/panda3m/video ROOT_CLIPS=./dataset/panda3m/clips ROOT_META=./dataset/panda3m/meta
mkdir -p ${ROOT_CLIPS} ${ROOT_META}
export VWD_CAPTION_SERVERS=${SERVERS}/v1
python -m tools.datasets.convert video ${ROOT_VIDEO} --output ${ROOT_META}/meta.csv
python -m tools.datasets.datautil ${ROOT_META}/meta.csv --info --fmin 1
python -m tools.scene_cut.scene_detect ${ROOT_META}/meta_info_fmin1.csv
python -m tools.scene_cut.cut ${ROOT_META}/meta_info_fmin1_timestamp.csv --save_dir ${ROOT_CLIPS}
python -m tools.datasets.convert video ${ROOT_CLIPS} --output ${ROOT_META}/meta_clips.csv
python -m tools.datasets.datautil ${ROOT_META}/meta_clips.csv --info --fmin 1
torchrun --nproc_per_node 8 -m tools.scoring.aesthetic.inference \
    ${ROOT_META}/meta_clips_info_fmin1.csv --bs 1024 --num_workers 16
python -m tools.datasets.datautil ${ROOT_META}/meta_clips_info_fmin1_aes_part*.csv \
    --output ${ROOT_META}/meta_clips_info_fmin1_aes.csv
python -m tools.datasets.datautil ${ROOT_META}/meta_clips_info_fmin1_aes.csv --aesmin 5
torchrun --nproc_per_node 4 --standalone -m tools.caption.caption_llava \
    ${ROOT_META}/meta_clips_info_fmin1_aes_aesmin5.0.csv --dp-size 4 --tp-size 1 \
    --model-path ./pretrained_models/llava/ --prompt video
python -m tools.datasets.datautil ${ROOT_META}/meta_clips_info_fmin1_aes_aesmin5.0_caption_part*.csv \
    --output ${ROOT_META}/meta_clips_caption.csv
python -m tools.datasets.datautil ${ROOT_META}/meta_clips_caption.csv \
    --clean-caption --refine-llm-caption --remove-empty-caption \
    --output ${ROOT_META}/meta_clips_caption_cleaned.csv
python tools/open_sora_plan/add_fps.py ${ROOT_VIDEO} in.jsonl fps.jsonl
VWD_CAPTION_SERVERS=${SERVERS} python tools/open_sora_plan/recap_video.py ${ROOT_VIDEO} fps.jsonl recap.jsonl
vwd pack-videos ${ROOT_META}/meta_clips_caption_cleaned.csv --out shards --shard-size 3
vwd verify shards
vwd pack gsm8k --rows builtin --num-samples 6 --out shards
"""
META = Path("dataset/panda3m/meta")
FOLDERS = ("datasets", "scene_cut", "scoring", "caption", "open_sora_plan")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's root in which all of it was typed."""
    home = checkout(tmp_path_factory.mktemp("checkout"), "dataset/panda3m/video")
    type_in(home, TYPED)
    return home


def checkout(home: Path, videos: str) -> Path:
    """A folder with `tools/`, the ten videos, weights, a JSONL table, and the programs that are typed."""
    (home / "tools").symlink_to(ROOT / "tools")
    make_videos(home / videos, size=(640, 360))
    write_weights(home / "pretrained_models")
    lines = [{"path": name, "caps": [{"cap": "红"}]} for name in ("a_cut.mp4", "UPPER.MP4", "ntsc.mkv")]
    (home / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name, module in {"python": "", "torchrun": "-m torch.distributed.run", "vwd": "-m vwd"}.items():
        program = home / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        program.chmod(0o755)
    return home


def type_in(home: Path, script: str) -> None:
    """Runs a script in the shell, beside a server that captions."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with stub(caption="The video shows a red square, 48/2 of 640x360.") as server:
        variables = environment(
            SERVERS=server.url, PATH=f"{home / 'bin'}:{os.environ['PATH']}", PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1",
            PET_MASTER_PORT=str(port),
        )  # fmt: skip
        done = subprocess.run(
            ["bash", "-c", script], cwd=home, env=variables, capture_output=True, text=True, check=False,
            timeout=2 * HANG_SECONDS,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def write_weights(folder: Path) -> None:
    """A tiny CLIP and head, by which some colours score above 5 and some below."""
    from vwd.meta.clip_linear import ClipLinear

    folder.mkdir()
    clip, head = tiny_weights(torch, folder)
    scores = ClipLinear(clip, head, "cpu").score([picture(scene, 20, (640, 360)) for scene in range(3)])
    layers = torch.load(head)
    *_, last = sorted(name for name in layers if name.endswith("bias"))
    layers[last] += 5 - (min(scores) + max(scores)) / 2
    torch.save(layers, folder / "aesthetic.pth")
    clip.rename(folder / "ViT-L-14.pt")


def test_the_cleaned_table_has_the_clips_that_score_well_with_their_captions(made: Path) -> None:
    measured, scored, cleaned = (
        table(made / META / f"meta_clips_{name}.csv") for name in ("info_fmin1", "info_fmin1_aes", "caption_cleaned")
    )
    assert [row["path"] for row in scored] == [row["path"] for row in measured]
    assert 0 < len(cleaned) < len(scored)
    assert [row["path"] for row in cleaned] == [row["path"] for row in scored if row["aes"] and float(row["aes"]) >= 5]
    assert {row["text"] for row in cleaned} == {"A red square, 48/2 of 640x360."}


def test_jsonl_tables_get_measures_and_captions(made: Path) -> None:
    rows = [json.loads(line) for line in (made / "recap.jsonl").read_text().splitlines()]
    assert [(row["num_frames"], row["height"]) for row in rows] == [(150, 360), (30, 360), (150, 360)]
    assert {row["text_cogvlm2"] for row in rows} == {"The video shows a red square, 48/2 of 640x360."}


def test_its_clips_are_in_shards_that_verify_and_stream(made: Path) -> None:
    from vwd.stream import ShardDataset

    cleaned = table(made / META / "meta_clips_caption_cleaned.csv")
    data = ShardDataset(made / "shards/meta_clips_caption_cleaned", source="video")
    samples = {sample["index"]: sample for sample in data}
    assert {row: tuple(sample["video"].shape) for row, sample in samples.items()} == {
        number: (int(row["num_frames"]), 3, 360, 640) for number, row in enumerate(cleaned)
    }
    assert {sample["prompt"] for sample in samples.values()} == {"A red square, 48/2 of 640x360."}


def test_they_mix_with_text_by_weight_in_a_bucket(made: Path) -> None:
    from torch.utils.data import DataLoader

    from vwd.stream import ShardDataset

    clips, text = made / "shards/meta_clips_caption_cleaned", made / "shards/gsm8k"
    cleaned = table(made / META / "meta_clips_caption_cleaned.csv")
    long_enough = {number for number, row in enumerate(cleaned) if int(row["num_frames"]) >= 49}
    alone = ShardDataset(clips, source="video", bucket="640x360x49")
    assert {sample["index"] for sample in alone} == long_enough != set()
    mixed = ShardDataset.mix({clips: 1, text: 3}, source="video", bucket="640x360x49")
    batches = list(DataLoader(mixed, batch_size=4))
    assert {tuple(batch["video"].shape) for batch in batches} == {(4, 49, 3, 360, 640)}
    assert [Counter(batch["dataset"]) for batch in batches] == [Counter({clips.name: 1, "gsm8k": 3})] * len(batches)


def test_every_example_of_the_readme_runs_in_their_order(tmp_path: Path) -> None:
    text = (ROOT / "tools/README.md").read_text().partition("As their users type them")[2]
    examples = re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE)
    programs = {path.stem for folder in FOLDERS for path in (ROOT / "tools" / folder).rglob("*.py")}
    named = {re.search(r"(\w+)(?:\.py)? (?!-m)", example.partition("tools")[2])[1] for example in examples}  # type: ignore[index]
    assert named == programs
    # What asks CogVLM2's servers, whose addresses have no /v1.
    script = re.sub("(?=python .*recap_video)", "VWD_CAPTION_SERVERS=${SERVERS} ", "\n".join(examples))
    type_in(checkout(tmp_path, "videos"), f"set -e\nexport VWD_CAPTION_SERVERS=${{SERVERS}}/v1\n{script}")
    cleaned = table(tmp_path / "meta/caption_noempty_llm_clean.csv")
    assert {row["text"] for row in cleaned} == {"A red square, 48/2 of 640x360."}
    assert len((tmp_path / "recap.jsonl").read_text().splitlines()) == 3
