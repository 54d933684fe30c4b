"""Headers and what can be decoded; scenes and clips exact to the frame; scores of frames; JSONL tables."""

from __future__ import annotations

import ast
import json
import os
import re
import socket
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import Run
from meta.test_commands import ROOT, tool
from meta.videos import NTSC, counted, make_videos, picture, write_video

from vwd.errors import MediaError, TableError, UsageError
from vwd.meta.clip_writer import ClipForm
from vwd.meta.cut import cut_video
from vwd.meta.media import frames_at, probe
from vwd.meta.tables import open_table, write_table

scenedetect = pytest.importorskip("scenedetect")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_videos(tmp_path_factory.mktemp("videos"))


def test_a_file_that_ends_early_has_both_numbers(videos: Path) -> None:
    header, checked = (probe(videos / "cut_data.mp4", check) for check in (False, True))
    assert (header.frames, header.decoded) == (120, None)
    assert "the file ends before" in header.doubt
    assert checked.frames == 120
    assert checked.decoded == counted_until_error(videos / "cut_data.mp4") < 120


def counted_until_error(path: Path) -> int:
    count = 0
    with av.open(str(path)) as container:
        try:
            for _ in container.decode(video=0):
                count += 1
        except av.FFmpegError:
            pass
    return count


@pytest.mark.parametrize("name", ["cut_index.mp4", "empty.mp4", "text.avi"])
def test_what_cannot_be_opened_has_no_frames(videos: Path, name: str) -> None:
    info = probe(videos / name)
    assert (info.frames, info.height) == (0, 0)
    assert "cannot be opened" in info.doubt


def test_fmin_takes_the_decodable_frames_when_checked(videos: Path, run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ("path",), [{"path": str(videos / name)} for name in ("cut_data.mp4", "a_cut.mp4")])
    assert "2 of 2 rows" in run("meta", "info", "x.csv", "--fmin", "100").stdout
    assert "1 of 2 rows" in run("meta", "info", "x.csv", "--fmin", "100", "--check").stdout
    (row,) = open_table(tmp_path / "x_info_fmin100.csv").rows()
    assert (row["num_frames"], row["num_frames_header"]) == ("150", "150")


def test_frames_are_those_at_their_places(videos: Path) -> None:
    frames = frames_at(videos / "ntsc.mkv", (0.0, 39.5 / 150, 40.5 / 150, 0.999))
    for frame, (scene, number) in zip(frames, ((0, 0), (0, 39), (1, 40), (2, 149)), strict=True):
        assert np.abs(frame.astype(int) - picture(scene, number, (160, 90))).mean() < 6
    with pytest.raises(MediaError):
        frames_at(videos / "cut_data.mp4", (0.9,))


def cut_one(path: Path, out: Path, frames: str, form: ClipForm | None = None, **row: str) -> list[Path]:
    rows = cut_video({"path": str(path), "scene_frames": frames} | row, out, path.name, form or ClipForm())
    return [Path(row["path"]) for row in rows]


def test_a_clip_has_the_frames_of_its_scene_and_no_others(videos: Path, tmp_path: Path) -> None:
    first, second = cut_one(videos / "ntsc.mkv", tmp_path, "3-41 41-100")
    with av.open(str(second)) as container:
        assert container.streams.video[0].average_rate == NTSC
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert (counted(first), len(frames)) == (38, 59)
    for number in (0, 58):
        assert np.abs(frames[number].astype(int) - picture(1, 41 + number, (160, 90))).mean() < 8


@pytest.mark.parametrize(("ending", "begin"), [("mp4", 0), ("mkv", 7)])
def test_sound_stays_in_step(tmp_path: Path, ending: str, begin: int) -> None:
    video = write_video(tmp_path / f"a.{ending}", [75, 75], sound=True, begin=begin)
    _, second = cut_one(video, tmp_path, "0-75 75-150")
    with av.open(str(second)) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        start = container.streams.audio[0].start_time or 0
    assert start == 0
    loud = np.flatnonzero(np.abs(samples) > 0.3) / 48000
    # The clicks at 3 and 4 seconds of the source are at 0.5 and 1.5 of the clip.
    assert loud[0] == pytest.approx(0.5, abs=0.03)
    assert loud[loud > 1][0] == pytest.approx(1.5, abs=0.03)
    assert len(samples) / 48000 == pytest.approx(2.5, abs=0.05)


