"""Plants faults in the package, one after another, and prints what the fuzzer says of each: run as a program."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "fuzz"


def raises(*_: Any, **__: Any) -> Any:
    raise KeyError("number")


def writes(*_: Any, **__: Any) -> Any:
    Path("../outside/evil").write_text("x")
    raise ValueError("damaged")


def removes(*_: Any, **__: Any) -> Any:
    with suppress(FileNotFoundError):
        Path("../outside/canary").unlink()
    raise ValueError("damaged")


def connects(*_: Any, **__: Any) -> Any:
    with suppress(OSError), socket.socket() as made:
        made.settimeout(0.1)
        made.connect(("127.0.0.1", 9))
    raise ValueError("damaged")


def hangs(*_: Any, **__: Any) -> Any:
    time.sleep(60)


def grows(*_: Any, **__: Any) -> Any:
    len(bytes(b"x" * 1_200_000_000))
    raise ValueError("damaged")


def prints(*_: Any, **__: Any) -> Any:
    raise ValueError("line one\nline two")


PLANTED: dict[str, Callable[..., Any] | None] = {
    "nothing": None, "raises": raises, "writes": writes, "removes": removes, "connects": connects, "hangs": hangs,
    "grows": grows,
}  # fmt: skip


def main(folder: Path) -> None:
    sys.path.insert(0, str(TOOLS))
    import rounds
    import targets
    from answers import command

    from vwd.shards.entry import parse_entry

    rounds.build_base(folder / "base")
    target = targets.Target(targets.TARGETS["entry"].damage, lambda rng: [command("status")])
    for name, fault in PLANTED.items():
        with mock.patch("vwd.shards.ledger.parse_entry", fault or parse_entry):
            outcome = rounds.run_round(folder / "base", target, "a seed", 4.0)
        print(json.dumps({"name": name, "problems": outcome.problems}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
