# Two commands for a first look: `make demo`, and `make up` for the same system in real time.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo up test coverage texts contract transcript chaos hostile bench bench-national calibrate lint dist try-dist venv
.PHONY: constraints clean

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
# Of `make up`: a time of day, such as 09:00, at which clinics are open.
CLOCK ?=
# Of a chaos run: seconds of faults, sqlite or postgresql, the seed (else random), the script of another RabbitMQ.
DURATION ?= 330
DATABASE ?= sqlite
SEED ?=
SERVER ?=
# Of a benchmark: anything for a short run, whose figures say little; and what to measure, else everything. Of
# `make hostile`: which attacks, else all.
QUICK ?=
ONLY ?=
# Of `make web-load`: of how many clinics the tickets are, else 20.
CLINICS ?=
# Of `make api-fuzz`: about how many seconds it takes.
DURATION_OF_FUZZ ?= 120
# How pytest runs all tests: in as many processes as it says in tests/conftest.py, each file in one of them.
IN_PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder
# What Python and pytest make of a file is kept, whoever has asked for the opposite: many processes read each file.
unexport PYTHONDONTWRITEBYTECODE
# constraints.txt has parts: what `antrean` needs, then what begins with these lines, each needed only for its
# purpose. All before the traces is installed here and in the image.
DESK_LIBRARIES := \# For antrean-desk:
SERVER_LIBRARIES := \# For the server:
BUILD_BACKEND := \# To build:
TRACES := \# For traces:
DEVELOPMENT := \# For development:
BENCHMARKS := \# For benchmarks:
CALIBRATION := \# For the calibration:

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.run ## show the whole system at work in under a minute
	@$(BIN)/antrean-stack install
	@$(BIN)/antrean-stack demo

up: $(VENV)/.run ## run the whole system here until Ctrl-C; CLOCK=09:00 as if it were that time
	@$(BIN)/antrean-stack up $(if $(CLOCK),--clock $(CLOCK))

test: $(VENV)/.develop ## run the tests, on a real broker and real databases
	@$(BIN)/antrean-stack install-for-tests --amqp-url "$$ANTREAN_TEST_AMQP_URL" \
	  --database-url "$$ANTREAN_TEST_DATABASE_URL"
	@$(BIN)/antrean-stack install-browser --chromium "$$ANTREAN_TEST_CHROMIUM"
	@$(BIN)/pytest $(IN_PARALLEL) -m "not long"

.PHONY: test-long
test-long: $(VENV)/.develop ## run the tests that take too long for `make test`
	@$(BIN)/antrean-stack install-for-tests --amqp-url "$$ANTREAN_TEST_AMQP_URL" \
	  --database-url "$$ANTREAN_TEST_DATABASE_URL"
	@$(BIN)/antrean-stack install-browser --chromium "$$ANTREAN_TEST_CHROMIUM"
	@$(BIN)/pytest $(IN_PARALLEL) -m long

coverage: $(VENV)/.develop ## run the tests of both, count what they execute, and draw docs/coverage.svg
	@$(BIN)/antrean-stack install-for-tests --amqp-url "$$ANTREAN_TEST_AMQP_URL" \
	  --database-url "$$ANTREAN_TEST_DATABASE_URL"
	@$(BIN)/antrean-stack install-browser --chromium "$$ANTREAN_TEST_CHROMIUM"
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(BIN)/coverage run -m pytest $(IN_PARALLEL)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report
	@$(BIN)/coverage report --format=total | $(BIN)/python -m tests.coverage_badge >docs/coverage.svg

.PHONY: test-public-way
test-public-way: $(VENV)/.develop ## run the tests of workers and store without the fast path through pika and psycopg
	@$(BIN)/antrean-stack install-for-tests --amqp-url "$$ANTREAN_TEST_AMQP_URL" \
	  --database-url "$$ANTREAN_TEST_DATABASE_URL"
	@ANTREAN_TEST_FAST_PATH=off $(BIN)/pytest tests/workers tests/store $(IN_PARALLEL)

chaos: $(VENV)/.develop ## break the system all over for six minutes, and check that no ticket was lost or doubled
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.chaos --duration $(DURATION) --database $(DATABASE) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--rabbitmq-server $(SERVER))

