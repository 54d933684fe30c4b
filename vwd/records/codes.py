"""Why a row of images and conversations has no sample, or an invalid one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RecordCode(str, Enum):
    """The values are stable: ledgers and scripts contain them."""

    BAD_ROW = "bad_row"
    ID_MISSING = "id_missing"
    ID_DUPLICATE = "id_duplicate"
    CONVERSATIONS_EMPTY = "conversations_empty"
    CONVERSATIONS_MALFORMED = "conversations_malformed"
    IMAGE_MISSING = "image_missing"
    IMAGE_EMPTY = "image_empty"
    IMAGE_UNREADABLE = "image_unreadable"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row: a code, and what it was about this row."""

    code: RecordCode
    detail: str


class FaultError(ValueError):
    """Carries a fault from where it is found to where the row is judged."""

    def __init__(self, code: RecordCode, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(code, detail)
