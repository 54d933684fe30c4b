"""`vwd preview` shows what `vwd pack` would draw, and what shards hold."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, write_rows
from PIL import Image
from shards.damage import rebuild
from shards.packing import SMALL, assert_two_lines, copy_pack, gsm8k, lamp_rows, read_entry, vwd, write_lamps

from vwd.corpora.registry import find_corpus
from vwd.errors import UsageError
from vwd.preview.animation import animation
from vwd.preview.sample import Previewed, preview_text
from vwd.preview.sheet import contact_sheet, draw_frames, key_frames
from vwd.text.spec import StoryboardSpec
from vwd.video.frames import grey_frames
from vwd.video.spec import VideoSpec

LONG = "The lamp shines on and on. " * 20
TEXTS = [("What is 2 + 3?", "It is 5."), (LONG, LONG), ("灯", "亮 " * 30), ("a", "word " * 190)]


def previewed(prompt: str, answer: str) -> Previewed:
    video = VideoSpec()
    found = preview_text(find_corpus("gsm8k"), prompt, answer, video, video.storyboard_spec())
    assert isinstance(found, Previewed)
    return found


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 18 rows, of which 7 is skipped, in shuffled shards."""
    folder = tmp_path_factory.mktemp("previewed")
    rows = lamp_rows(18)
    rows[7]["answer"] = "A fox \U0001f98a."
    write_rows(folder / "rows.jsonl", rows)
    vwd(folder, *gsm8k("--shuffle-seed", 5))
    return folder


@pytest.mark.parametrize(("prompt", "answer"), TEXTS)
def test_the_frames_of_a_sheet_show_every_word(prompt: str, answer: str) -> None:
    board = previewed(prompt, answer).storyboard
    frames = key_frames(board)
    assert (frames[0], frames[-1]) == (0, board.frames - 1)
    every = grey_frames(board)
    for frame, picture in draw_frames(board, frames).items():
        assert np.array_equal(picture, np.repeat(every[frame][:, :, None], 3, axis=2))
    for page, start in enumerate(board.page_starts):
        fullest = max(frame for frame in frames if frame >= start and (frame < (*board.page_starts, 999)[page + 1]))
        assert all(word.frame <= fullest for word in board.words if word.page == page)


@pytest.mark.parametrize(("prompt", "answer"), TEXTS)
def test_a_sheet_holds_its_frames_side_by_side_and_boxes_only_add_to_it(prompt: str, answer: str) -> None:
    sample = previewed(prompt, answer)
    sheet, marked = contact_sheet(sample), contact_sheet(sample, boxes=True)
    first = grey_frames(sample.storyboard)[0]
    places = [y for y in range(sheet.shape[0] - 360) if np.array_equal(sheet[y : y + 360, 20:660, 0], first)]
    assert places[0] == 78
    assert marked.shape == sheet.shape
    assert not np.array_equal(marked, sheet)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_lasts_as_long_as_the_video_and_ends_with_its_last_frame(kind: str) -> None:
    sample = previewed("What is 2 + 3?", "It is 5.")
    with Image.open(BytesIO(animation(sample, kind))) as shown:
        milliseconds = 0
        for number in range(shown.n_frames):
            shown.seek(number)
            shown.load()
            milliseconds += shown.info["duration"]
        last = np.asarray(shown.convert("L"))
    assert milliseconds == pytest.approx(10_000, abs=60)
    assert np.abs(last.astype(int) - grey_frames(sample.storyboard)[-1]).max() <= 8


def test_a_row_is_drawn_as_it_is_packed(run: Run, packed: Path, tmp_path: Path) -> None:
    rows = packed / "rows.jsonl"
    run("preview", "gsm8k", "--rows", rows, "--row", 4, "--to", "row", *SMALL)
    run("preview", packed / "shards" / "gsm8k", "gsm8k_000004", "--to", "sample", "--webp")
    assert (tmp_path / "row" / "gsm8k_000004.png").read_bytes() == (
        tmp_path / "sample" / "gsm8k_000004.png"
    ).read_bytes()
    assert (tmp_path / "sample" / "gsm8k_000004.webp").stat().st_size > 1000


