"""`python -m tools.prepare.download_and_prepare --lang en --mmbench_lite_url URL`: the four benchmarks at once.

Writes the recipe that the options mean, and makes it with `vwd recipe`, which does the downloads.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.prepare.download_and_prepare", description=__doc__)
    add = parser.add_argument
    add("--lang", default="en", choices=("en", "cn"))
    add("--mmbench_lite_url", "--mmbench-lite-url", default="", help="default: VWD_MMBENCH_LITE_URL")
    add("--prepare_only", "--prepare-only", action="store_true", help="accepted: what is there is not downloaded again")
    add("--mmbench_hf_id", "--mmbench-hf-id", default="")
    add("--mmbench_splits", "--mmbench-splits", default="dev,test")
    add("--mmbench_train_split", "--mmbench-train-split", default="dev")
    add("--mmbench_lite_hf_id", "--mmbench-lite-hf-id", default="")
    add("--mmmu_hf_id", "--mmmu-hf-id", default="")
    add("--textvqa_hf_id", "--textvqa-hf-id", default="")
    add("--skip_mmbench_lite", "--skip-mmbench-lite", action="store_true")
    add("--no_download_images", "--no-download-images", action="store_true")
    add("--no_merge_train", "--no-merge-train", action="store_true")
    add("--streaming", action="store_true")
    add("--export_parquet", "--export-parquet", action="store_true")
    add("--seed", type=int, default=42)
    add("--raw_root", "--raw-root", default="data/raw")
    add("--output_root", "--output-root", default="data/processed")
    options = parser.parse_args()
    folder = Path(options.output_root)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "download_and_prepare.yaml"
    path.write_text(yaml.safe_dump(recipe(options), sort_keys=False), "utf-8")
    words = ["recipe", str(path), "--mode", "paper", "--raw-root", options.raw_root]
    words += ["--export-parquet"] if options.export_parquet else []
    print(f"+ vwd {' '.join(words)}", file=sys.stderr, flush=True)
    raise SystemExit(subprocess.run([sys.executable, "-m", "vwd", *words], check=False).returncode)


def recipe(options: argparse.Namespace) -> dict[str, Any]:
    """The recipe that the options mean."""
    train = options.mmbench_train_split
    mmbench = options.mmbench_hf_id or ("lmms-lab/MMBench_CN" if options.lang == "cn" else "")
    splits = [f"train={train}", *(name for name in options.mmbench_splits.split(",") if name and name != train)]
    merge = {} if options.no_merge_train else {"merge": "mmbench_core"}
    entries: list[dict[str, Any]] = [
        {
            "name": "mmbench",
            "role": "train",
            "subset": options.lang,
            "splits": splits,
            "source": mmbench,
            **merge,
        }
    ]
    if not options.skip_mmbench_lite:
        source = options.mmbench_lite_hf_id or options.mmbench_lite_url
        entries.append({"name": "mmbench_lite", "role": "train", "splits": ["train"], "source": source, **merge})
    entries.append({"name": "mmmu", "role": "eval", "splits": ["validation"], "source": options.mmmu_hf_id})
    entries.append({"name": "textvqa", "role": "eval", "splits": ["validation"], "source": options.textvqa_hf_id})
    return {
        "mode": "paper", "output_root": options.output_root, "seed": options.seed,
        "download_images_default": not options.no_download_images,
        "datasets": [{**entry, "streaming": options.streaming} for entry in entries],
    }  # fmt: skip


if __name__ == "__main__":
    main()
