"""Writing a report: totals from the ledgers, some samples from the shards, their media, and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from operator import add
from pathlib import Path
from typing import Any

from vwd.corpora.sources.rows import Rows
from vwd.errors import OutputError
from vwd.report.choose import ChosenSample, choose_samples, shares
from vwd.report.grades import VERDICTS, Grade
from vwd.report.media import TEMP, remove_others, require_h264, write_failure, write_media
from vwd.report.page import MARK, page
from vwd.report.sample_data import read_record, sample_data
from vwd.report.shape import Shape, read_shape
from vwd.report.totals import Totals, read_totals
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import atomic_write

PAGE = "index.html"
# Samples whose figures the page has, of all outputs together: 30 bytes each, and 0.2 ms to read.
_COUNTED_SAMPLES = 20_000
# Of the beginning of a page.
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        page_bytes: of the page, without media.
    """

    page: Path
    samples: int
    page_bytes: int
    media_bytes: int

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "page": str(self.page)}


def write_report(
    outputs: Sequence[OutputPaths],
    folder: Path,
    samples: int = 200,
    grades: Mapping[str, Grade] | None = None,
    num_workers: int = 1,
    on_sample: Callable[[], None] = lambda: None,
    rows: Mapping[str, Rows] | None = None,
) -> Report:
    """Writes `index.html` and `media/` to `folder`; what an earlier report has left there is replaced.

    Args:
        samples: how many the page shows, of all outputs together.
        grades: verdicts by key. Samples that have none, or are right, give way to those that are not right.
        num_workers: threads that encode videos.
        on_sample: called for each sample whose media are written.
        rows: that were packed, by dataset, for the text of those that were skipped.

    Raises:
        OutputError: an output holds no sample, or the folder holds somebody else's `index.html`.
        MissingExtraError: PyAV is not installed.
        ShardError: a shard is damaged.
    """
    require_h264()
    replaces = _is_report(folder / PAGE)
    totals = [read_totals(paths, (rows or {}).get(paths.dataset)) for paths in outputs]
    if not any(one.summary.samples for one in totals):
        raise OutputError(
            f"{outputs[0].folder if len(outputs) == 1 else outputs[0].out}: holds no sample yet",
            "'vwd status' says what is packed, and 'vwd show --skips' which rows were skipped.",
        )
    graded = grades or {}
    with ThreadPoolExecutor(num_workers) as pool:
        shown = []
        for data in _in_order(pool, _chosen(totals, samples, graded), folder, graded, 2 * num_workers):
            shown.append(data)
            on_sample()
    kept = [one[name] for one in shown for name in ("video", "poster", "picture") if one.get(name)]
    content = page(_title(totals), {
        "datasets": [one.to_json() for one in totals], "samples": shown, "grade": _grade_counts(graded),
        "shape": [one.to_json() for one in _shapes(totals)],
    })  # fmt: skip
    with atomic_write(folder / PAGE, folder / TEMP) as file:
        file.write(content)
    if replaces:
        remove_others(folder, kept)
    with suppress(OSError):  # another report is being written there
        (folder / TEMP).rmdir()
    media_bytes = sum((folder / path).stat().st_size for path in kept)
    return Report(folder / PAGE, len(shown), len(content), media_bytes)


def _is_report(path: Path) -> bool:
    """Whether an earlier report's page is there; somebody else's is refused."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if MARK.encode() not in file.read(_HEAD_BYTES):
            raise OutputError(f"{path}: is not the page of a report", "Give another folder with `out`.")
    return True


def _shapes(totals: Sequence[Totals]) -> Iterator[Shape]:
    """The figures of every dataset of text videos."""
    shown = [one for one in totals if one.contract.video and one.summary.samples]
    for one, most in zip(shown, shares([one.summary.samples for one in shown], _COUNTED_SAMPLES), strict=True):
        yield read_shape(one.paths, most)


def _chosen(totals: Sequence[Totals], wanted: int, grades: Mapping[str, Grade]) -> Iterator[ChosenSample]:
    """Samples of every dataset. Those that are no text videos are in the totals alone."""
    shown = [one for one in totals if one.contract.video]
    failed = {key for key, grade in grades.items() if grade.verdict != "right"}
    by_dataset = Counter(key.rpartition("_")[0] for key in failed)
    first = shares([min(by_dataset[one.paths.dataset], one.summary.samples) for one in shown], wanted)
    left = [one.summary.samples - count for one, count in zip(shown, first, strict=True)]
    others = shares(left, wanted - sum(first))
    for one, count in zip(shown, map(add, first, others), strict=True):
        if count:
            yield from choose_samples(one.paths, count, failed)


def _in_order(
    pool: ThreadPoolExecutor, chosen: Iterator[ChosenSample], folder: Path, grades: Mapping[str, Grade], ahead: int
) -> Iterator[dict[str, Any]]:
    """The data of each sample, in order. Few are ahead, since each holds a video."""
    waiting = []
    for sample in chosen:
        waiting.append(pool.submit(_sample, sample, folder, grades.get(sample.key)))
        if len(waiting) > ahead:
            yield waiting.pop(0).result()
    for one in waiting:
        yield one.result()


def _sample(chosen: ChosenSample, folder: Path, grade: Grade | None) -> dict[str, Any]:
    record = read_record(chosen)
    data = {**sample_data(chosen, record), **vars(write_media(chosen, record.storyboard, folder))}
    if grade:
        data |= {"verdict": grade.verdict, "note": grade.note}
        if grade.file and grade.verdict != "right":
            data["picture"] = write_failure(chosen.key, grade.file, folder)
    return data


def _grade_counts(grades: Mapping[str, Grade]) -> dict[str, int] | None:
    found = [grade.verdict for grade in grades.values()]
    return {verdict: found.count(verdict) for verdict in VERDICTS} if found else None


def _title(totals: Sequence[Totals]) -> str:
    return ", ".join(one.paths.dataset for one in totals) + " — vwd report"
