"""`python -m tools.prepare.prepare_dataset --dataset mmbench …`: `vwd prepare` by its older name."""

from __future__ import annotations

from vwd.cli.prepare import prepare

if __name__ == "__main__":
    prepare(prog_name="python -m tools.prepare.prepare_dataset")