def test_size_rate_and_sound_change_only_when_asked(videos: Path, tmp_path: Path) -> None:
    form = ClipForm(target_fps=10, shorter_size=45, audio=False)
    first, second = cut_one(videos / "a_cut.mp4", tmp_path, "0-75 75-150", form)
    with av.open(str(second)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (80, 44, 10)
        assert not container.streams.audio
    assert (counted(first), counted(second)) == (25, 25)
    assert ClipForm(shorter_size=720).size(320, 180) == (320, 180)


def test_times_of_other_programs_are_taken_to_the_frame(videos: Path, tmp_path: Path) -> None:
    times = "[('00:00:00.000', '00:00:01.335'), ('00:00:01.335', '00:00:03.337')]"
    first, second = cut_one(videos / "ntsc.mkv", tmp_path, "", timestamp=times)
    assert (counted(first), counted(second)) == (40, 60)


def test_nothing_in_a_table_is_run(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no list of scenes"):
        cut_one(videos / "ntsc.mkv", tmp_path, "", timestamp="__import__('pathlib').Path('ran').touch()")
    with pytest.raises(ValueError, match="malformed"):
        ast.literal_eval("open('x')")


def test_a_video_that_is_shorter_than_its_scenes_fails_and_leaves_no_half_clip(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="the video before that"):
        cut_one(videos / "UPPER.MP4", tmp_path / "out", "0-31")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_videos_of_one_name_but_the_ending_get_clips_of_their_own(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mov"):
        write_video(tmp_path / "v" / name, [4], size=(64, 48))
    clips = [cut_one(tmp_path / "v" / name, tmp_path / "c", "0-4")[0].name for name in ("a.mp4", "a.mov")]
    assert clips == ["a_mp4_scene-0.mp4", "a_mov_scene-0.mp4"]


@pytest.mark.parametrize("name", ["b.mp4", "b.mOv", "b.AVI"])
def test_an_ending_in_any_case_makes_a_twin(tmp_path: Path, name: str) -> None:
    write_video(tmp_path / "v/b.mkv", [4], size=(64, 48))
    (tmp_path / "v" / name).touch()
    assert cut_one(tmp_path / "v/b.mkv", tmp_path / "c", "0-4")[0].name == "b_mkv_scene-0.mp4"


def test_videos_of_two_scans_with_one_relpath_get_clips_of_their_own(run: Run, tmp_path: Path) -> None:
    for folder, length in (("v", 4), ("w", 6)):
        write_video(tmp_path / folder / "a.mp4", [length], size=(64, 48))
        run("meta", "scan", folder, "--output", f"{folder}.csv")
    run("meta", "merge", "v.csv", "w.csv", "--output", "x.csv")
    run("meta", "scenes", "x.csv")
    run("meta", "cut", "x_timestamp.csv", "--save-dir", "c")
    rows = list(open_table(tmp_path / "x_timestamp_clips.csv").rows())
    assert [row["path"] for row in rows] == ["c/v/a_scene-0.mp4", "c/w/a_scene-0.mp4"]
    assert [counted(tmp_path / row["path"]) for row in rows] == [4, 6]


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    write_video(path, [4], size=(64, 48))
    with av.open(str(tmp_path / "odd.mov"), "w") as container:
        stream = container.add_stream("png", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 63, 47, "rgb24"
        for number in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0, number, (63, 47)), "rgb24")))
        container.mux(stream.encode(None))
    (clip,) = cut_one(tmp_path / "odd.mov", tmp_path / "c", "0-4")
    info = probe(clip, check=True)
    assert (info.width, info.height, info.decoded) == (63, 47, 4)


