"""Damages JPEG files at random, and compares the check in C with Pillow: what it calls whole must decode.

python tools/fuzz/jpeg.py [--seconds 60] [--seed 0] [--module FILE]
"""

from __future__ import annotations

import argparse
import io
import random
import time
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", type=Path, help="another build of vwd.records._jpeg")
    options = parser.parse_args()
    module = _load(options.module)
    chance, rounds, whole = random.Random(options.seed), 0, 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        data = _damaged(_jpeg(chance), chance)
        rounds += 1
        if module.is_whole(data):
            whole += 1
            if not _decodes(data):
                Path("build").mkdir(exist_ok=True)
                Path("build/not-whole.jpg").write_bytes(data)
                raise SystemExit(f"round {rounds}: build/not-whole.jpg is called whole, and does not decode")
    print(f"{rounds:,} files, {whole:,} of them whole: no difference")


def _load(path: Path | None) -> ModuleType:
    if path is None:
        from importlib import import_module

        return import_module("vwd.records._jpeg")
    spec = spec_from_file_location("_jpeg", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _jpeg(chance: random.Random) -> bytes:
    """A small JPEG of any sequential form."""
    size = chance.randint(1, 80), chance.randint(1, 80)
    pixels = np.random.default_rng(chance.getrandbits(32)).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image, file = Image.fromarray(pixels), io.BytesIO()
    (image.convert("L") if chance.random() < 0.2 else image).save(
        file, "JPEG", quality=chance.randint(1, 100), subsampling=chance.randint(0, 2),
        restart_marker_blocks=chance.choice([0, 0, 1, 3]), optimize=chance.random() < 0.3,
    )  # fmt: skip
    return file.getvalue()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, left out or repeated; one in ten is left as it is."""
    changed = bytearray(data)
    for _ in range(0 if chance.random() < 0.1 else chance.randint(1, 4)):
        place = chance.randrange(len(changed))
        kind = chance.randrange(4)
        if kind == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place] = chance.choice([0, 0xFF, 0xC4, 0xD0, 0xD9, 0xDA])
        elif kind == 2:
            del changed[place : place + chance.randint(1, 50)]
        else:
            changed[place:place] = changed[place : place + chance.randint(1, 50)]
        if not changed:
            return b""
    return bytes(changed)


def _decodes(data: bytes) -> bool:
    with suppress(OSError, SyntaxError, ValueError):
        Image.open(io.BytesIO(data)).load()
        return True
    return False


if __name__ == "__main__":
    main()
