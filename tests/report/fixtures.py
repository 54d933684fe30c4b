"""One report for all tests that look at one, since packing and encoding take seconds. Loaded by the `conftest.py`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base folder of the output that the report is of."""
    from report.reports import pack

    return pack(tmp_path_factory.mktemp("reported"))


@pytest.fixture(scope="session")
def report(reported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report's folder; tests only read it, or write pages beside its own."""
    pytest.importorskip("av", reason="PyAV is not installed: the videos of reports are encoded with it")
    from vwd.report.write import write_report
    from vwd.shards.paths import find_outputs

    folder = tmp_path_factory.mktemp("report")
    write_report(find_outputs(reported), folder)
    return folder
