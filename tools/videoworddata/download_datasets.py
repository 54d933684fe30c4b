"""`python -m tools.videoworddata.download_datasets --dataset gsm8k`: in place of `download_datasets.py`."""

from __future__ import annotations

import argparse

from tools.videoworddata.tasks import DATASETS, run_vwd


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.videoworddata.download_datasets",
        description="Local copies of corpora in BASE_DIR/DATASET/dataset, where the other commands find them.",
    )
    parser.add_argument("--dataset", choices=("all", *DATASETS), default="all")
    parser.add_argument("--base_dir", "--base-dir", default="data")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    words = ["download", *([] if options.dataset == "all" else [options.dataset]), "--base-dir", options.base_dir]
    run_vwd([*words, *(["--force"] if options.force else []), *(["--list"] if options.list else [])])


if __name__ == "__main__":
    main()
