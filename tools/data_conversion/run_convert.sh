#!/bin/bash
# Parquet to WebDataset: bash tools/data_conversion/run_convert.sh --input_dir DIR --output_dir DIR [options]
# Needs no conda; PYTHON names another interpreter. Relative paths are those of the folder it is called from.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH="$tools/../..${PYTHONPATH:+:$PYTHONPATH}"
exec "${PYTHON:-python3}" "$tools/convert_to_webdataset.py" "$@"
