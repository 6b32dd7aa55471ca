# Every habit of the project; CI runs these very targets.

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
CTEST = ctest -j$(JOBS) --output-on-failure --no-tests=error

.DEFAULT_GOAL := help
.PHONY: help setup build demo test unit lint lint-all format bench peers bench-smoke bench-ci asan tsan coverage install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the Debian packages, fetch PGMQ and linters; quick when nothing is missing
	@scripts/setup

build: build-release ## compile everything, optimised, to build/release/bin

# build-<preset>: configure once, then compile what has changed.
build-%: setup
	@test -f build/$*/build.ninja || cmake --preset $* --log-level=WARNING
	@ninja -C build/$* -j$(JOBS)

demo: build ## run a workflow over this machine's package database, on a private PostgreSQL
	@scripts/demo

test: build ## all tests: unit, pg (private PostgreSQL), e2e (real processes)
	@cd build/release && $(CTEST) -LE '^bench'

unit: build ## only the tests that need nothing
	@cd build/release && $(CTEST) -L unit

lint: build ## format, includes, shell, Python, links, commits; clang-tidy on what has changed since LINT_BASE
	@scripts/lint

lint-all: build ## as lint, with clang-tidy on every file
	@scripts/lint --all

format: ## rewrite the C++ sources with clang-format
	@git ls-files -z '*.hpp' '*.cpp' | xargs -0 clang-format -i

asan: build-dev ## all tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@cd build/dev && $(CTEST) -LE '^bench'

tsan: build-tsan ## all tests with ThreadSanitizer
	@cd build/tsan && $(CTEST) -LE '^bench'

coverage: build-coverage ## all tests, then line coverage in build/coverage/report
	@find build/coverage -name '*.gcda' -delete
	@cd build/coverage && $(CTEST) -LE '^bench'
	@scripts/coverage build/coverage

bench: build ## measure everything; the figures go to tmp/benchmarks, see docs/benchmarking.md
	@benches/tasker-bench run --type all

peers: build ## Tasker beside other engines, fetched to build/peers; PEERS_FLAGS="--scale 0.1"
	@benches/peers/run.py $(PEERS_FLAGS)

bench-smoke: build ## every suite for seconds: does it work, and are its outputs as described?
	@cd build/release && $(CTEST) -L '^bench-smoke$$'

# The commit whose SQL functions CI measures beside the present ones, in turn, since its machines
# differ and are shared; see docs/benchmarking.md.
BENCH_BASE = d81a5ad7e92ffcf9970a0935bf24aada9e0bcc77

bench-ci: build ## the core's functions in turn with those of BENCH_BASE; fails on a regression
	@benches/tasker-bench run --type ci --against $(BENCH_BASE) --output build/release/benchmarks/ci

install: build ## install to PREFIX (default /usr/local)
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove all build directories; what setup fetched stays
	@rm -rf build
