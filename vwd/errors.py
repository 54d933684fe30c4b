"""What can go wrong, as a small hierarchy: each error says what, where, and what to do next."""

from __future__ import annotations


class VwdError(Exception):
    """A failure that the user can act on. The command line prints it in two lines, without a traceback.

    Args:
        what: what was wrong and where, one line.
        todo: what to do next, one line.
    """

    exit_code = 1

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what, todo)
        self.what = what
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.what}\n{self.todo}"


class UsageError(VwdError):
    """Options that do not go together, or a name that does not exist."""

    exit_code = 2


class RowsError(VwdError):
    """A rows file that is missing, empty or broken, or lacks a column."""


class HubError(VwdError):
    """The dataset hub is out of reach, or does not have what was asked for."""


class ContractError(VwdError):
    """An output folder that was packed with other settings."""


class OutputError(VwdError):
    """An output folder that cannot be written or read."""


class StorageError(OutputError):
    """Object storage that cannot be reached, refuses, or lacks what was sent.

    Args:
        hopeless: whether other files will fare no better.
    """

    def __init__(self, what: str, todo: str, hopeless: bool = False) -> None:
        super().__init__(what, todo)
        self.hopeless = hopeless


class ShardError(VwdError):
    """A shard that failed, or a tar that is not what a shard should be."""


class MissingExtraError(VwdError):
    """An optional package that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a package that is not installed", f"pip install 'vwd[{extra}]'")


class SlurmError(VwdError):
    """Slurm is not here, refuses or does not answer."""
