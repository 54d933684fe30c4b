"""Shows where packing spends its time: CPU time of each stage, in one process.

python tools/bench/stages.py --rows FILE --num-samples N
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rows import corpus_of

from vwd.corpora.sample import Skip
from vwd.corpora.sources.open import open_file
from vwd.shards.members import sample_members
from vwd.shards.tar import sample_blocks, shard_tar
from vwd.shards.tokens import count_tokens
from vwd.text.layout import lay_out
from vwd.video.encoders import get_encoder
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec


class Stages:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[name] += time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--num-samples", type=int, default=1000)
    parser.add_argument("--encoder", default="mpeg4")
    options = parser.parse_args()
    rows = open_file(options.rows)
    corpus, spec, fonts = corpus_of(rows), VideoSpec(), Fonts()
    schema, encoder, stages = corpus.schema_for(rows.columns), get_encoder(options.encoder), Stages()
    page = spec.storyboard_spec().for_language(corpus.language)
    count_tokens("")  # loads the vocabulary
    samples = 0
    with tempfile.TemporaryDirectory() as out, shard_tar(Path(out) / "shard.tar", Path(out)) as tar:
        for index, row in enumerate(rows.read(0, options.num_samples)):
            with stages.timed("clean"):
                sample = corpus.sample(row, index, schema)
            if isinstance(sample, Skip):
                continue
            with stages.timed("lay out"):
                board = lay_out(sample, page, fonts)
            if isinstance(board, Skip):
                continue
            with stages.timed("encode"):
                video = encoder.encode(board, spec)
            with stages.timed("JSON"):
                members = sample_members(sample, board, spec, video)
            with stages.timed("tar and sha256"):
                tar.write(sample_blocks(sample.key, members))
            with stages.timed("tokens"):
                count_tokens(sample.prompt)
                count_tokens(sample.answer)
            samples += 1
    total = sum(stages.seconds.values())
    print(f"{samples} samples of {options.rows.name}, encoder {options.encoder}\n")
    print("| stage | CPU ms a sample | share |\n|---|---|---|")
    for name, seconds in stages.seconds.items():
        print(f"| {name} | {seconds / samples * 1000:.2f} | {seconds / total:.0%} |")


if __name__ == "__main__":
    main()
