#!/bin/sh
# Checks and measures vwd.stream on a GPU: the tests marked gpu, then the tables of tools/bench/loaders.py and planes.py.
#
#     tools/bench/device.sh [ROWS.jsonl]
#
# In a checkout, without installing it. PYTHON names the interpreter: one with torch for CUDA, triton, numpy, pillow,
# click, msgspec, xxhash, tiktoken, ftfy, rjieba, opencv, and pytest with xdist and hypothesis; nothing is fetched. ROWS are rows of
# GSM8K; without them, the built-in ones are repeated. About five minutes.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
rows=${1:-}
if [ -z "$rows" ]; then
    rows="$out/rows.jsonl"
    for _ in $(seq 200); do cat vwd/corpora/builtin/gsm8k.jsonl; done > "$rows"
fi
make kernel PYTHON="$python" || echo "no C compiler, or no headers of Python: the worker's part is Python"
nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true
"$python" -m vwd pack gsm8k --rows "$rows" --num-samples 4800 --shard-size 100 --out "$out"
failed=0
timeout 240 "$python" -m pytest tests/stream/test_stream_gpu.py -m gpu -n 8 -W default -p no:cacheprovider -rs || failed=$?
timeout 180 "$python" tools/bench/loaders.py "$out/gsm8k" --device cuda --only-device --num-workers 2 || failed=$?
timeout 120 "$python" tools/bench/planes.py "$out/gsm8k" --device cuda --num-samples 640 || failed=$?
exit $failed
