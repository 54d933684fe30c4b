"""The form of VideoThinkBench's `evaluation_results.json`, so that its scripts take our verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vwd.grade.grade import Graded


def evaluation_results(graded: Iterable[Graded]) -> list[dict[str, Any]]:
    """One object a sample. A verdict that could not be made is an error there, not a wrong answer."""
    return [evaluation_result(one) for one in graded]


def evaluation_result(one: Graded) -> dict[str, Any]:
    """A sample's."""
    return {
        "video_path": str(one.file) if one.file else "",
        "question_id": one.truth.key,
        "question": one.truth.question,
        "correct_answer": one.truth.final_answer,
        "lastframe_path": "",
        "audio_transcript": "",
        "last_frame_judgment": None if one.unjudged else one.right,
        "status": "error" if one.unjudged else "success",
        "error_message": f"{one.unjudged}{': ' * bool(one.detail)}{one.detail}" if one.unjudged else "",
    }
