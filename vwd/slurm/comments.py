"""The comments of queued jobs: by them anybody who lists the queue knows which output a job belongs to."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

from vwd.shards.paths import OutputPaths
from vwd.slurm.models import Role

# Others' comments may begin alike.
_COMMENT = re.compile(r"vwd:([1-9][0-9]{0,5}):(pack|export|finish):(0|[1-9][0-9]{0,8}):(.+)")


class Comment(NamedTuple):
    """The submission's number, the job's role, its first task, and the dataset's folder."""

    number: int
    role: Role
    offset: int
    folder: str


def format_comment(paths: OutputPaths, number: int, role: Role, offset: int) -> str:
    return f"vwd:{number}:{role}:{offset}:{paths.folder}"


def parse_comment(text: str) -> Comment | None:
    """The inverse of `format_comment`; None for any other comment."""
    found = _COMMENT.fullmatch(text)
    return Comment(int(found[1]), cast(Role, found[2]), int(found[3]), found[4]) if found else None
