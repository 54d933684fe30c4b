"""Parquet to WebDataset by the command line of Innovator-VL's converter: `vwd convert-parquet` does it."""

from __future__ import annotations

import sys

from vwd.cli.convert_parquet import convert_parquet

if __name__ == "__main__":
    convert_parquet(prog_name=sys.argv[0])
