# make check test: what CI runs. PYTHON names another interpreter; ROWS and SAMPLES the rows of the benchmarks; SECONDS
# and SEED how long the fuzzers run, and with which damage.
PYTHON ?= python
ROWS ?= vwd/corpora/builtin/gsm8k.jsonl
SAMPLES ?= 24
SECONDS ?= 3600
SEED ?= $(shell date +%s)
BENCH_OUT ?= build/bench
ASAN_SECONDS ?= 60
C_FLAGS = -std=c11 -Wall -Wextra -Werror -fPIC -shared -DPy_LIMITED_API=0x030A0000
C_FLAGS += -I$(shell $(PYTHON) -c "import sysconfig; print(sysconfig.get_path('include'))")
KERNEL = vwd/video/mpeg4/native/_kernel.c

.PHONY: check test test-all bench fuzz kernel asan wheel

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy tests

test:
	$(PYTHON) -m pytest -n auto

test-all:
	$(PYTHON) -m pytest -n auto -m "slow or not slow"

# The native kernel without a warning, in place: for a checkout whose kernel is out of date.
kernel:
	$(CC) -O3 $(C_FLAGS) $(KERNEL) -o vwd/video/mpeg4/_kernel.abi3.so
	$(CC) -O3 $(C_FLAGS) vwd/records/native/_jpeg.c -o vwd/records/_jpeg.abi3.so
	$(CC) -O3 $(C_FLAGS) vwd/shards/native/_words.c -o vwd/shards/_words.abi3.so
	$(CC) -O3 $(C_FLAGS) vwd/stream/native/_lines.c -o vwd/stream/_lines.abi3.so

# What is native under the sanitizers, with random input and broken arguments: source, module, fuzzer.
define sanitized
	$(CC) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(C_FLAGS) $(1) -o build/asan/$(2).abi3.so
	LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" \
		ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
		$(PYTHON) tools/fuzz/$(3).py --seconds $(ASAN_SECONDS) --module build/asan/$(2).abi3.so
endef

asan:
	mkdir -p build/asan
	$(call sanitized,$(KERNEL),_kernel,kernel)
	$(call sanitized,vwd/records/native/_jpeg.c,_jpeg,jpeg)
	$(call sanitized,vwd/shards/native/_words.c,_words,words)
	$(call sanitized,vwd/stream/native/_lines.c,_lines,native_lines)

# One wheel for Python 3.10 and later, for the oldest manylinux that this machine's C library allows.
wheel:
	$(PYTHON) -m pip wheel --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m auditwheel repair --wheel-dir dist build/wheel/vwd-*-linux_*.whl

bench:
	$(PYTHON) tools/bench/encoders.py --rows $(ROWS) --num-samples $(SAMPLES) --baseline-samples 5
	$(PYTHON) tools/bench/packing.py --rows $(ROWS) --num-samples $(SAMPLES) --baseline-samples 5
	$(PYTHON) tools/bench/stages.py --rows $(ROWS) --num-samples $(SAMPLES)
	$(PYTHON) -m vwd pack gsm8k --rows $(ROWS) --num-samples $(SAMPLES) --out $(BENCH_OUT)
	$(PYTHON) tools/bench/loaders.py $(BENCH_OUT)/gsm8k --num-samples $(SAMPLES) --rounds 1
	$(PYTHON) tools/bench/planes.py $(BENCH_OUT)/gsm8k --num-samples $(SAMPLES) --rounds 1
	$(PYTHON) tools/bench/ledger.py

fuzz:
	$(PYTHON) tools/fuzz/run.py --seconds $(SECONDS) --seed $(SEED)