.PHONY: killed-replays
killed-replays: $(VENV)/.develop ## kill `antrean-events replay` twenty times, and check that it lost and repeated nothing
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.acceptance.killed_replays

.PHONY: killed-forwards
killed-forwards: $(VENV)/.develop ## kill `antrean-events forward` twenty times, and check that its receiver lacks nothing
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.acceptance.killed_forwards

.PHONY: board-load
board-load: $(VENV)/.develop ## have 2,000 browsers look at a board while somebody is called each second; say how soon, at what cost
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.web.board_load

hostile: $(VENV)/.develop ## attack the system in every known way, and write what honest people saw into docs/security.md
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.hostile $(foreach key,$(ONLY),--only $(key)) \
	  $(if $(SERVER),--rabbitmq-server $(SERVER))

bench: $(VENV)/.benchmark ## measure everything in under 12 minutes, and write docs/performance.md again
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(foreach name,$(ONLY),--only $(name))

bench-national: $(VENV)/.benchmark ## run the whole country's morning on this machine, in real time
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m benchmarks national $(if $(QUICK),--quick)

calibrate: $(VENV)/.calibrate ## hold the waiting times that patients are told against simulated days
	@$(BIN)/python -m calibration

texts: $(VENV)/.develop ## take what users are told from the code into common/locales, and compile the translations
	@$(BIN)/python -m tests.catalogs

.PHONY: migration
migration: $(VENV)/.develop ## migrate 100,000 tickets from schema 0005 on both databases, and say how long it took
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.store.large_migration

.PHONY: purge
purge: $(VENV)/.develop ## purge a million tickets on both databases, and say how long it took, and its longest transaction
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.store.large_purge

.PHONY: voice
voice: $(VENV)/.develop ## make the clips of the waiting room's board again (needs espeak-ng and lame)
	@$(BIN)/python -m waiting_room.voice.making

.PHONY: web-load
web-load: $(VENV)/.develop ## let 2,000 patients look on at one antrean-web while the staff call, and say what it costs
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.web.stream_load $(CLINICS)

.PHONY: api-fuzz
api-fuzz: build/api-fuzz/.installed $(VENV)/.develop ## have schemathesis ask /api/v1 whatever its description allows, and more
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.web.api_fuzz $(DURATION_OF_FUZZ)

build/api-fuzz/.installed: tests/web/api_fuzz.txt | $(VENV)/bin/pip
	@$(PYTHON) -m venv build/api-fuzz
	@build/api-fuzz/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/web/api_fuzz.txt
	@touch $@

contract: $(VENV)/.develop ## write docs/asyncapi.yaml, docs/openapi.json, docs/schemas and docs/contract.html again, from the code
	@$(BIN)/python -m contract

.PHONY: check-contract
check-contract: build/asyncapi-parser/checked ## have AsyncAPI's own parser read docs/asyncapi.yaml, where it has changed

