# Every task of the project. `make` alone lists them; none needs anything but git and make to start with.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Which build of CMakePresets.json the tasks use: where CI is set, the one in which a warning is an error.
PRESET ?= $(if $(CI),ci,dev)
PYTHON := .venv/bin/python
# Compiled modules lie in one folder, beside no source: many tests start processes, and each would compile Feast anew.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nPRESET=%s (of CMakePresets.json) chooses the build: make sanitize PRESET=tsan\n' '$(PRESET)'

## Use it

.PHONY: demo
demo: build ## A Feast training set out of Iceberg tables, on real flight data, with a report and a picture
	@$(PYTHON) -m icefield demo $(DEMO_ARGS)

.PHONY: bench
bench: ## Time and memory beside DuckDB and polars, into bench/results/
	@$(MAKE) build PRESET=release
	@$(PYTHON) -m bench $(BENCH_ARGS)

## Build it

.PHONY: setup
setup: ## Debian packages (as root or by sudo) and .venv from the hash-pinned lock; nothing if all is there
	@tools/setup.sh

.PHONY: build
build: setup ## The C++ library, its tests, the Python extension and the native tool
	@tools/build.sh $(PRESET)

.PHONY: wheel
wheel: setup ## A wheel, as `pip install .` makes it, into dist/
	@.uv/bin/uv build --wheel --no-build-isolation --python $(PYTHON) --out-dir dist .

.PHONY: clean
clean: ## Remove what was built; .venv and .uv stay
	@rm -rf build dist python/icefield/_native*.so python/icefield/icefield-native

.PHONY: distclean
distclean: clean ## Remove the environments and the demo's data too
	@rm -rf .venv .uv icefield-demo .pytest_cache .mypy_cache .ruff_cache

## Check it

.PHONY: test
test: build ## Everything that CI checks: layers, layout, lint, types, C++ and Python tests
	@tools/check.sh $(PRESET)

.PHONY: ctest
ctest: build ## The C++ tests alone (ARGS='-R pit' for some of them)
	@ctest --preset $(PRESET) --parallel $$(nproc) $(ARGS)

.PHONY: pytest
pytest: build ## The Python tests alone (ARGS='-k demo' for some of them)
	@$(PYTHON) -m pytest $(ARGS)

.PHONY: tidy
tidy: setup ## Layers, sizes, names and words (tools/tidy.py)
	@$(PYTHON) tools/tidy.py

.PHONY: format
format: setup ## Lay out all C++ and Python sources
	@tools/format.sh

.PHONY: lint
lint: build ## Layout, ruff and clang-tidy, without changing anything
	@tools/format.sh --check
	@$(PYTHON) -m ruff check .
	@$(PYTHON) tools/lint_cpp.py build/$(PRESET)

.PHONY: types
types: setup ## mypy, strict
	@$(PYTHON) -m mypy

# The build of the fuzz targets, and of `make sanitize` unless PRESET=tsan.
SANITIZER := $(if $(filter tsan,$(PRESET)),tsan,asan)

.PHONY: fuzz
fuzz: setup ## Each byte parser for FUZZ_SECONDS (60), with clang and the sanitizers
	@tools/setup.sh fuzz
	@tools/build.sh asan
	@tools/fuzz.sh $${FUZZ_SECONDS:-60}

.PHONY: sanitize
sanitize: setup ## The C++ tests under ASan and UBSan, or PRESET=tsan (ARGS='-R pit' for some of them)
	@tools/setup.sh fuzz
	@tools/build.sh $(SANITIZER)
	@ctest --preset $(SANITIZER) --no-tests=error --parallel $$(nproc) $(ARGS)

.PHONY: differential
differential: build ## Random tables and histories by pyiceberg and Spark, compared after each commit (SEEDS=20)
	@$(PYTHON) -m tests.evolution --writer pyiceberg --seeds $${SEEDS:-20}
	@$(PYTHON) -m tests.evolution --writer spark --seeds $${SEEDS:-20}
	@$(PYTHON) -m tests.differential $(ARGS)

.PHONY: interop
interop: build ## Random tables by Icefield, read by pyiceberg, DuckDB, Spark and Java; kills; writers beside each other (SEEDS=20)
	@$(PYTHON) -m tests.interop --keep-going --seeds $${SEEDS:-20} --readers icefield,pyiceberg,duckdb,java
	@$(PYTHON) -m tests.interop --keep-going --seeds $${SEEDS:-20} --readers spark
	@$(PYTHON) -m tests.interop.concurrency --seconds 60
	@$(PYTHON) -m tests.interop.killing --trials 200

## Keep it

.PHONY: golden
golden: build ## The golden tables anew, by Iceberg Java, Spark and pyiceberg (Java 17 and Maven, ten minutes)
	@GOLDEN_BUILD=$(CURDIR)/build/golden/java tests/golden/java/make.sh tests/golden
	@tests/golden/spark/make.sh tests/golden
	@tests/golden/pyiceberg/make.sh tests/golden
	@$(PYTHON) -m tests.golden.catalogue --write

.PHONY: lock
lock: setup ## Write the locks anew from requirements/*.in (ARGS=--upgrade for newer versions)
	@for name in uv dev; do \
	  .uv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --universal \
	    $(ARGS) requirements/$$name.in -o requirements/$$name.txt; \
	done
