"""A rank under torchrun: reads epochs in step with the others, and reports what it has read.

torchrun --nproc-per-node N ranks.py OUT REPORTS WORKERS…
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from vwd.stream import ShardDataset


def main() -> None:
    output, reports, workers = sys.argv[1], Path(sys.argv[2]), [int(one) for one in sys.argv[3:]]
    # A rank that waits for one without any batch left ends with an error instead of hanging.
    dist.init_process_group("gloo", timeout=timedelta(minutes=5))
    seen: dict[str, list[list[str]]] = {}
    for number in workers:
        data = ShardDataset(output, frames=1, source="storyboard", channels=1, seed=3)
        loader = torch.utils.data.DataLoader(
            data, batch_size=2, num_workers=number, persistent_workers=number > 0, timeout=300 if number else 0
        )
        for epoch in range(2):
            data.set_epoch(epoch)
            batches = []
            for batch in loader:
                dist.all_reduce(batch["video"].float().mean())
                padded = zip(batch["key"], batch["padding"].tolist(), strict=True)
                batches.append([key for key, padding in padded if not padding])
            seen[f"{number} workers, epoch {epoch}"] = batches
            dist.barrier()
    (reports / f"{dist.get_rank()}.json").write_text(json.dumps(seen))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
