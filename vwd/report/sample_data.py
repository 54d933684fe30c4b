"""A sample as the page holds it: text, figures, and its words as one short list of numbers."""

from __future__ import annotations

from typing import Any

from vwd.report.choose import ChosenSample
from vwd.shards.checked_sample import read_storyboard
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.shards.tokens import count_tokens


def read_record(chosen: ChosenSample) -> StoryboardRecord:
    """A sample's storyboard.

    Raises:
        ShardError: it is damaged, or of a video of another size.
    """
    return read_storyboard(f"{chosen.shard}: {chosen.key}", chosen.storyboard, chosen.of)


def sample_data(chosen: ChosenSample, record: StoryboardRecord) -> dict[str, Any]:
    """Everything that the page knows of a sample but its media.

    `words` has six numbers a word: the place of its first code point in the prompt or the answer (-1 where an older
    output does not say), its length in code points, the frame it appears at, and x, y and width of its box in pixels.
    """
    board = record.storyboard
    answer = [word for word in board.words if word.frame >= board.prompt_frames]
    last = board.words[-1].frame if board.words else 0
    return {
        "key": chosen.key,
        "dataset": record.dataset,
        "language": board.language,
        "shard": chosen.shard,
        "prompt": record.question,
        "answer": record.answer,
        "final": record.final_answer,
        "fps": record.fps,
        "frames": board.frames,
        "size": [board.width, board.height],
        "line": board.words[0].box.height if board.words else 0,
        "promptFrames": board.prompt_frames,
        "pages": list(board.page_starts),
        "count": len(answer),
        "last": last,
        "tail": board.frames - 1 - last,
        "bytes": chosen.size,
        "tokens": [count_tokens(record.question), count_tokens(record.answer)],
        "finalWords": list(board.final_words),
        "words": [n for w in board.words for n in (w.start, len(w.text), w.frame, w.box.x, w.box.y, w.box.width)],
        # Only older outputs need them: elsewhere a word is a part of the prompt or the answer.
        **({"texts": [w.text for w in board.words]} if any(w.start < 0 for w in board.words) else {}),
    }
