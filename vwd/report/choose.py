"""Which samples of an output a report shows, and reading them: those asked for, then others, evenly spaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from vwd.errors import ShardError
from vwd.shards.checked_sample import check_members
from vwd.shards.ledger import Ledger, State, open_ledger
from vwd.shards.offsets import SampleOffsets, entry_offsets
from vwd.shards.paths import OutputPaths
from vwd.storage.objects import local_copy
from vwd.video.spec import VideoSpec

# Each shard that is read costs its ledger entry, and a download where it is in object storage.
_SHARDS_READ = 24


@dataclass(frozen=True)
class ChosenSample:
    """A sample as it lies in a shard.

    Attributes:
        size: of all its members in the tar, with their headers, in bytes.
        of: what the output's videos are.
    """

    key: str
    shard: str
    size: int
    video: bytes
    storyboard: bytes
    of: VideoSpec | None = None


def shares(available: Sequence[int], wanted: int) -> list[int]:
    """How many samples each dataset gives: as equal as their sizes allow, `wanted` together if there are so many."""
    given = [0] * len(available)
    left = min(wanted, sum(available))
    while left:
        open_ones = [place for place, count in enumerate(available) if given[place] < count]
        equal = max(1, left // len(open_ones))
        for place in open_ones:
            part = min(equal, available[place] - given[place], left)
            given[place] += part
            left -= part
    return given


def evenly(count: int, wanted: int) -> list[int]:
    """`wanted` numbers below `count`, rising and evenly spaced; all where there are fewer."""
    return [count * place // wanted for place in range(wanted)] if wanted < count else list(range(count))


def choose_samples(paths: OutputPaths, wanted: int, first: Collection[str] = ()) -> Iterator[ChosenSample]:
    """Samples of an output, in its order.

    Args:
        wanted: how many; all, where there are fewer.
        first: keys that are taken before others.

    Raises:
        ShardError: a tar is gone or cut short, or a member is not what was packed.
    """
    ledger = open_ledger(paths)
    entries = [one.entry for one in ledger.read() if one.entry and one.state is State.DONE and one.entry.samples]
    if first:  # any shard may hold them
        numbers = [entry.number for entry in entries]
    else:
        numbers = [entries[place].number for place in evenly(len(entries), min(wanted, _SHARDS_READ))]
    where = [(number, sample) for number in numbers for sample in _samples(ledger, number)]
    for number, several in _by_shard(_pick(where, wanted, first)):
        yield from _read(ledger, number, several)


def _samples(ledger: Ledger, number: int) -> Iterator[SampleOffsets]:
    entry = ledger.lookup(number).entry
    if entry:
        yield from entry_offsets(ledger.paths, ledger.contract, entry)


def _pick(
    where: list[tuple[int, SampleOffsets]], wanted: int, first: Collection[str]
) -> list[tuple[int, SampleOffsets]]:
    asked = [place for place, (_, sample) in enumerate(where) if sample.key in first][:wanted]
    taken = set(asked)
    others = [place for place in range(len(where)) if place not in taken]
    taken |= {others[place] for place in evenly(len(others), wanted - len(asked))}
    return [where[place] for place in sorted(taken)]


def _by_shard(where: list[tuple[int, SampleOffsets]]) -> Iterator[tuple[int, list[SampleOffsets]]]:
    shards: dict[int, list[SampleOffsets]] = {}
    for number, sample in where:
        shards.setdefault(number, []).append(sample)
    yield from shards.items()


def _read(ledger: Ledger, number: int, samples: list[SampleOffsets]) -> Iterator[ChosenSample]:
    paths, entry = ledger.paths, ledger.lookup(number).entry
    tar, name = paths.tar(number), paths.shard_name(number)
    places = {sample.row: place for place, sample in enumerate(_samples(ledger, number))}
    with local_copy(tar) as copy, copy.open("rb") as file:
        for sample in samples:
            content = {}
            for ending in ("mp4", "storyboard.json"):
                span = sample.members[ending]
                file.seek(span.offset)
                content[ending] = file.read(span.size)
                if len(content[ending]) != span.size:
                    raise ShardError(f"{tar}: {sample.key}.{ending} is cut short", "Run 'vwd verify', and pack again.")
            if entry and sample.row in places:
                check_members(f"{name}: {sample.key}", ledger.contract, entry, places[sample.row], content)
            yield ChosenSample(
                sample.key, name, sample.stop - sample.start, content["mp4"], content["storyboard.json"],
                ledger.contract.video,
            )  # fmt: skip
