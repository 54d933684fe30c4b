"""submitit as a second launcher: `vwd.slurm.submitit_pack`."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment, write_rows
from shards.packing import lamp_rows, tar_hashes
from slurm.cluster import Output, wait_for

pytest_plugins = ["slurm.running"]

PROGRAM = """
import sys
from pathlib import Path
import submitit
from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.open import open_file
from vwd.shards.settings import PackSettings
from vwd.slurm import submitit_pack
from vwd.video.spec import VideoSpec

cluster, encoder, samples = sys.argv[1:]
video = VideoSpec.parse("320x180", 193, "193/10")
settings = PackSettings(
    out=Path("shards"), shard_size=3, encoder=encoder, video=video,
    storyboard=video.storyboard_spec(16, "spill", "word"),
)
executor = submitit.AutoExecutor(folder="jobs", cluster=cluster)
executor.update_parameters(timeout_min=5, cpus_per_task=1)
if cluster == "slurm":
    executor.update_parameters(slurm_partition="main", slurm_array_parallelism=2)
jobs = submitit_pack(find_corpus("gsm8k"), open_file(Path("rows.jsonl")), settings, executor, int(samples), 1)
print(*(job.job_id for job in jobs), flush=True)
if cluster != "slurm":
    print(*(job.result() for job in jobs))
"""


def launch(folder: Path, *args: str, **env: str) -> list[str]:
    """Packs `rows.jsonl` by submitit. Returns a line of job ids and, unless on a cluster, one of the jobs' results."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args], cwd=folder, env=environment(**env), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def pack_single(folder: Path, encoder: str) -> Path:
    """Packs the same rows in one run of `vwd pack`. Returns the dataset's folder."""
    line = ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", "3", "--size", "320x180", "--font-size", "16",
            "--encoder", encoder, "--out", "single", "--num-workers", "1")  # fmt: skip
    subprocess.run([sys.executable, "-m", "vwd", *line], cwd=folder, env=environment(), check=True,
                   timeout=HANG_SECONDS,
                   capture_output=True)  # fmt: skip
    return folder / "single" / "gsm8k"


def file_names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_submitit_s_jobs_pack_the_bytes_of_a_single_run(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(12))
    assert launch(tmp_path, "local", "mpeg4", "6")[1].split() == ["2", "2"]
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(pack_single(tmp_path, "mpeg4"))
    assert launch(tmp_path, "local", "mpeg4", "6")[1].split() == ["0", "0"]


@pytest.mark.parametrize("executor", ["local", "debug"])
def test_submitit_s_last_task_writes_the_sidecars_of_vwd_pack(tmp_path: Path, executor: str) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(12))
    launch(tmp_path, executor, "mpeg4", "6")
    folder, single = tmp_path / "shards" / "gsm8k", pack_single(tmp_path, "mpeg4")
    assert file_names(folder) == file_names(single)
    for name in ("shardindex.json", "sizes.json", "SHA256SUMS", "README.md"):
        assert (folder / name).read_bytes() == (single / name).read_bytes(), name


def test_a_checkpoint_is_the_same_call_again(tmp_path: Path) -> None:
    from vwd.corpora.registry import find_corpus
    from vwd.corpora.sources.open import open_file
    from vwd.shards.settings import PackSettings
    from vwd.slurm.submitit_backend import PackTask

    rows = open_file(write_rows(tmp_path / "rows.jsonl", lamp_rows(12)))
    task = PackTask(find_corpus("gsm8k"), rows, PackSettings(out=tmp_path))
    again = pickle.loads(pickle.dumps(task)).checkpoint(1, 2)
    assert (again.args, again.function.settings) == ((1, 2), task.settings)


@pytest.mark.slow
@pytest.mark.slurm
def test_a_preempted_job_resumes_from_the_ledger(output: Output) -> None:
    write_rows(output.folder / "rows.jsonl", lamp_rows(120))  # twenty shards per task
    (ids,) = launch(output.folder, "slurm", "opencv", "60", **output.cluster.variables)
    first = ids.split()[0]
    wait_for(lambda: (output.packed / "ledger" / "gsm8k-000000.json").exists(), "the first shard")
    output.cluster.call("scancel", "--signal=USR2", first)
    wait_for(lambda: not output.cluster.queue(), "the jobs to end")
    assert output.hashes() == tar_hashes(pack_single(output.folder, "opencv"))
    log = "".join(path.read_text() for path in (output.folder / "jobs").glob(f"{first}_*_log.*"))
    assert "Calling checkpoint method" in log
    assert "1" in {entry["writer"].get("slurm_restart_count") for entry in output.entries()}
    assert "clean" in output.vwd("verify").stdout