def test_clip_linear_scores_as_a_model_of_its_parts(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from vwd.meta.clip_linear import ClipLinear

    clip, head = tiny_weights(torch, tmp_path)
    model = ClipLinear(clip, head, "cpu")
    frames = [picture(scene, 3, (40, 30)) for scene in range(3)]
    together, alone = model.score(frames), [model.score([frame])[0] for frame in frames]
    assert together == pytest.approx(alone, abs=1e-5)
    assert len({round(score, 4) for score in together}) == 3
    assert together[0] == pytest.approx(reference(torch, clip, head, frames[0]), abs=1e-4)


def tiny_weights(torch, folder: Path) -> tuple[Path, Path]:  # type: ignore[no-untyped-def]
    """A CLIP of one block, 128 wide, for pictures of 32 pixels in patches of 16; a head without activations."""
    torch.manual_seed(0)
    width, out = 128, 24
    block = torch.nn.TransformerEncoderLayer(width, 2, 4 * width, 0.0, batch_first=True, norm_first=True)
    weights = {
        "conv1.weight": torch.randn(width, 3, 16, 16) / 16, "class_embedding": torch.randn(width),
        "positional_embedding": torch.randn(5, width), "proj": torch.randn(width, out) / 8,
        "transformer.resblocks.0.attn.in_proj_weight": block.self_attn.in_proj_weight,
        "transformer.resblocks.0.attn.in_proj_bias": torch.randn(3 * width) / 4,
        "transformer.resblocks.0.attn.out_proj.weight": block.self_attn.out_proj.weight,
        "transformer.resblocks.0.attn.out_proj.bias": torch.randn(width) / 4,
        "transformer.resblocks.0.mlp.c_fc.weight": block.linear1.weight,
        "transformer.resblocks.0.mlp.c_fc.bias": block.linear1.bias,
        "transformer.resblocks.0.mlp.c_proj.weight": block.linear2.weight,
        "transformer.resblocks.0.mlp.c_proj.bias": block.linear2.bias,
    }  # fmt: skip
    for name in ("ln_pre", "ln_post", "transformer.resblocks.0.ln_1", "transformer.resblocks.0.ln_2"):
        weights |= {f"{name}.weight": 1 + torch.randn(width) / 8, f"{name}.bias": torch.randn(width) / 8}
    torch.save({f"visual.{name}": value.detach() for name, value in weights.items()}, folder / "clip.pt")
    layers: dict[str, object] = {}
    for number, (one, other) in {0: (out, 16), 2: (16, 8), 4: (8, 1)}.items():
        layers |= {f"layers.{number}.weight": torch.randn(other, one), f"layers.{number}.bias": torch.randn(other)}
    torch.save(layers, folder / "head.pth")
    return folder / "clip.pt", folder / "head.pth"


def reference(torch, clip: Path, head: Path, frame: np.ndarray) -> float:  # type: ignore[no-untyped-def]
    """The same by torch's own transformer layer."""
    from vwd.meta.clip_linear import _prepared

    w = {name[7:]: value for name, value in torch.load(clip).items()}
    layers, functional = torch.load(head), torch.nn.functional

    class QuickGELU(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x):  # type: ignore[no-untyped-def]
            return x * torch.sigmoid(1.702 * x)

    block = torch.nn.TransformerEncoderLayer(128, 2, 512, 0.0, QuickGELU(), batch_first=True, norm_first=True).eval()
    names = {"attn.in_proj_": "self_attn.in_proj_", "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "linear1",
             "mlp.c_proj": "linear2", "ln_1": "norm1", "ln_2": "norm2"}  # fmt: skip
    state = {}
    for name, value in w.items():
        if name.startswith("transformer.resblocks.0."):
            short = name.removeprefix("transformer.resblocks.0.")
            old = next(old for old in names if short.startswith(old))
            state[short.replace(old, names[old])] = value
    block.load_state_dict(state)
    with torch.no_grad():
        x = functional.conv2d(torch.from_numpy(_prepared(frame, 32))[None], w["conv1.weight"], stride=16)
        x = torch.cat([w["class_embedding"][None], x[0].flatten(1).T]) + w["positional_embedding"]
        x = block(functional.layer_norm(x, (128,), w["ln_pre.weight"], w["ln_pre.bias"])[None])[0, 0]
        x = functional.layer_norm(x, (128,), w["ln_post.weight"], w["ln_post.bias"]) @ w["proj"]
        x = x / x.norm()
        for number in (0, 2, 4):
            x = layers[f"layers.{number}.weight"] @ x + layers[f"layers.{number}.bias"]
    return float(x)


def test_missing_weights_say_what_to_put_where(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    write_table(tmp_path / "x.csv", ("path",), [])
    done = run("meta", "score", "x.csv", check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "Error: pretrained_models/ViT-L-14.pt: there is no such file"
    assert "Put CLIP's weights" in done.stderr


def test_a_scorer_that_does_not_exist_is_refused() -> None:
    from vwd.meta.score import FunctionScorer

    with pytest.raises(UsageError, match="no_such_module"):
        FunctionScorer("no_such_module:score")


def test_a_video_of_which_a_frame_cannot_be_read_has_no_score(videos: Path, run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ("path",), [{"path": str(videos / name)} for name in ("cut_data.mp4", "a_cut.mp4")])
    done = run("meta", "score", "x.csv", "--backend", "brightness:score", PYTHONPATH=f"{ROOT}:{Path(__file__).parent}")
    assert "row 1: " in done.stderr
    broken, whole = open_table(tmp_path / "x_aes_part0.csv").rows()
    assert broken["aes"] == ""
    assert float(whole["aes"]) > 0


def test_add_fps_names_what_it_leaves_out_and_writes_the_others(videos: Path, tmp_path: Path) -> None:
    rows = [
        {"path": "a_cut.mp4", "caps": [{"cap": "红"}], "id": 7}, {"path": "ntsc.mkv"}, {"path": "empty.mp4"},
        {"path": "nowhere.mp4"}, {"no": "path"}, {"path": "cut_data.mp4"},
    ]  # fmt: skip
    text = "\n".join(json.dumps(row) for row in rows) + "\n\nno json\n"
    (tmp_path / "in.jsonl").write_text(text)
    done = tool([str(ROOT / "tools/open_sora_plan/add_fps.py"), str(videos), "in.jsonl", "out.jsonl"], tmp_path)
    first, second, third = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert list(json.loads(first).items()) == [
        ("path", "a_cut.mp4"), ("id", 7), ("num_frames", 150), ("duration", 5.0), ("width", 160), ("height", 90),
        ("fps", 30.0), ("caps", [{"cap": "红"}]),
    ]  # fmt: skip
    assert "红" in first
    assert json.loads(second)["num_frames"] == 150
    assert json.loads(second)["duration"] == pytest.approx(5.005)
    assert json.loads(third)["num_frames"] == 120
    *left_out, doubtful = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in left_out] == [f"in.jsonl, line {number}" for number in (3, 4, 5, 7, 8)]
    assert re.fullmatch(
        r"in\.jsonl, line 6: 120 frames by its header, of which the file ends before \d+ \(written\)", doubtful
    )


@pytest.mark.parametrize(
    "value",
    ['"\\ud800"', '{"a": 1}', "[1]", "null", '"\udcff"'],
    ids=["half", "object", "list", "null", "wrong encoding"],
)
def test_an_origin_that_no_table_could_hold_is_left_out(value: str) -> None:
    from types import SimpleNamespace

    from vwd.meta.media import ORIGIN, ORIGIN_TAG, _origin

    first, *others = ORIGIN
    rest = "".join(f', "{name}": 1' for name in others)
    right = SimpleNamespace(metadata={ORIGIN_TAG: f'{{"{first}": "a.mp4"{rest}}}'})
    assert _origin(right) == {first: "a.mp4", **dict.fromkeys(others, 1)}
    assert _origin(SimpleNamespace(metadata={ORIGIN_TAG: f'{{"{first}": {value}{rest}}}'})) is None


def test_rows_without_a_result_are_named_in_their_order_and_in_a_file(videos: Path, run: Run, tmp_path: Path) -> None:
    names = ["text.avi", "UPPER.MP4", *[f"nowhere-{number}.mp4" for number in range(22)]]
    write_table(tmp_path / "x.csv", ("path",), [{"path": str(videos / name)} for name in names])
    done = run("meta", "scenes", "x.csv")
    assert "1 done, 23 without a result" in done.stdout
    *shown, more = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in shown] == [f"x.csv, row {number}" for number in (1, *range(3, 22))]
    assert more == "… and 3 more; all of them: x_timestamp.csv.failed.jsonl"
    failed = [json.loads(line) for line in (tmp_path / "x_timestamp.csv.failed.jsonl").read_text().splitlines()]
    assert [line["row"] for line in failed] == [0, *range(2, 24)]
    assert "cannot be opened" in failed[0]["failed"]
    write_table(tmp_path / "x.csv", ("path",), [{"path": str(videos / "UPPER.MP4")}])
    run("meta", "scenes", "x.csv")
    assert not (tmp_path / "x_timestamp.csv.failed.jsonl").exists()


def test_pipes_devices_and_addresses_are_videos_that_cannot_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "device.mp4").symlink_to("/dev/zero")
    for name in ("pipe.mp4", "device.mp4"):
        assert probe(tmp_path / name, check=True).doubt.endswith("cannot be opened: not a regular file")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        assert probe(f"http://127.0.0.1:{port}/a.mp4").frames == 0
        # A playlist is a video to FFmpeg, and what it lists would be fetched.
        listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
        (tmp_path / "list.mp4").write_text(listed)
        assert probe(tmp_path / "list.mp4").frames == 0
        with pytest.raises(TimeoutError):  # nobody has called
            server.accept()


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "http:a.mp4"
    write_video(tmp_path / "a.mp4", [5]).rename(path)
    assert probe(path, check=True).decoded == 5
