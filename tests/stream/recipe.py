"""A rank under torchrun: runs a program, and reports what its loaders have handed out in each epoch.

torchrun --nproc-per-node N recipe.py PROGRAM REPORTS
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch.distributed

from vwd.stream import ShardLoader


def main() -> None:
    program, reports = sys.argv[1], Path(sys.argv[2])
    seen: dict[int, list[str]] = defaultdict(list)
    sizes = set()
    really_iterate = ShardLoader.__iter__

    def iterate(self: ShardLoader) -> Iterator[dict[str, Any]]:
        epoch = self.data.progress.epoch
        sizes.add(torch.distributed.get_world_size())
        for batch in really_iterate(self):
            padded = zip(batch["key"], batch["padding"].tolist(), strict=True)
            seen[epoch] += [key for key, padding in padded if not padding]
            yield batch

    ShardLoader.__iter__ = iterate  # type: ignore[method-assign]
    runpy.run_path(program, run_name="__main__")
    (reports / f"{os.environ['RANK']}.json").write_text(json.dumps({"seen": seen, "sizes": list(sizes)}))


if __name__ == "__main__":
    main()
