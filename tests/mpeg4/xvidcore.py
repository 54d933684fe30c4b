"""Finds Xvid: installed, named by VWD_XVIDCORE, or fetched from Debian for this run without installing it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import HANG_SECONDS
from mpeg4.samples import xvid

_PACKAGE = "libxvidcore4"


def fetched(folder: Path) -> str:
    """The library from Debian's package, unpacked below `folder`.

    Raises:
        OSError, subprocess.SubprocessError: there is no apt-get, no network, or no such package.
        StopIteration: the package has no such file.
    """

    def call(*command: object) -> None:
        subprocess.run(list(map(str, command)), cwd=folder, check=True, capture_output=True, timeout=HANG_SECONDS)

    call("apt-get", "download", _PACKAGE)
    call("dpkg-deb", "-x", next(folder.glob(f"{_PACKAGE}_*.deb")), ".")
    return str(next(folder.glob("usr/lib/*/libxvidcore.so.4")))


@pytest.fixture(scope="session")
def xvidcore(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library's file; skips the test if it can be neither found nor fetched."""
    if found := xvid.find_library():
        return found
    try:
        return fetched(tmp_path_factory.mktemp("xvid"))
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        pytest.skip(f"Xvid is not installed, and {_PACKAGE} could not be fetched from Debian: {error}")
