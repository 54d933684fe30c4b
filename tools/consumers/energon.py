"""Reads and decodes every sample with megatron-energon, without `energon prepare`; interrupts an epoch and resumes.

python tools/consumers/energon.py OUT [--env DIR]
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, check_pictures, compare, pictures_line

PACKAGES = ("megatron-energon==7.4.1", "torch==2.13.0", "av>=17")
WORKERS = 2


def check(output: Output) -> Findings:
    """Every sample in order, decoded; each by its key; then training that is interrupted and resumed."""
    yield "samples", compare(_in_order(output), output)
    yield "decoded", pictures_line(len(output.samples), output)
    yield "by key", _by_key(output)
    yield "resumed", _resume(output)


def _config(workers: int) -> Any:
    from megatron.energon import WorkerConfig

    return WorkerConfig(rank=0, world_size=1, num_workers=workers)


def _in_order(output: Output) -> Iterator[Seen]:
    """One epoch without shuffling, decoded by energon's own video decoder."""
    from megatron.energon import get_loader, get_val_dataset

    dataset = get_val_dataset(str(output.folder), split_part="train", worker_config=_config(0), batch_size=1)
    for batch in get_loader(dataset):
        key, video = batch.__key__[0], batch.video[0]
        check_pictures(key, video.get_video().video_clips[0].permute(0, 2, 3, 1).numpy(), output)
        video.stream.seek(0)
        yield Seen(key, batch.context[0], video.stream.read())


def _by_key(output: Output) -> str:
    """Looks up each sample in index.sqlite."""
    from megatron.energon.epathlib import EPath
    from megatron.energon.flavors.webdataset.itar_reader import SqliteITarEntryReader

    reader = SqliteITarEntryReader(EPath(str(output.folder)), key_is_full_entryname=False)
    for key in reversed(output.samples):
        if reader[key]["__key__"] != key:
            raise MismatchError(f"{key}: this key finds another sample")
    return f"{len(reader)} samples through index.sqlite"


def _resume(output: Output) -> str:
    """Reads one shuffled epoch, saves the state in the middle of it, and resumes from there in a new loader."""
    first = _loader(output)
    running = iter(first)
    count = len(output.samples)
    read = list(islice(_keys(running), count // 3))
    state = pickle.dumps(first.save_state_rank())
    rest = list(_keys(running))
    second = _loader(output)
    second.restore_state_rank(pickle.loads(state))
    if list(_keys(iter(second))) != rest:
        raise MismatchError("resuming does not continue with the samples that were left")
    if sorted(read + rest) != sorted(output.samples) or read + rest == list(output.samples):
        raise MismatchError("an epoch does not read every sample once, shuffled")
    return f"after {len(read)} of {count}, shuffled, {WORKERS} workers: the same {len(rest)} follow"


def _loader(output: Output) -> Any:
    from megatron.energon import get_savable_loader, get_train_dataset

    dataset = get_train_dataset(
        str(output.folder), worker_config=_config(WORKERS), batch_size=1, shuffle_buffer_size=10,
        max_samples_per_sequence=7, repeat=False,
    )  # fmt: skip
    return get_savable_loader(dataset)


def _keys(batches: Iterator[Any]) -> Iterator[str]:
    for batch in batches:
        yield batch.__key__[0]


if __name__ == "__main__":
    sys.exit(run(Consumer(PACKAGES, ("--energon", ".nv-meta/.info.json"), check), __file__))