build/asyncapi-parser/checked: docs/asyncapi.yaml $(wildcard contract/parser/*.*) | $(VENV)/.develop
	@$(BIN)/python -m contract.parser

.PHONY: release-contract
release-contract: $(VENV)/.develop ## promise integrators the schemas of this version (at a release)
	@$(BIN)/python -m contract release

transcript: $(VENV)/.develop ## play the sessions that README.md shows, and write them there
	@$(BIN)/antrean-stack install
	@$(BIN)/python -m tests.acceptance.transcript

.PHONY: screenshots
screenshots: $(VENV)/.develop ## draw docs/screens/ again: what patients and waiting rooms see, in both languages
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.screens

.PHONY: page-speed
page-speed: $(VENV)/.develop ## open each page with a browser that was just started: how heavy it is, how soon it is there
	@$(BIN)/antrean-stack install-for-tests --amqp-url "" --database-url ""
	@$(BIN)/python -m tests.browser.page_speed

lint: $(VENV)/.develop ## check style, types, who may import whom, and docs/asyncapi.yaml
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	@$(MAKE) --silent check-contract

dist: $(VENV)/.develop ## build the wheel and the sdist, into dist/
	@rm -rf dist build *.egg-info
	@$(BIN)/python -m build --quiet --no-isolation
	@rm -rf build *.egg-info

try-dist: dist ## install what was built, as users do, and run every program of it
	@$(BIN)/antrean-stack install
	@$(BIN)/python -m tests.distribution

venv: $(VENV)/.develop ## make the virtual environment, with the development tools

constraints: ## pin the newest versions that fit into constraints.txt (needs uv)
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	pin() { $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url "$$@"; }; \
	echo setuptools | pin pyproject.toml - --extra all >"$$work/run"; \
	echo setuptools | pin pyproject.toml - --constraints "$$work/run" --extra all --extra traces >"$$work/trace"; \
	with() { pin pyproject.toml --constraints "$$work/run" "$$@"; }; \
	with >"$$work/patient"; \
	with --extra desk >"$$work/desk"; \
	with --extra all >"$$work/server"; \
	with --extra dev --constraints "$$work/trace" >"$$work/develop"; \
	with --extra benchmarks --constraints "$$work/develop" >"$$work/benchmark"; \
	with --extra calibration --constraints "$$work/benchmark" >"$$work/calibration"; \
	beyond() { \
	  awk 'FNR == NR { seen[$$1] = 1; next } /^[a-z]/ { keep = !($$1 in seen) } keep' "$$work/$$1" "$$work/$$2"; }; \
	{ echo '# Written by `make constraints`. To run `antrean`:'; cat "$$work/patient"; \
	  echo '$(DESK_LIBRARIES)'; beyond patient desk; \
	  echo '$(SERVER_LIBRARIES)'; beyond desk server; \
	  echo '$(BUILD_BACKEND)'; beyond server run; \
	  echo '$(TRACES)'; beyond run trace; \
	  echo '$(DEVELOPMENT)'; beyond trace develop; \
	  echo '$(BENCHMARKS)'; beyond run benchmark; \
	  echo '$(CALIBRATION)'; beyond run calibration; \
	} >"$$work/constraints.txt"; \
	cp "$$work/constraints.txt" constraints.txt; \
	{ echo '# Written by `make constraints`. What `make api-fuzz` needs, in an environment of its own:'; \
	  echo 'schemathesis>=4,<5' | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url -; } >tests/web/api_fuzz.txt

clean: ## remove what was made here
	rm -rf $(VENV) dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Whether $(1) is a Python that Antrean runs on; where it is not, $(2) and $(3) say what to do.
define needs_python
@$(1) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  found=$$($(1) -c 'import sys; sys.stdout.write(".".join(map(str, sys.version_info[:3])))' 2>/dev/null); \
  echo "Antrean memerlukan Python 3.11 ke atas ($(1) di sini: $${found:-tidak ada}); $(2)." >&2; \
  echo "Antrean needs Python 3.11 or later ($(1) here: $${found:-missing}); $(3)." >&2; \
  exit 1; }
endef

$(VENV)/bin/pip:
	$(call needs_python,$(PYTHON),pasang lalu sebutkan dengan PYTHON=python3.11,install it and name it by PYTHON=python3.11)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian and Ubuntu: apt-get install python3-venv)." >&2; \
	  exit 1; }
	@echo "Menyiapkan lingkungan Python / preparing the Python environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: constraints.txt pyproject.toml | $(VENV)/bin/pip
	$(call needs_python,$(BIN)/python,hapus $(VENV) dengan make clean,remove $(VENV) by make clean)
	@echo "Memasang pustaka / installing the libraries"
	@sed '/^$(TRACES)/,$$d' constraints.txt >$(VENV)/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.develop: $(VENV)/.run
	@echo "Memasang alat pengembangan / installing the development tools"
	@sed '/^$(BENCHMARKS)/,$$d' constraints.txt >$(VENV)/develop.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/develop.txt
	@touch $@

$(VENV)/.benchmark: $(VENV)/.run
	@echo "Memasang alat pengukuran / installing what the benchmarks need"
	@sed -e '/^$(TRACES)/,/^$(BENCHMARKS)/d' -e '/^$(CALIBRATION)/,$$d' constraints.txt >$(VENV)/benchmark.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/benchmark.txt
	@touch $@

$(VENV)/.calibrate: $(VENV)/.run
	@echo "Memasang simulator / installing the simulator"
	@sed '/^$(TRACES)/,/^$(CALIBRATION)/d' constraints.txt >$(VENV)/calibration.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/calibration.txt
	@touch $@
