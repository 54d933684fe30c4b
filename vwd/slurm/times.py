"""Time limits as sbatch takes them."""

from __future__ import annotations

import re

from vwd.limits import LONGEST_TIME_LIMIT

# Minutes, minutes:seconds; hours:minutes:seconds; days-, days-hours, days-hours:minutes, days-hours:minutes:seconds.
_TIME = re.compile("N(?::N)?|N:N:N|N-(?:N(?::N)?(?::N)?)?".replace("N", "([0-9]{1,10})"))
_UNLIMITED = {"UNLIMITED", "INFINITE", "-1"}


def limit_seconds(text: str) -> int | None:
    """A time limit as sbatch takes it, in seconds; None for no limit, which it also writes as 0 and -1.

    Raises:
        ValueError: it has another form.
    """
    if text.upper() in _UNLIMITED:
        return None
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(
            "minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, "
            "days-hours:minutes:seconds, 0 or UNLIMITED"
        )
    m, ms, h, hm, hs, d, dh, dm, ds = (int(part or 0) for part in found.groups())
    seconds = m * 60 + ms + h * 3600 + hm * 60 + hs + d * 86400 + dh * 3600 + dm * 60 + ds
    if seconds > LONGEST_TIME_LIMIT:
        raise ValueError("at most 68 years, or UNLIMITED")
    return seconds or None
