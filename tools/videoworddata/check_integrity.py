"""`python -m tools.videoworddata.check_integrity --base_dir DIR`: in place of `check_integrity.py`.

Names videos that are too small or broken, and removes those of them that `vwd export-jsonl` has made, which makes them
again; then `vwd verify` compares the shards with their ledger.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tools.videoworddata.tasks import run_vwd
from vwd.video.mp4 import Mp4Error, read_header

_UNITS = {"k": 1000, "m": 1_000_000}
# What an export leaves in its folder.
_EXPORT = ".vwd-export.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.videoworddata.check_integrity", description=__doc__)
    parser.add_argument("--base_dir", "--base-dir", type=Path, default=Path("data"))
    parser.add_argument(
        "--min-size", "--min_size", type=size, default=0, help="bytes, or 100k; videos of vwd are small"
    )
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="remove nothing")
    options = parser.parse_args()
    broken = 0
    for path, reason in broken_videos(options.base_dir, options.min_size):
        broken += 1
        ours = (path.parent.parent / _EXPORT).is_file()
        removed = ours and not options.dry_run
        if removed:
            path.unlink()
        print(f"{path}: {reason}{', removed' if removed else ''}")
    print(f"{broken} broken videos{'; vwd export-jsonl makes them again' if broken else ''}", flush=True)
    if (options.base_dir / "shards").is_dir():
        run_vwd(["verify", str(options.base_dir / "shards")])
    if broken:
        raise SystemExit(1)


def broken_videos(base_dir: Path, least: int) -> Iterator[tuple[Path, str]]:
    """Videos that no reader can use, and why."""
    for path in sorted(base_dir.glob("*/video/*.mp4")):
        data = path.read_bytes()
        if len(data) < least:
            yield path, f"{len(data):,} bytes, less than {least:,}"
            continue
        try:
            read_header(data)
        except Mp4Error as error:
            yield path, f"broken: {error}"


def size(text: str) -> int:
    """Bytes from text such as 100k."""
    unit = _UNITS.get(text[-1:].lower(), 1)
    return int(text[:-1] if unit > 1 else text) * unit


if __name__ == "__main__":
    main()
