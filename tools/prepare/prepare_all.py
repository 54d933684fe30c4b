"""`python -m tools.prepare.prepare_all --mode fast_dev`: `vwd recipe` by its older name."""

from __future__ import annotations

from vwd.cli.recipe import recipe

if __name__ == "__main__":
    recipe(prog_name="python -m tools.prepare.prepare_all")
