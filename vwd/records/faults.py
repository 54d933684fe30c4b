"""Carrying what is wrong with a row from where it is found to where the row is judged."""

from __future__ import annotations

from vwd.corpora.sample import Skip, SkipCode


class FaultError(ValueError):
    """A row has a fault: a code, and what it was about this row."""

    def __init__(self, code: SkipCode, detail: str) -> None:
        super().__init__(detail)
        self.fault = Skip(code, detail)
