"""Damages what the project reads, at random, and does with it what users do: two lines, little memory, nothing outside.

Each round damages a fresh copy in a process of its own. A problem is an exit code other than 0, 1 and 2, a traceback or
an error that was not foreseen, an error of more than two lines, a write where none should be, a connection, a program
that is started, more than 1 GB, or more than a minute of CPU time.

python tools/fuzz/run.py --seconds 60
python tools/fuzz/run.py --targets entry,tar --rounds 200 --seed 7
python tools/fuzz/run.py --targets tar --seed 7 --first 12 --rounds 1   # the round that was named in a problem
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

# Before anything is imported that starts a thread for each CPU: rounds are forked.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")

from conversions import CONVERSIONS
from rounds import MOST_SECONDS, Outcome, build_base, run_round
from targets import TARGETS as OUTPUTS

TARGETS = OUTPUTS | CONVERSIONS


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    _import_everything()
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve() / "base"
        build_base(base)
        for number, target in ((n, t) for n in count(options.first) for t in options.targets):
            over = time.monotonic() - began > options.seconds
            if over if options.seconds else number >= options.first + options.rounds:
                break
            outcome = run_round(base, TARGETS[target], f"{options.seed}.{target}.{number}", options.limit)
            outcomes[target].append(outcome)
            for problem in outcome.problems:
                print(f"{target}, seed {options.seed}, round {number}: {problem}", flush=True)
    _print_table(outcomes)
    return int(any(outcome.problems for each in outcomes.values() for outcome in each))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.0, help="default: as many as the rounds take")
    parser.add_argument("--rounds", type=int, default=5, help="of each target, without --seconds (default: 5)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first round (default: 0)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=MOST_SECONDS, help="CPU seconds of a round (default: 60)")
    parser.add_argument("--targets", default=",".join(TARGETS), help=f"of {', '.join(TARGETS)}")
    options = parser.parse_args(arguments)
    options.targets = options.targets.split(",")
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return options


def _import_everything() -> None:
    """What the rounds need, once: a round is forked in a millisecond, but takes seconds to import."""
    import importlib.util
    import pkgutil

    import vwd

    for module in pkgutil.walk_packages(vwd.__path__, "vwd."):
        # The kernels of a GPU need triton, which only torch for CUDA brings; no round runs them.
        if module.name not in ("vwd.__main__", "vwd.stream.kernels", "vwd.stream.paint_triton"):
            importlib.import_module(module.name)
    for name in ("cv2", "pyarrow.parquet", "datasets", "webdataset"):
        importlib.import_module(name)
    for name in ("torch", "av", "scenedetect"):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
        else:
            print(f"{name} is not installed: what needs it is left out", file=sys.stderr)


def _print_table(outcomes: dict[str, list[Outcome]]) -> None:
    kinds = Counter(target for target, each in outcomes.items() for one in each if one.problems)
    print(f"{'target':12}{'rounds':>8}{'problems':>10}{'most CPU s':>11}{'most MB':>9}")
    for target, each in outcomes.items():
        longest, most = max(one.seconds for one in each), max(one.memory for one in each)
        print(f"{target:12}{len(each):>8,}{kinds[target]:>10,}{longest:>11.1f}{most / 1e6:>9,.0f}")
    print(f"{'all':12}{sum(map(len, outcomes.values())):>8,}{sum(kinds.values()):>10,}")


if __name__ == "__main__":
    sys.exit(main())
