"""Makes videos from prompts by a checkpoint of train.py, one mp4 a prompt.

    python tools/train/sample.py --checkpoint DIR --input-file OUT/sums --output-dir videos
    python tools/train/sample.py --checkpoint DIR DIR/step-000200.pt --input-file prompts.txt --output-dir videos

Videos of an output's samples are named by their keys, as 'vwd grade videos --against OUT/sums' expects; those of a
file's lines by number: 000000.mp4. Several checkpoints get a subfolder each. The same command again makes what is
missing. manifest.jsonl says which prompt, checkpoint and seed each video is from.
"""

from __future__ import annotations

import argparse
import os
import sys
from fractions import Fraction
from pathlib import Path

try:
    import av  # noqa: F401
    import omegaconf  # noqa: F401
    import torch
except ImportError as error:
    sys.exit(f"Error: the sampler needs a package that is not installed: {error.name}\npip install 'vwd[train]'")
from prompts import Split, read_prompts
from sampler import Model, Sampling, make_videos, newest_checkpoint

from vwd.errors import UsageError, VwdError


def run(options: argparse.Namespace) -> None:
    """Samples from each checkpoint in turn.

    Raises:
        UsageError: two checkpoints have the same name.
    """
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    folders = output_folders(options.checkpoint, options.output_dir)
    sampling = Sampling(options.seed, options.steps, Fraction(options.fps))
    for folder, path in folders.items():
        model = Model(newest_checkpoint(path), device)
        torch.set_num_threads(options.threads or model.config.threads or len(os.sched_getaffinity(0)))
        # Where a run has seen all of an output, nothing of it was held out.
        split: Split = options.split or ("val" if model.config.split == "train" else "all")
        prompts = read_prompts(options.input_file, options.task or model.config.task, split)
        made = make_videos(model, prompts, folder, sampling, options.batch_size)
        print(f"{model.path}: {made} of {len(prompts)} videos made, the others were there; in {folder}", flush=True)


def output_folders(checkpoints: list[Path], output: Path) -> dict[Path, Path]:
    """The checkpoint of each folder of videos: of one checkpoint `output` itself, of several a subfolder each."""
    if len(checkpoints) == 1:
        return {output: checkpoints[0]}
    named = {}
    for path in checkpoints:
        name = path.resolve().name if path.is_dir() else f"{path.resolve().parent.name}-{path.stem}"
        if output / name in named:
            raise UsageError(f"two checkpoints would write to {output / name}", "Sample from them one by one.")
        named[output / name] = path
    return named


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sample.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--checkpoint", type=Path, nargs="+", required=True, help="folders of checkpoints (the newest), or files")
    add("--input-file", type=Path, required=True, help="a prompt a line; or one dataset's folder of shards")
    add("--output-dir", type=Path, required=True, help="folder for the videos")
    add("--split", choices=("all", "train", "val"), help="of an output  [default: val, or all if trained on all]")
    add("--task", choices=("inference", "rendering"), help="whose prompts of an output  [default: the run's]")
    add("--steps", type=int, default=8, help="from noise to video  [default: 8]")
    add("--seed", type=int, default=0, help="with a prompt's name, determines its noise  [default: 0]")
    add("--batch-size", type=int, default=32, help="videos at once, on a GPU  [default: 32]")
    add("--fps", default="4", help="frames a second, such as 193/10  [default: 4]")
    add("--device", choices=("cpu", "cuda"), help="[default: cuda if available]")
    add("--threads", type=int, help="[default: the run's, else the cores]")
    return parser.parse_args()


def main() -> None:
    try:
        run(parse())
    except VwdError as error:
        print(f"Error: {error.what}\n{error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