def test_random_rows_are_the_same_for_the_same_seed(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 40)
    command = ("preview", "gsm8k", "--rows", "rows.jsonl", "--random", 3, "--json")
    first, again, other = (json.loads(run(*command, "--seed", seed).stdout) for seed in (1, 1, 2))
    assert [one["key"] for one in first] == [one["key"] for one in again] != [one["key"] for one in other]
    assert all((tmp_path / file).is_file() for one in first for file in one["files"])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--row", 999), 1, "there is no row 999"),
        (("--row", 7), 1, "row 7 of gsm8k would be skipped, missing_glyph: "),
        (("--row", 1, "--random", 2), 2, "exclude each other"),
        (("one text",), 2, "is no packed dataset"),
        (("one", "two", "three"), 2, "3 texts"),
    ],
)
def test_what_cannot_be_shown_is_said_in_two_lines(
    run: Run, packed: Path, arguments: tuple[object, ...], code: int, says: str
) -> None:
    done = run("preview", "gsm8k", "--rows", packed / "rows.jsonl", *arguments, check=False)
    assert_two_lines(done, code)
    assert says in done.stderr


def test_an_output_is_previewed_from_its_first_sample_on(run: Run, tmp_path: Path) -> None:
    """Row 0 was skipped: what 'vwd pack' proposes must work all the same."""
    rows = lamp_rows(9)
    rows[0]["answer"] = None
    write_rows(tmp_path / "rows.jsonl", rows)
    run(*gsm8k())

    def keys(*arguments: object) -> list[str]:
        return [one["key"] for one in json.loads(run("preview", *arguments, "--to", "to", "--json").stdout)]

    assert keys("shards/gsm8k") == keys("shards") == ["gsm8k_000001"]
    assert keys("shards", "gsm8k_000007") == keys("shards/gsm8k", "--row", 7) == ["gsm8k_000007"]
    picked = keys("shards/gsm8k", "--random", 5, "--seed", 3)
    assert picked == sorted(set(picked)) == keys("shards/gsm8k", "--random", 5, "--seed", 3)
    assert len(picked) == 5
    assert keys("shards/gsm8k", "--random", 5, "--seed", 4) != picked
    assert len(keys("shards/gsm8k", "--random", 99)) == 8


@pytest.mark.parametrize("key", ["gsm8k_000004", "gsm8k_4", "4"])
def test_a_sample_is_shown_by_its_key_or_its_row(run: Run, packed: Path, key: str) -> None:
    shown = json.loads(run("show", packed / "shards", key, "--json").stdout)
    assert shown["key"] == "gsm8k_000004"
    tar = Path(shown["tar"]).read_bytes()
    for ending, member in shown["members"].items():
        content = tar[member["offset"] : member["offset"] + member["size"]]
        assert content.startswith(b"{") == ending.endswith("json")
    assert shown["storyboard"]["index"] == 4
    text = run("show", packed / "shards", key).stdout
    assert "question" in text
    assert all(word["text"] in text for word in shown["storyboard"]["words"])


def test_skipped_rows_are_listed_with_their_text(run: Run, packed: Path) -> None:
    listed = json.loads(run("show", packed / "shards", "--skips", "--rows", packed / "rows.jsonl", "--json").stdout)
    assert [(one["row"], one["code"]) for one in listed] == [(7, "missing_glyph")]
    assert "A fox" in listed[0]["text"]
    other = run("show", packed / "shards", "--skips", "--rows", "builtin", check=False)
    assert_two_lines(other, 2)
    assert "gsm8k was packed from others" in other.stderr
    assert "gsm8k row 7  missing_glyph: " in run("show", packed / "shards", "--skips").stdout
    assert json.loads(run("show", packed / "shards", "--skips", "--code", "bad_row", "--json").stdout) == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("gsm8k_000007", "row 7 of gsm8k was skipped, missing_glyph"),
        ("gsm8k_000999", "holds no sample 'gsm8k_000999'"),
        ("fox", "is not the key of a sample"), ("", "neither a key nor --skips"),
    ],
)  # fmt: skip
def test_a_sample_that_is_not_there_is_an_error(run: Run, packed: Path, key: str, says: str) -> None:
    done = run("show", packed / "shards", *([key] if key else []), check=False)
    assert_two_lines(done, 1 if key else 2)
    assert says in done.stderr


def test_the_margins_of_a_language_are_those_of_packing() -> None:
    video, spec = VideoSpec(), StoryboardSpec()
    found = preview_text(find_corpus("gsm8k"), "What?", "That.", video, spec)
    assert isinstance(found, Previewed)
    assert found.storyboard.words[0].box.y == 6


