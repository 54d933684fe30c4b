"""Comparing every tar with the ledger: nothing lost, nothing doubled, nothing torn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vwd.errors import OutputError, ShardError
from vwd.index.write import stale_sidecars
from vwd.inspect.checked import open_checked
from vwd.inspect.deep import HEADERS_ONLY, DeepCheck
from vwd.inspect.rules import rule_problems
from vwd.shards.checksums import Checksums
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State, entry_misfit, open_ledger
from vwd.shards.members import TASKS
from vwd.shards.offsets import SampleOffsets, Span, entry_offsets
from vwd.shards.paths import OutputPaths, sample_video_path, tar_numbers
from vwd.shards.pool import Failed, Handler, run_pool
from vwd.shards.reader import StoredSample, open_shard
from vwd.shards.repacking import repack_advice
from vwd.shards.shuffle import row_indices
from vwd.shards.sizes import parse_sizes
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.hashing import sha256_file
from vwd.storage.objects import local_copy
from vwd.video.mp4 import Header, Mp4Error, read_header
from vwd.video.spec import VideoSpec


@dataclass(frozen=True)
class Problem:
    """Something that is wrong: which shard, and what."""

    shard: str
    what: str


@dataclass(frozen=True)
class Verification:
    """What was checked, and what was found.

    Attributes:
        stale: sidecars that are out of date.
        advice: what to do about the problems; "" where there are none.
    """

    dataset: str
    shards: int
    samples: int
    problems: tuple[Problem, ...]
    stale: tuple[str, ...] = ()
    advice: str = ""

    @property
    def clean(self) -> bool:
        return not self.problems and not self.stale


def verify_output(
    paths: OutputPaths,
    num_workers: int = 1,
    on_shard: Callable[[], None] = lambda: None,
    deep: DeepCheck = HEADERS_ONLY,
) -> Verification:
    """Opens every tar and compares every member, key, count, hash and video header with the ledger.

    A stopped run that decoded or read is gone on with: what it found clean is not decoded or read again, unless its
    bytes changed.

    Args:
        deep: whether videos are also decoded and read, and how many.

    Raises:
        OutputError: the `pack.json` is missing or unreadable, or the store of the output does not answer.
    """
    ledger = open_ledger(paths)
    numbers, intact, problems = [], True, list[Problem]()
    for one in ledger.read():  # one entry at a time: a large ledger takes gigabytes
        numbers.append(one.number)
        intact &= one.state is State.DONE
    strays = sorted(set(tar_numbers(paths)) - set(numbers))
    problems += [Problem(paths.shard_name(n), "a tar without a ledger entry") for n in strays]
    samples = 0
    for found, count in _each(ledger, numbers, num_workers, deep):
        problems += found
        samples += count
        on_shard()
    open_checked(paths, deep.how).clear()
    advice = repack_advice(ledger.contract)
    if not samples and not problems:
        if numbers:
            problems.append(Problem(paths.dataset, "holds no sample: every row was skipped"))
            advice = "'vwd show --skips' says why rows were skipped."
        else:
            problems.append(Problem(paths.dataset, "has no shards"))
            advice = "Run the command that began it again."
    stale: tuple[str, ...] = ()
    if intact and not strays:
        try:
            stale = tuple(stale_sidecars(paths))
        except OutputError as error:
            problems.append(Problem(paths.dataset, f"its sidecars could not be checked: {error.what}"))
    by_shard = tuple(sorted(problems, key=lambda p: p.shard))
    return Verification(paths.dataset, len(numbers), samples, by_shard, stale, advice if problems else "")


def _each(ledger: Ledger, numbers: list[int], num_workers: int, deep: DeepCheck) -> Iterator[tuple[list[Problem], int]]:
    """The problems and samples of each shard. A check that failed is a problem, too."""
    if min(num_workers, len(numbers)) <= 1:
        check = _open_check(ledger, deep)
        yield from (check(number, lambda: None) for number in numbers)
        return
    outcomes = run_pool(partial(_open_check, ledger, deep), numbers, num_workers)
    try:
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                outcome.raise_if_silent()
                yield [Problem(ledger.paths.shard_name(outcome.item), f"could not be checked: {outcome.what}")], 0
            else:
                yield outcome.result
    finally:
        outcomes.close()


def _open_check(ledger: Ledger, deep: DeepCheck) -> Handler[int, tuple[list[Problem], int]]:
    return partial(_check, ledger, deep)


def _check(ledger: Ledger, deep: DeepCheck, number: int, _count: Callable[[], None]) -> tuple[list[Problem], int]:
    return verify_shard(ledger, number, deep)


def verify_shard(ledger: Ledger, number: int, deep: DeepCheck = HEADERS_ONLY) -> tuple[list[Problem], int]:
    """The problems of one shard, and how many samples were checked."""
    paths = ledger.paths
    _, state, entry, problem = ledger.lookup(number)
    found = partial(Problem, paths.shard_name(number))
    if entry is None:
        return [found(f"the ledger entry cannot be read: {problem}" if problem else state.value)], 0
    if state is State.TORN:
        return [found(problem)], 0
    problems = [] if state is State.DONE else [found(f"{state.value}: {problem}")]
    if entry_misfit(entry, number, ledger.contract):  # what it says of the tar is of another shard
        return problems, 0
    if not entry.samples:
        return problems, 0
    if not _accounts_for_its_rows(ledger.contract, entry):
        problems.append(found("the ledger entry's samples and skips are not the rows of this shard"))
    with local_copy(paths.tar(number)) as copy:
        return _tar_problems(ledger, entry, copy, problems, deep)


def _tar_problems(
    ledger: Ledger, entry: Entry, copy: Path, problems: list[Problem], deep: DeepCheck
) -> tuple[list[Problem], int]:
    paths, contract = ledger.paths, ledger.contract
    found = partial(Problem, paths.shard_name(entry.number))
    sha256, checked = sha256_file(copy), open_checked(paths, deep.how)
    known = checked.has(entry.number, sha256)
    if sha256 != entry.sha256:
        problems.append(found("the sha256 differs from the ledger's"))
    checks = HEADERS_ONLY if known else deep
    keys: list[str] = []
    expected, checksums = dict[str, SampleOffsets](), Checksums("", 0, contract.members)
    try:
        expected = {sample.key: sample for sample in entry_offsets(paths, contract, entry)}
        checksums = Checksums(entry.checksums, entry.samples, contract.members)
    except ValueError as error:
        problems.append(found(f"the ledger entry cannot be used: {error}"))
    checks = checks.with_one_of(expected)
    try:
        with open_shard(paths.tar(entry.number), copy, contract.form) as samples:
            for sample in samples:
                if sample.key in expected and not _is_at(sample, expected[sample.key]):
                    problems.append(found(f"{sample.key}: its members are not where the ledger has them"))
                members = {ending: sample.read(ending) for ending in contract.members if ending in sample.members}
                if ending := checksums.differing(len(keys), members) if len(keys) < entry.samples else "":
                    problems.append(found(f"{sample.key}.{ending}: differs from what was packed"))
                keys.append(sample.key)
                problems += [
                    found(f"{sample.key}: {what}") for what in _sample_problems(paths, contract, sample, checks)
                ]
    except ShardError as error:
        problems.append(found(error.what))
    if keys != list(expected):
        problems.append(found(f"{len(keys)} samples whose keys differ from the ledger's {entry.samples}"))
    if not problems and not known:
        checked.add(entry.number, sha256)
    return problems, len(keys)


def _accounts_for_its_rows(contract: Contract, entry: Entry) -> bool:
    try:
        rows = row_indices(entry.start, entry.stop, contract.rows, contract.shuffle_seed)
        held = [sample.row for sample in parse_sizes(entry.sizes)]
    except ValueError:
        return False
    skipped = {skip.index for skip in entry.skips}
    return held == [row for row in rows if row not in skipped] and len(held) == entry.samples


def _is_at(sample: StoredSample, expected: SampleOffsets) -> bool:
    stored = [(ending, Span(m.offset_data, m.size)) for ending, m in sample.members.items()]
    return stored == list(expected.members.items())


def _sample_problems(paths: OutputPaths, contract: Contract, sample: StoredSample, deep: DeepCheck) -> Iterator[str]:
    """What is wrong with a sample's JSON, and with a text video.

    A clip was decoded whole when it was packed, and may be as odd inside as players bear.
    """
    if not contract.video or "mp4" not in sample.members:
        for ending in sample.members:
            if ending.endswith("json"):
                sample.json(ending)
        return
    try:
        header = read_header(sample.read("mp4"))
    except Mp4Error as error:
        yield f"the video is broken: {error}"
        return
    yield from _text_video_problems(paths, contract.video, header, sample, deep)


def _text_video_problems(
    paths: OutputPaths, video: VideoSpec, header: Header, sample: StoredSample, deep: DeepCheck
) -> Iterator[str]:
    wanted = (video.width, video.height, video.frames, video.fps)
    if header[1:] != wanted:
        yield "the video has {}x{} pixels, {} frames at {} a second, not {}x{}, {} at {}".format(*header[1:], *wanted)
    storyboard = sample.json("storyboard.json")
    if (storyboard.get("dataset"), storyboard.get("index")) != (paths.dataset, sample.index):
        yield "the storyboard belongs to another sample"
    try:
        parsed = StoryboardRecord.from_json(storyboard)
        if deep.chooses(sample.key):
            found = deep.problems(sample.key, sample.read("mp4"), parsed, video.fps)
            yield from (f"the video: {what}" for what in found)
    except ValueError as error:
        yield f"storyboard.json {error}"
    for task in TASKS:
        record = sample.json(f"{task}.json")
        if record.get("video_path") != sample_video_path(paths.dataset, sample.key) or not record.get("prompt"):
            yield f"{task}.json does not name this sample's video and prompt"
    yield from rule_problems(sample)
