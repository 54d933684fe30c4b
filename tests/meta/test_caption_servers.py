"""Captions are asked of several servers, of which some are slow, fail or are dead; or are known already."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from conftest import Run
from meta.stubs import dead_url, stub
from meta.test_commands import ROOT, tool
from meta.videos import write_video
from PIL import Image

from vwd.errors import MediaError, ServiceError, UsageError
from vwd.meta.captioners import CogVLM2, OpenAI, addresses, prompt_text
from vwd.meta.servers import Servers
from vwd.meta.tables import open_table, write_table


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    """Paths of sixteen videos."""
    data = write_video(tmp_path / "0.mp4", [12], size=(96, 64)).read_bytes()
    for number in range(16):
        (tmp_path / f"{number}.mp4").write_bytes(data)
    return [str(tmp_path / f"{number}.mp4") for number in range(16)]


def test_a_chat_server_gets_frames_prompt_and_key(clips: list[str]) -> None:
    with stub(caption=" A cat.\nIt jumps. ") as server:
        pool = Servers([f"{server.url}/v1"], 1, 10)
        model = OpenAI(pool, "llava", prompt_text("video-text"), frames=3, resize=32, key="secret")
        assert model.caption({"path": clips[0], "text": "a known text"}) == "A cat.\nIt jumps."
    body = json.loads(server.requests[0])
    *pictures, text = body["messages"][0]["content"]
    assert (body["model"], len(pictures), server.headers[0]["Authorization"]) == ("llava", 3, "Bearer secret")
    assert text["text"].endswith("It is known that: a known text")
    kind, data = pictures[0]["image_url"]["url"].split(",")
    assert kind == "data:image/jpeg;base64"
    path = Path(clips[0]).with_suffix(".jpg")
    path.write_bytes(base64.b64decode(data))
    assert Image.open(path).size == (48, 32)


def test_cogvlm2_gets_the_file_and_the_question(clips: list[str]) -> None:
    with stub(caption="A dog.") as server:
        assert CogVLM2(Servers([server.url], 1, 10)).caption({"path": clips[0]}) == "A dog."
    (body,) = server.requests
    assert Path(clips[0]).read_bytes() in body
    assert b'name="question"\r\n\r\nDescribe this video in detail.\r\n' in body
    assert b'name="temperature"\r\n\r\n0.2\r\n' in body


def test_one_dead_and_one_failing_server_of_eight_cost_no_row(clips: list[str], run: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ("path",), [{"path": path} for path in clips])
    with stub() as good, stub(fail=503) as failing, stub(slow=0.2) as slow:
        urls = [f"{url}/v1" for url in (dead_url(), failing.url, slow.url, *[good.url] * 5)]
        words = ["caption", "x.csv", "--backend", "openai", "--servers", ",".join(urls), "--at-once", "1"]
        result = json.loads(run("meta", *words, "--json").stdout)
    assert (result["done"], result["failed"]) == (len(clips), {})
    rows = list(open_table(tmp_path / "x_caption_part0.csv").rows())
    assert [row["path"] for row in rows] == clips
    assert all(row["text"] for row in rows)
    assert len(failing.requests) > 0
    assert len(slow.requests) > 0


def test_a_server_that_takes_too_long_is_left(clips: list[str]) -> None:
    with stub(slow=3.0) as slow, stub() as good:
        pool = Servers([slow.url, good.url], 1, timeout=0.3)
        answers = {CogVLM2(pool).caption({"path": path}) for path in clips[:4]}
    assert answers == {"The video shows a red square."}
    assert len(slow.requests) < 4


@pytest.mark.parametrize(
    ("code", "error"), [(413, MediaError), (401, ServiceError), (404, ServiceError), (302, ServiceError)]
)
def test_a_refusal_is_of_the_row_or_of_all(clips: list[str], code: int, error: type[Exception]) -> None:
    with stub(fail=code) as server:
        with pytest.raises(error, match=f"HTTP {code}"):
            CogVLM2(Servers([server.url], 1, 10)).caption({"path": clips[0]})
        assert len(server.requests) == 1


def test_a_row_that_fails_where_others_do_not_keeps_its_place(clips: list[str], run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("no video")
    paths = [clips[0], str(tmp_path / "bad.mp4"), clips[1]]
    write_table(tmp_path / "x.csv", ("path", "text"), [{"path": path, "text": "old"} for path in paths])
    with stub(caption="new") as server:
        done = run("meta", "caption", "x.csv", "--backend", "openai", "--servers", f"{server.url}/v1", check=False)
    assert done.returncode == 1
    assert "x.csv, row 2: " in done.stderr
    assert [row["text"] for row in open_table(tmp_path / "x_caption_part0.csv").rows()] == ["new", "old", "new"]


def test_the_text_of_our_own_videos_is_known(run: Run, tmp_path: Path) -> None:
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", "2", "--num-workers", "1")
    run("export-jsonl", "--base-dir", "export")
    run("meta", "scan", "export", "--output", "meta.csv")
    run("meta", "caption", "meta.csv", "--servers", dead_url())
    (listing,) = (tmp_path / "export/gsm8k").glob("gsm8k_rendering_video_data_*.jsonl")
    prompts = [json.loads(line)["prompt"] for line in listing.read_text().splitlines()]
    assert [row["text"] for row in open_table(tmp_path / "meta_caption_part0.csv").rows()] == prompts


def test_recap_writes_the_lines_in_their_order_and_resumes(clips: list[str], tmp_path: Path) -> None:
    rows = [{"path": Path(path).name, "caps": ["old"]} for path in clips]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    line = [str(ROOT / "tools/open_sora_plan/recap_video.py"), ".", "in.jsonl", "out.jsonl"]
    with stub(caption="一只狗") as server:
        servers = ",".join([server.url, dead_url(), server.url])
        for _ in range(2):
            done = tool(line, tmp_path, VWD_CAPTION_SERVERS=servers)
    written = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert written == [row | {"text_cogvlm2": "一只狗"} for row in rows]
    assert len(server.requests) == len(clips)
    assert done.stderr.splitlines() == ["in.jsonl, line 17: blank"]


def test_addresses_are_checked() -> None:
    with pytest.raises(UsageError, match="no address"):
        addresses("127.0.0.1:8000", [])
