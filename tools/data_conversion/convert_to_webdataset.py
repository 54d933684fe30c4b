"""Parquet to WebDataset by the command line of Innovator-VL's converter: `vwd convert-parquet` does it."""

from __future__ import annotations

import sys

from vwd.__main__ import main

if __name__ == "__main__":
    sys.argv[1:1] = ["convert-parquet"]
    main()
