"""The outputs that a command means, among those that were submitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths


def submitted(output: Path) -> list[OutputPaths]:
    """The datasets below a folder that have submissions.

    Raises:
        OutputError: there is none.
    """
    from vwd.errors import OutputError
    from vwd.slurm.paths import find_submitted_outputs

    found = list(find_submitted_outputs(output))
    if not found:
        raise OutputError(
            f"{output}: no submissions in this folder", "Submit with 'vwd slurm submit', or give the folder of --out."
        )
    return found
