# make check test: what CI runs. PYTHON names another interpreter; ROWS and SAMPLES the rows of the benchmarks; SECONDS
# and SEED how long the fuzzers run, and with which damage.
PYTHON ?= python
ROWS ?= vwd/corpora/builtin/gsm8k.jsonl
SAMPLES ?= 24
SECONDS ?= 3600
SEED ?= $(shell date +%s)
BENCH_OUT ?= build/bench

.PHONY: check test test-all bench fuzz

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy tests

test:
	$(PYTHON) -m pytest -n auto

test-all:
	$(PYTHON) -m pytest -n auto -m "slow or not slow"

bench:
	$(PYTHON) tools/bench/encoders.py --rows $(ROWS) --num-samples $(SAMPLES) --baseline-samples 5
	$(PYTHON) tools/bench/packing.py --rows $(ROWS) --num-samples $(SAMPLES) --baseline-samples 5
	$(PYTHON) tools/bench/stages.py --rows $(ROWS) --num-samples $(SAMPLES)
	$(PYTHON) -m vwd pack gsm8k --rows $(ROWS) --num-samples $(SAMPLES) --out $(BENCH_OUT)
	$(PYTHON) tools/bench/loaders.py $(BENCH_OUT)/gsm8k --num-samples $(SAMPLES) --rounds 1
	$(PYTHON) tools/bench/ledger.py

fuzz:
	$(PYTHON) tools/fuzz/run.py --seconds $(SECONDS) --seed $(SEED)