def test_status_counts_skipped_rows_by_code(run: Run, packed: Path) -> None:
    (status,) = json.loads(run("status", packed / "shards", "--json").stdout)
    assert status["skips"] == {"missing_glyph": 1}
    assert "  skipped  1 (missing_glyph 1): 'vwd show --skips' lists them\n" in run("status", packed / "shards").stdout


def first_key(folder: Path) -> str:
    """The key of the first sample of an output."""
    row = read_entry(folder, 0)["sizes"].partition(":")[0]
    return f"gsm8k_{int(row):06d}"


def damaged_board(packed: Path, tmp_path: Path, **changes: object) -> str:
    """A copy of the output in whose first shard storyboards are changed, and the entry with them. Returns a key."""
    folder = copy_pack(packed, tmp_path)

    def change(name: str, data: bytes) -> bytes:
        return json.dumps({**json.loads(data), **changes}).encode() if "storyboard" in name else data

    rebuild(folder, 0, change)
    return first_key(folder)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"words": [{"text": "a", "frame": -1, "page": 0, "box": [0, 0, 1, 1], "start": 0}], "final_words": [0, 0]},
            "invalid words",
        ),
        ({"width": 8190, "height": 8190, "frames": 65535}, "is of 8190x8190 pixels and 65535 frames, not of 160x120"),
        ({"frames": "many"}, "invalid frames"),
        (
            {
                "words": [{"text": "abc", "frame": 0, "page": 0, "box": [0, 0, 90, 9], "start": 0}],
                "final_words": [0, 0],
            },
            "has a word of 3 characters that does not fill its box",
        ),
    ],
)
def test_a_storyboard_that_is_not_of_the_output_is_two_lines(
    packed: Path, tmp_path: Path, run: Run, changes: dict[str, object], says: str
) -> None:
    key = damaged_board(packed, tmp_path, **changes)
    for words in (("preview", "shards/gsm8k", key, "--gif"), ("report", "--samples", 20)):
        done = run(*words, check=False)
        assert_two_lines(done)
        assert f"{key}.storyboard.json" in done.stderr
        assert says in done.stderr


def test_a_sample_that_is_not_what_was_packed_is_not_shown(packed: Path, tmp_path: Path, run: Run) -> None:
    folder = copy_pack(packed, tmp_path)
    key = first_key(folder)
    tar = folder / "gsm8k-000000.tar"
    content = bytearray(tar.read_bytes())
    content[content.index(b'"question"') + 20] ^= 1
    tar.write_bytes(content)
    for words in (("show", "shards", key), ("preview", "shards/gsm8k", key), ("report", "--samples", 20)):
        done = run(*words, check=False)
        assert_two_lines(done)
        assert f"{key}.storyboard.json: differs from what was packed" in done.stderr


def test_a_link_where_a_sheet_goes_is_replaced_and_not_followed(packed: Path, tmp_path: Path, run: Run) -> None:
    key = first_key(copy_pack(packed, tmp_path))
    (tmp_path / "canary").write_text("not to be touched")
    (tmp_path / f"{key}.png").symlink_to("canary")
    run("preview", "shards/gsm8k", key)
    assert (tmp_path / "canary").read_text() == "not to be touched"
    assert Image.open(tmp_path / f"{key}.png").size[0] > 160


def test_a_sheet_of_the_largest_video_has_its_last_frame() -> None:
    found = previewed("What is 2 + 3?", "It is 5.")
    large = replace(found, storyboard=replace(found.storyboard, width=4000, height=4000))
    sheet = contact_sheet(large)
    assert sheet.nbytes < 200_000_000
    assert sheet.shape[1] > 4 * 1000 * 2


def test_an_animation_that_would_fill_memory_is_refused() -> None:
    found = previewed("a", "word " * 190)
    large = replace(found, storyboard=replace(found.storyboard, width=4000, height=4000))
    with pytest.raises(UsageError, match="pictures of 4000x4000 are too many for a `gif`"):
        animation(large, "gif")


def test_a_row_beyond_all_numbers_is_no_row(run: Run) -> None:
    done = run("preview", "gsm8k", "--rows", "builtin", "--row", "9" * 30, check=False)
    assert_two_lines(done)
    assert "there is no row 9999" in done.stderr


def test_a_gif_of_the_longest_video_is_written() -> None:
    found = previewed("a", "b")
    assert animation(replace(found, storyboard=replace(found.storyboard, frames=65_535)), "gif")[:3] == b"GIF"
