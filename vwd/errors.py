"""What can go wrong, as a small hierarchy: each error says what, where, and what to do next."""

from __future__ import annotations

import re

# What a terminal obeys, what shows text in another order, what no stream can encode: C0 and C1 controls, overrides of
# direction, halves of characters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# Characters of a message: a value from a file may have millions.
_LONGEST = 2000


def printable(text: str) -> str:
    """Text for a terminal: names and values from files can neither move its cursor nor hide what follows.

    Tabs and line breaks stay. What else a terminal obeys is escaped, as JSON would: `\\u001b`.
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _shown(text: str) -> str:
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


class VwdError(Exception):
    """A failure that the user can act on. The command line prints it in two lines, without a traceback.

    Messages name arguments in backticks, such as `shard_size`; the command line shows these as its own options.

    Args:
        what: what was wrong and where, one line; made printable.
        hint: what to do next, one line.
    """

    exit_code = 1

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = _shown(what)
        self.hint = _shown(hint)

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}"


class UsageError(VwdError):
    """Options that do not go together, or a name that does not exist."""

    exit_code = 2


class RowsError(VwdError):
    """A rows file that is missing, empty or broken, or has no such column."""


class HubError(VwdError):
    """The dataset hub is unreachable, or does not have what was asked for."""


class TableError(VwdError):
    """A table of videos that is missing, damaged or without a column that it needs."""


class MediaError(VwdError):
    """A video that cannot be opened, decoded or written."""


class ServiceError(VwdError):
    """Servers or models that were asked about videos, and did not answer."""


class ContractError(VwdError):
    """An output folder that was packed with other settings."""


class OutputError(VwdError):
    """An output folder that cannot be written or read."""


class StorageError(OutputError):
    """Object storage that cannot be reached, refuses, or has lost what was sent.

    Args:
        fatal: whether other files will fail in the same way.
    """

    def __init__(self, what: str, hint: str, fatal: bool = False) -> None:
        super().__init__(what, hint)
        self.fatal = fatal


class SilentStoreError(StorageError):
    """Object storage that accepts connections and does not answer: nothing more is asked of it, as each takes long."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint, True)


class EncodeError(VwdError):
    """The library behind an encoder failed."""


class ShardError(VwdError):
    """A shard that failed, or a tar that is not what a shard should be."""


class DecodeError(ShardError):
    """A video that does not give the frames it should."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the video cannot be decoded: {what}",
            "Check the shards with 'vwd verify'; on_error='skip' or 'replace' continues without it.",
        )


class MissingExtraError(VwdError):
    """An optional package that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a package that is not installed", f"pip install 'vwd[{extra}]'")


class SlurmError(VwdError):
    """Slurm is not installed here, refuses or does not answer."""


class NoAnswerError(SlurmError):
    """The Slurm controller did not answer: the job may be queued, or not."""
