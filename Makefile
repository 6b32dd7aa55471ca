# The common tasks of the project; CI runs the same targets.

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
CTEST = ctest -j$(JOBS) --output-on-failure --no-tests=error

.DEFAULT_GOAL := help
.PHONY: help setup build demo test unit test-postgres-versions test-random test-locks chaos chaos-long lint lint-all format docs bench peers bench-smoke bench-ci asan tsan sanitize fuzz check-all coverage install clean

# The cost of a target is in front of the bar.
help: ## | list the targets
	@echo 'About how long on two cores: the first run (no packages, no compiler cache), then the next runs.'
	@echo
	@awk -F ':[^#]*## *| *[|] *' '/^[a-z-]+:.*## / { printf "make %-22s %-14s %s\n", $$1, $$2, $$3 }' \
	    $(MAKEFILE_LIST)

setup: ## 3 min, 1 s | install the Debian packages, fetch PGMQ, linters and test suites; quick when nothing is missing
	@scripts/setup

build: build-release ## 15 min, 2 s | compile everything, optimised, to build/release/bin

build-%: setup
	@scripts/compile -j $(JOBS) $*

# What the tests of a preset need: no benchmarks, and no public header alone.
tests-%:
	@scripts/setup --test
	@scripts/compile -j $(JOBS) $* tests

demo: ## 5 min, 25 s | see Tasker at work on a private PostgreSQL; installs and compiles only what this needs
	@scripts/setup --demo
	@scripts/compile --only-programs -j $(JOBS) release tasker tasker-orchestrator tasker-demo-worker
	@scripts/demo

test: tests-release ## 25 min, 15 min | all tests: unit, pg (private PostgreSQL), e2e (real processes)
	@cd build/release && $(CTEST) -LE '^(bench|chaos)'

unit: tests-release ## 12 min, 10 s | only the tests that need nothing
	@cd build/release && $(CTEST) -L unit

test-postgres-versions: setup tests-release ## 25 min, 12 min | the tests of SQL and queues on PostgreSQL 14, 16, 17 and 18
	@scripts/test-postgres-versions

test-random: tests-release ## 40 min, 30 min | 10,000 random workflows: do they end as a model of the rules says? `make test` runs 500
	@TASKER_RANDOM_WORKFLOWS=10000 build/release/bin/sql_pg_tests --gtest_brief=1 --gtest_filter='RandomWorkflows.*'

test-locks: tests-release ## 30 min, 6 min | run each pair of core functions, stopped at each row: do they deadlock? `make test` covers a third of the cases
	@TASKER_ALL_LOCKS=1 build/release/bin/sql_pg_tests --gtest_brief=1 --gtest_filter='*CoreCalls*'

chaos: tests-release ## 25 min, 6 min | kills, crashes, failovers and a broken network: is anything lost or done twice?
	@cd build/release && $(CTEST) -L '^chaos$$'

CHAOS_SECONDS ?= 900
CHAOS_SEED ?= 7

chaos-long: tests-release ## 40 min, 16 min | all these faults in a random order, for CHAOS_SECONDS=900; prints the table of docs/guarantees.md
	@TASKER_CHAOS_SECONDS=$(CHAOS_SECONDS) TASKER_CHAOS_SEED=$(CHAOS_SEED) TASKER_BIN=build/release/bin \
	    PYTHONPATH=build/release/python /usr/bin/python3 -m pytest -q -s -p no:cacheprovider \
	    worker/python/tests/chaos/endurance_test.py

lint: build ## 20 min, 2 min | format, includes, shell, Python, links, words, commits; clang-tidy on what has changed since LINT_BASE
	@scripts/lint

lint-all: build ## 1 h | as lint, with clang-tidy on every file
	@scripts/lint --all

format: ## 5 s | rewrite the C++ sources with clang-format
	@git ls-files -z '*.hpp' '*.cpp' | xargs -0 clang-format -i

docs: ## 2 min, 10 s | write the parts of the documents that come from the sources
	@scripts/setup --build
	@scripts/compile -j $(JOBS) release model_tests
	@TASKER_WRITE_DOCS=1 build/release/bin/model_tests --gtest_filter='*Document*' --gtest_brief=1

asan: tests-dev ## 30 min, 10 min | all tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@cd build/dev && $(CTEST) -LE '^bench'

tsan: tests-tsan ## 30 min, 10 min | all tests with ThreadSanitizer
	@cd build/tsan && $(CTEST) -LE '^bench'

sanitize: ## 15 min, 5 min | the tests that CI runs with sanitizers: unit and pg tests of some rooms
	@scripts/setup --test
	@scripts/sanitize -j $(JOBS)

FUZZ_SECONDS ?= 60

fuzz: ## 10 min, 3 min | search with libFuzzer for texts that break a reader; FUZZ_SECONDS=60 for each
	@scripts/setup
	@scripts/fuzz -j $(JOBS) $(FUZZ_SECONDS)

check-all: lint-all asan tsan test-postgres-versions test-random test-locks chaos chaos-long fuzz ## 3 h | what takes too long for CI: every file and test with each tool

coverage: tests-coverage ## 30 min, 10 min | all tests, then line coverage in build/coverage/report
	@find build/coverage -name '*.gcda' -delete
	@cd build/coverage && $(CTEST) -LE '^bench'
	@scripts/coverage build/coverage

bench: build ## 35 min, 20 min | measure everything; the figures go to tmp/benchmarks, see docs/benchmarking.md
	@benches/tasker-bench run --type all

peers: build ## 10 min and more | Tasker beside other engines, fetched to build/peers; PEERS_FLAGS="--scale 0.1"
	@benches/peers/run.py $(PEERS_FLAGS)

bench-smoke: build ## 17 min, 3 min | every suite for seconds: does it work, and are its outputs as described?
	@cd build/release && $(CTEST) -L '^bench-smoke$$'

# The commit that CI measures beside the present one, in turn, since its machines differ and are shared:
# its SQL functions, and its programs for the other component suites. See docs/benchmarking.md.
BENCH_BASE = 90438d3b155b32b5b3672d344c3a8ad1c08b941e
BASE_BUILD = build/bench-base/$(BENCH_BASE)

$(BASE_BUILD)/built:
	@rm -rf build/bench-base && mkdir -p $(BASE_BUILD)
	@git archive $(BENCH_BASE) | tar -x -C $(BASE_BUILD)
	@ln -s $(CURDIR)/.cache $(BASE_BUILD)/.cache
	@cd $(BASE_BUILD) && cmake --preset release --log-level=WARNING && cmake --build build/release --target \
	    bench_queue_depth bench_event_propagation bench_handler_overhead bench_worker_execution bench_task_initialization
	@touch $@

bench-ci: build $(BASE_BUILD)/built ## 40 min, 15 min | the components in turn with those of BENCH_BASE; fails on a regression
	@benches/tasker-bench run --type ci --against $(BENCH_BASE) --output build/release/benchmarks/ci \
	    --base-programs $(BASE_BUILD)/build/release/bin

install: build ## 15 min, 2 s | install to PREFIX (default /usr/local)
	@cmake --install build/release --prefix $(PREFIX)

clean: ## 1 s | remove all build directories; what setup fetched stays
	@rm -rf build
