"""Benchmarks become unified JSONL: the right split, the right choice, and images that are where records say."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from records.making import jpeg
from records.servers import REVISION, Served, serving

from vwd.records.benchmarks.images import ImageFinder
from vwd.records.benchmarks.prepare import PrepareSettings
from vwd.records.benchmarks.registry import BENCHMARKS, Benchmark
from vwd.records.benchmarks.sampling import Part, chosen_rows
from vwd.records.benchmarks.splits import split_files
from vwd.records.faults import FaultError

COLUMNS = ("index", "question", "hint", "A", "B", "C", "D", "answer", "category", "image")


def mmbench(count: int, first: int = 0, **changed: str) -> str:
    """A table as MMBench has it: tab-separated, images in base64."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for number in range(first, first + count):
        row = {
            "index": number, "question": f"Question {number}?", "hint": "nan" if number % 2 else "A hint.",
            **{letter: f"choice {letter}" for letter in "ABCD"}, "answer": "ABCD"[number % 4], "category": "logic",
            "image": base64.b64encode(jpeg(number % 5)).decode(),
        }  # fmt: skip
        writer.writerow(row | changed)
    return text.getvalue()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder with the dev and test files of mmbench."""
    folder = tmp_path / "data" / "raw" / "mmbench"
    folder.mkdir(parents=True)
    (folder / "MMBench_DEV_EN.tsv").write_text(mmbench(20))
    (folder / "MMBench_TEST_EN.tsv").write_text(mmbench(10, 100, answer=""))
    return folder


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_table_becomes_records_and_images(run: Run, raw: Path, tmp_path: Path) -> None:
    run(
        "prepare", "--dataset", "mmbench", "--subset", "en", "--splits", "train=dev,test", "--download-images",
        "--export_parquet",
    )  # fmt: skip
    first, second = records(tmp_path / "data" / "processed" / "mmbench" / "mmbench_train.jsonl")[:2]
    stored = (tmp_path / first["image"]["path"]).read_bytes()
    assert first["image"] == {
        "source": "file", "path": "data/images/mmbench/train_0.jpg", "url": None,
        "sha1": hashlib.sha1(stored).hexdigest(),
    }  # fmt: skip
    assert stored == jpeg(0)
    assert {name: first[name] for name in ("id", "dataset", "split", "task_type", "question", "context")} == {
        "id": "0", "dataset": "mmbench", "split": "train", "task_type": "multi_choice_vqa",
        "question": "Question 0?", "context": "A hint.",
    }  # fmt: skip
    assert first["choices"] == ["choice A", "choice B", "choice C", "choice D"]
    assert first["answer"] == {"text": "choice A", "aliases": None, "label": 0, "raw": "A"}
    assert first["meta"]["language"] == "en"
    assert first["meta"]["source_fields"]["answer"] == "answer"
    assert first["meta"]["extra"] == {"category": "logic"}
    assert second["context"] is None
    test = records(tmp_path / "data" / "processed" / "mmbench" / "mmbench_test.jsonl")
    assert len(test) == 10
    assert test[0]["answer"]["text"] is None
    table = pq.read_table(tmp_path / "data" / "processed" / "mmbench" / "mmbench_train.parquet")
    assert table.num_rows == 20
    assert table["answer"][1].as_py()["label"] == 1


def test_a_split_that_does_not_exist_lists_those_there_are(run: Run, raw: Path, tmp_path: Path) -> None:
    for split in ("train", "validation", "TRAIN"):
        done = run("prepare", "--dataset", "mmbench", "--splits", split, check=False)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
        assert "dev, test" in done.stderr
    assert not (tmp_path / "data" / "processed").exists()


def test_a_subset_that_does_not_exist_lists_words_there_are(run: Run, raw: Path) -> None:
    done = run("prepare", "--dataset", "mmbench", "--subset", "cn", "--splits", "dev", check=False)
    assert done.returncode == 1
    assert "subset 'cn'" in done.stderr
    assert "en" in done.stderr.splitlines()[1]


def test_a_sample_is_the_same_in_every_run_and_of_the_size_asked_for(run: Run, raw: Path, tmp_path: Path) -> None:
    path = tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.jsonl"
    command = ("prepare", "--dataset", "mmbench", "--splits", "dev", "--max_samples", "7")
    run(*command)
    first = path.read_bytes()
    run(*command)
    assert path.read_bytes() == first
    assert len(records(path)) == 7
    run(*command, "--seed", "1")
    assert path.read_bytes() != first
    run(*command, "--streaming")
    assert [record["id"] for record in records(path)] == [str(n) for n in range(7)]


def test_without_images_a_record_says_in_which_row_its_image_is(run: Run, raw: Path, tmp_path: Path) -> None:
    run("prepare", "--dataset", "mmbench", "--splits", "dev")
    third = records(tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.jsonl")[3]
    assert third["image"]["url"] == "MMBench_DEV_EN.tsv#row=3&column=image"
    assert not (tmp_path / "data" / "images").exists()


def test_images_are_found_by_name_in_the_roots_and_never_outside(run: Run, tmp_path: Path) -> None:
    for name in ("secret.jpg", "one/a.jpg", "two/deep/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(jpeg(9))
    names = ["a.jpg", "b.jpg", "../secret.jpg", "000000101038.jpg"]
    rows = [{"id": str(n), "question": "Q?", "answer": "x", "image": name} for n, name in enumerate(names)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    roots = f"{tmp_path / 'nowhere'}:{tmp_path / 'one'}:{tmp_path / 'two'}"
    done = run(
        "prepare", "--dataset", "mmmu", "--source", "rows.jsonl", "--splits", "train", "--download-images",
        VOVNET_IMAGE_ROOTS=roots,
    )  # fmt: skip
    written = records(tmp_path / "data" / "processed" / "mmmu" / "mmmu_train.jsonl")
    assert [record["id"] for record in written] == ["0", "1"]
    assert "image_missing 2" in done.stdout
    assert "000000101038.jpg" in done.stderr
    assert "VWD_IMAGE_ROOTS" in done.stderr


def test_when_no_image_is_found_nothing_is_written_and_the_message_says_what_to_set(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"id": "1", "question": "Q?", "image": "x.jpg"}) + "\n")
    command = ("prepare", "--dataset", "mmmu", "--source", "rows.jsonl", "--download-images")
    done = run(*command, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "x.jpg" in done.stderr
    assert "VWD_IMAGE_ROOTS" in done.stderr
    assert not list((tmp_path / "data").rglob("*.jsonl"))


@pytest.mark.parametrize("name", ["\ud83d.jpg", "a\0b", "x" * 300, "deep/" * 2000 + "a.jpg", ".", ".."])
def test_a_name_that_no_file_can_have_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="is in none of the image roots"):
        ImageFinder((tmp_path,)).read(name)


def test_a_link_does_not_lead_out_of_a_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (tmp_path / "root" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for name in ("link.jpg", "../secret.jpg", str(tmp_path / "secret.jpg"), "a\0b"):
        with pytest.raises(FaultError):
            ImageFinder((tmp_path / "root",)).read(name)


def test_missing_ids_are_hashes_of_the_row_the_same_in_every_run(run: Run, tmp_path: Path) -> None:
    rows = [{"question": "Q?", "answer": "x"}, {"question": "Q?", "answer": "y"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = []
    for _ in range(2):
        run("prepare", "--dataset", "mmmu", "--source", "rows.jsonl")
        found.append([one["id"] for one in records(tmp_path / "data" / "processed" / "mmmu" / "mmmu_train.jsonl")])
    assert found[0] == found[1]
    assert len(set(found[0])) == 2


def test_half_a_surrogate_pair_is_written_as_the_replacement_character(run: Run, tmp_path: Path) -> None:
    half = "half \ud83d of a pair"
    row = {"index": half, "question": half, "A": half, "B": "b", "C": "c", "D": "d", "answer": "A", half: half}
    other = row | {"index": "half \ud83e of a pair"}  # which is then the same id
    (tmp_path / "dev.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    run("prepare", "--dataset", "mmbench", "--splits", "dev", "--source", "dev.jsonl", "--export-parquet")
    (record,) = records(tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.jsonl")
    whole = "half \ufffd of a pair"
    assert (record["id"], record["question"], record["answer"]["text"]) == (whole, whole, whole)
    assert record["meta"]["extra"] == {whole: whole}
    table = pq.read_table(tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.parquet")
    assert table["question"].to_pylist() == [whole]


def test_textvqa_takes_the_answer_most_people_give(run: Run, tmp_path: Path) -> None:
    answers = ["nokia"] * 6 + ["Nokia", "toshiba", "nokia phone", "nokia"]
    rows = [{"question_id": 7, "question": "Brand?", "answers": answers, "image": {"bytes": jpeg(), "path": None}}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "validation-00000-of-00001.parquet")
    run("prepare", "--dataset", "textvqa", "--splits", "validation", "--source", "validation-00000-of-00001.parquet")
    (one,) = records(tmp_path / "data" / "processed" / "textvqa" / "textvqa_validation.jsonl")
    assert one["answer"]["text"] == "nokia"
    assert one["answer"]["aliases"] == ["Nokia", "toshiba", "nokia phone"]
    assert one["choices"] is None


def test_further_images_of_a_row_are_stored_too(run: Run, tmp_path: Path) -> None:
    image = [{"bytes": jpeg(seed), "path": None} for seed in range(2)]
    rows = [
        {
            "id": "a/b",
            "question": "Q <image 1>?",
            "options": "['x', 'y']",
            "answer": "B",
            "image_1": image[0],
            "image_2": image[1],
        }
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "dev.parquet")
    run("prepare", "--dataset", "mmmu", "--splits", "dev", "--source", "dev.parquet", "--download-images")
    (one,) = records(tmp_path / "data" / "processed" / "mmmu" / "mmmu_dev.jsonl")
    assert one["image"]["path"] == "data/images/mmmu/dev_a%2Fb.jpg"
    (other,) = one["meta"]["extra"]["images"][:1]
    assert (tmp_path / other["path"]).read_bytes() == jpeg(1)
    assert one["answer"]["label"] == 1


@pytest.fixture
def hub() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_the_hub_is_asked_once_and_its_files_are_kept_by_commit(run: Run, tmp_path: Path, hub: Served) -> None:
    files = {
        "data/dev-00000-of-00001.tsv": mmbench(5).encode(),
        "data/test-00000-of-00001.tsv": mmbench(5, 50).encode(),
    }
    hub.add_dataset("lmms-lab/MMBench_EN", files)
    settings = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HUGGINGFACE_HUB_TOKEN": "secret", "HF_TOKEN": ""}
    for _ in range(2):
        run("prepare", "--dataset", "mmbench", "--subset", "en", "--splits", "dev", **settings)
    written = records(tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.jsonl")
    reference = f"hf://datasets/lmms-lab/MMBench_EN@{REVISION}/data/dev-00000-of-00001.tsv#row=0&column=image"
    assert written[0]["image"] == {"source": "row", "path": None, "url": reference, "sha1": None}
    assert [path for path, _, _ in hub.requests].count(
        f"/datasets/lmms-lab/MMBench_EN/resolve/{REVISION}/data/dev-00000-of-00001.tsv"
    ) == 1
    assert not any("test-00000" in path for path, _, _ in hub.requests)
    assert {token for _, _, token in hub.requests} == {"Bearer secret"}


def test_a_file_that_is_not_what_the_hub_names_is_refused(run: Run, hub: Served) -> None:
    hub.add_dataset("own/set", {"train.tsv": mmbench(5).encode()}, lie=True)
    done = run(
        "prepare", "--dataset", "mmbench", HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0",
        VOVNET_HF_DATASET_ID_MMBENCH="own/set", check=False,
    )  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "sha256" in done.stderr


@pytest.mark.parametrize(
    ("status", "said"), [({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"), ({"HF_HUB_OFFLINE": "0"}, "404")]
)
def test_a_hub_that_is_off_or_has_no_such_dataset_is_named(
    run: Run, hub: Served, status: dict[str, str], said: str
) -> None:
    done = run("prepare", "--dataset", "textvqa", HF_ENDPOINT=hub.address, check=False, **status)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert said in done.stderr


def test_an_address_is_downloaded_by_the_documented_variable(run: Run, tmp_path: Path, hub: Served) -> None:
    hub.files["/lite.tsv"] = mmbench(6).encode()
    run("prepare", "--dataset", "mmbench_lite", VOVNET_MMBENCH_LITE_URL=f"{hub.address}/lite.tsv?token=x")
    assert len(records(tmp_path / "data" / "processed" / "mmbench_lite" / "mmbench_lite_train.jsonl")) == 6


def test_a_fifth_benchmark_is_a_few_lines(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    own = Benchmark(
        "birds", "open_vqa", ids=("key",), question=("ask",), answer=("reply",), choice_columns=(), choices=()
    )
    monkeypatch.setitem(BENCHMARKS, "birds", own)
    (tmp_path / "birds.jsonl").write_text(json.dumps({"key": "1", "ask": "Which bird?", "reply": "A wren."}) + "\n")
    from vwd.records.benchmarks.prepare import prepare_split
    from vwd.records.benchmarks.source import find_source

    source = find_source(own, "", tmp_path, str(tmp_path / "birds.jsonl"))
    made = prepare_split(own, source, "train", PrepareSettings(tmp_path / "out", tmp_path / "images"))
    (one,) = records(made.path)
    assert (one["question"], one["answer"]["text"]) == ("Which bird?", "A wren.")


@given(st.integers(2, 200), st.floats(0.01, 0.9), st.integers(0, 5))
def test_train_and_validation_share_out_all_rows(count: int, ratio: float, seed: int) -> None:
    train, validation = [chosen_rows(count, PrepareSettings(), Part(side, ratio, seed)) for side in (False, True)]
    assert sorted([*train, *validation]) == list(range(count))
    assert train
    assert validation


def test_files_of_a_split_are_found_by_whole_words() -> None:
    files = split_files(
        ["en/dev-00000-of-00001.parquet", "en/test-0.parquet", "cn/dev-0.parquet", "README.md", "en/latest.tsv"],
        "en",
        "x",
    ).files
    assert files == {"dev": ("en/dev-00000-of-00001.parquet",), "test": ("en/test-0.parquet",), "": ("en/latest.tsv",)}


@pytest.mark.parametrize("split", ["../../x=dev", "a/b", "=dev", "x" * 300, "a\nb"])
def test_a_split_whose_name_leads_elsewhere_is_refused(run: Run, raw: Path, tmp_path: Path, split: str) -> None:
    before = set(tmp_path.parent.rglob("*.jsonl"))
    done = run("prepare", "--dataset", "mmbench", "--splits", split, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert set(tmp_path.parent.rglob("*.jsonl")) == before
