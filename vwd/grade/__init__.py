"""Grading: videos that a model generated, read and compared with what they should say."""

from vwd.grade.grade import Graded, grade, grade_reading
from vwd.grade.predictions import Predictions, find_predictions, read_order
from vwd.grade.report import Report, make_report
from vwd.grade.truths import Truth, benchmark_truths

__all__ = [
    "Graded",
    "Predictions",
    "Report",
    "Truth",
    "benchmark_truths",
    "find_predictions",
    "grade",
    "grade_reading",
    "make_report",
    "read_order",
]
