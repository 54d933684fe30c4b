"""`manifest.json`: what a run made, from what, and what it could not make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from vwd.errors import VwdError
from vwd.records.benchmarks.prepare import PreparedSplit
from vwd.records.benchmarks.schema import SCHEMA_VERSION
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.errors import output_errors

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Outcome:
    """A split that was made, or why it was not."""

    dataset: str
    split: str
    role: str = ""
    made: PreparedSplit | None = None
    error: VwdError | None = None

    def to_json(self) -> dict[str, Any]:
        """As an entry of the manifest."""
        head = {"dataset": self.dataset, "split": self.split, "role": self.role}
        if self.error:
            return {**head, "status": "failed", "reason": self.error.what, "hint": self.error.hint}
        assert self.made
        return {
            **head,
            "status": "made",
            "path": str(self.made.path),
            "sha256": self.made.sha256,
            "num_examples_written": self.made.written,
            "rows": self.made.rows,
            "skipped": dict(sorted(self.made.skips.items())),
            "source": {
                "id": self.made.source,
                "revision": self.made.revision,
                "files": [{"name": name, "sha256": sha256} for name, sha256 in self.made.files],
            },
        }


def write_manifest(folder: Path, mode: str, recipe_sha256: str, outcomes: list[Outcome]) -> Path:
    """Writes the manifest of a run.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / MANIFEST
    content = {
        "schema_version": SCHEMA_VERSION,
        "mode": mode,
        "generated_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "recipe_sha256": recipe_sha256,
        "entries": [outcome.to_json() for outcome in outcomes],
    }
    with output_errors(folder, "and run again."), atomic_write(path, folder / ".tmp") as file:
        file.write(json_bytes(content))
    return path
