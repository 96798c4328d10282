# Every target makes its own environment first; nothing else needs to be installed but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/uv pip install --quiet --python
UV := $(INSTALL) $(BIN)/python
# What the benchmarks compare with stays apart from what the product runs on.
PEERS := .venv-peers
UV_VERSION := 0.13.9

# Tests that start a real browser or server run where those are promised to be there, and slow ones there too.
MARKS := $(if $(filter 1,$(FLEET_REQUIRE_SERVICES)),,-m "not service and not slow")

# What the benchmarks share, the comparison of two revisions, and the tables of quality rules, which need a data folder.
BENCH_PARTS := $(addprefix benchmarks/,harness.py band_cases.py baseline.py contenders.py conformal_methods.py mixed_integer.py workload.py same_results.py \
	quality_alarms.py quality_breaches.py quality_faults.py first_bounds.py hot_windows.py segments.py fault_windows.py live_window.py quality_neighbours.py outlook_served.py anticipation.py service_load.py)

# Some machines forbid Python to keep compiled modules. Then each process compiles all libraries again, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench format lock clean

demo: $(VENV)/.user
	$(BIN)/fleet demo

# A process that crashed is not restarted: pytest-xdist then waits for ever.
test: $(VENV)/.dev
	$(BIN)/pytest -q -n 2 --dist loadgroup --max-worker-restart 0 $(MARKS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

# One thread each: threads that wait for each other on few cores would be what is measured.
bench: export OMP_NUM_THREADS := 1
bench: export OPENBLAS_NUM_THREADS := 1
bench: $(VENV)/.dev $(PEERS)/.made
	set -e; for each in $(filter-out $(BENCH_PARTS),$(wildcard benchmarks/*.py)); do $(BIN)/python $$each; done

format: $(VENV)/.dev
	$(BIN)/ruff format src tests examples benchmarks
	$(BIN)/ruff check --fix src tests examples benchmarks

lock: $(BIN)/uv
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --extra all -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements.lock pyproject.toml --extra all --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group peers -o requirements-peers.lock

clean:
	rm -rf $(VENV) $(PEERS) .fleet .mypy_cache .ruff_cache .hypothesis
	find src -name '*.nb[ci]' -delete

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet uv==$(UV_VERSION)

# A developer's environment holds everything a user's does, so whichever was made last serves both.
$(VENV)/.user: requirements.lock pyproject.toml | $(BIN)/uv
	$(UV) --require-hashes -r requirements.lock
	$(UV) --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/uv
	$(UV) --require-hashes -r requirements-dev.lock
	$(UV) --no-deps -e .
	touch $@ $(VENV)/.user

$(PEERS)/.made: requirements-peers.lock | $(BIN)/uv
	$(PYTHON) -m venv $(PEERS)
	$(INSTALL) $(PEERS)/bin/python --require-hashes -r requirements-peers.lock
	touch $@
