"""The documented layout: videos in a folder, and JSONL files of prompts that point at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import OutputError, ShardError
from vwd.shards.contract import read_contract
from vwd.shards.files import sweep, whole_file
from vwd.shards.ledger import State, entry_numbers, look_up
from vwd.shards.members import TASKS
from vwd.shards.outputs import tar_numbers
from vwd.shards.paths import OutputPaths, sample_key, sample_video_path
from vwd.shards.read import StoredSample, open_shard


@dataclass(frozen=True)
class ExportResult:
    """What an export did: files written now, videos there already, and shards it had to leave out."""

    dataset: str
    written: int
    unchanged: int
    samples: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Listing:
    """One pair of JSONL files: the rows `start` to `stop` of these shards."""

    start: int
    stop: int | None
    shards: tuple[int, ...]


def export_jsonl(
    paths: OutputPaths,
    base_dir: Path,
    tasks: Sequence[str] = TASKS,
    start_idx: int = 0,
    num_samples: int | None = None,
    on_sample: Callable[[], None] = lambda: None,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes JSONL files of `video_path` and `prompt`.

    One pair of files a shard; with `start_idx` or `num_samples`, one pair for that slice of rows. A file that is
    there with the same size (a video) or the same content (a JSONL) stays as it is.

    Raises:
        ShardError: a tar has members that no shard should have; nothing was taken from it.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
    """
    numbers, left_out = _standing(paths)
    left_out += _not_packed(paths, start_idx, num_samples)
    listings = _listings(paths, numbers, start_idx, num_samples)
    folder = (base_dir / paths.dataset).resolve()
    written = unchanged = samples = 0
    try:
        (folder / "video").mkdir(parents=True, exist_ok=True)
        sweep(folder / ".tmp")
        for listing in listings:
            lines: dict[str, list[str]] = {task: [] for task in tasks}
            for sample, prompts in _select(paths, listing, tasks):
                fresh = _write_video(folder, sample)
                written, unchanged, samples = written + fresh, unchanged + (not fresh), samples + 1
                for task, prompt in prompts.items():
                    lines[task].append(_line(folder, sample, prompt))
                on_sample()
            for task in tasks:
                name = f"{paths.dataset}_{task}_video_data_{listing.start}.jsonl"
                written += _write_if_new(folder / name, "".join(lines[task]).encode(), folder / ".tmp")
        sweep(folder / ".tmp")
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder}: {error.strerror or error}",
            "Free some space or mend the permissions and run again, or give another --base-dir.",
        ) from error
    return ExportResult(paths.dataset, written, unchanged, samples, tuple(left_out))


def _standing(paths: OutputPaths) -> tuple[list[int], list[str]]:
    """The shards to read, and those to leave out with the reason. Without any ledger, every tar is read."""
    if not paths.ledger.is_dir():
        return _bare_tars(paths), []
    numbers, left_out = [], []
    for number in sorted({*entry_numbers(paths), *tar_numbers(paths)}):
        state, found = look_up(paths, number)
        if state is not State.DONE:
            left_out.append(f"{paths.shard_name(number)} is {state.value}")
        elif found and found.samples:
            numbers.append(number)
    return numbers, left_out


def _bare_tars(paths: OutputPaths) -> list[int]:
    """The tars that hold samples, where no ledger tells. No sample may stand in two of them."""
    numbers, holders = [], dict[str, Path]()
    for number in tar_numbers(paths):
        with open_shard(paths.tar(number)) as stored:
            numbers += [number] if stored else []
            for sample in stored:
                other = holders.setdefault(sample.key, sample.path)
                if other != sample.path:
                    raise ShardError(
                        f"{sample.path}: the key '{sample.key}' stands in {other.name} too",
                        "Keep one of the two; nothing was taken from either.",
                    )
    return numbers


def _not_packed(paths: OutputPaths, start_idx: int, num_samples: int | None) -> list[str]:
    """The shards of an explicit slice that nobody has packed yet."""
    if num_samples is None or not paths.contract.is_file():
        return []
    contract = read_contract(paths)
    stop = min(start_idx + num_samples, contract["rows"] or start_idx + num_samples)
    numbers = range(start_idx // contract["shard_size"], -(-stop // contract["shard_size"]))
    return [f"{paths.shard_name(n)} is missing" for n in numbers if not paths.entry(n).exists()]


def _listings(paths: OutputPaths, numbers: list[int], start_idx: int, num_samples: int | None) -> Iterator[_Listing]:
    if start_idx or num_samples is not None:
        stop = None if num_samples is None else start_idx + num_samples
        shards = tuple(n for n in numbers if _overlaps(paths, n, start_idx, stop))
        if not shards:
            raise OutputError(f"{paths.folder}: no shard here holds rows from {start_idx} on", "See 'vwd status'.")
        yield _Listing(start_idx, stop, shards)
        return
    for number in numbers:
        yield _Listing(_start_of(paths, number), None, (number,))


def _overlaps(paths: OutputPaths, number: int, start: int, stop: int | None) -> bool:
    entry = look_up(paths, number)[1]
    return entry is None or (entry.stop > start and (stop is None or entry.start < stop))


def _start_of(paths: OutputPaths, number: int) -> int:
    entry = look_up(paths, number)[1]
    if entry:
        return entry.start
    with open_shard(paths.tar(number)) as stored:
        return stored[0].index


def _select(
    paths: OutputPaths, listing: _Listing, tasks: Sequence[str]
) -> Iterator[tuple[StoredSample, dict[str, str]]]:
    """The listing's samples and their prompts; a shard's are all checked before the first one comes."""
    for number in listing.shards:
        with open_shard(paths.tar(number)) as stored:
            chosen = []
            for sample in stored:
                _check(paths, number, sample)
                if sample.index >= listing.start and (listing.stop is None or sample.index < listing.stop):
                    chosen.append((sample, {task: _prompt(sample, task) for task in tasks}))
            yield from chosen


def _check(paths: OutputPaths, number: int, sample: StoredSample) -> None:
    entry = look_up(paths, number)[1]
    beyond = entry is not None and not entry.start <= sample.index < entry.stop
    if sample.key != sample_key(paths.dataset, sample.index) or beyond:
        raise ShardError(
            f"{paths.tar(number)}: the key '{sample.key}' is not of this shard of {paths.dataset}",
            "Keep each dataset's shards in a folder of its own name, and fetch or pack this one again.",
        )


def _prompt(sample: StoredSample, task: str) -> str:
    prompt = sample.json(f"{task}.json").get("prompt")
    if not isinstance(prompt, str):
        raise ShardError(f"{sample.path}: {sample.key}.{task}.json has no prompt", "Fetch or pack this shard again.")
    return prompt


def _video_file(folder: Path, sample: StoredSample) -> Path:
    return folder.parent / sample_video_path(folder.name, sample.key)


def _write_video(folder: Path, sample: StoredSample) -> bool:
    path = _video_file(folder, sample)
    if path.is_file() and path.stat().st_size == sample.members["mp4"].size:
        return False
    with whole_file(path, folder / ".tmp") as file:
        file.write(sample.read("mp4"))
    return True


def _line(folder: Path, sample: StoredSample, prompt: str) -> str:
    record = {"video_path": str(_video_file(folder, sample)), "prompt": prompt}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_if_new(path: Path, data: bytes, temp: Path) -> bool:
    if path.is_file() and path.read_bytes() == data:
        return False
    with whole_file(path, temp) as file:
        file.write(data)
    return True
