# The README's commands are `make demo` and `make test`; both set up `.venv` once, from pyproject.toml.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_NODE := $(VENV)/.ready-node

.DEFAULT_GOAL := help

# Threads that wait sleep: the tests run servers, workers and clients side by side.
export OMP_WAIT_POLICY := PASSIVE
# Servers and commands that tests begin are compiled once, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup demo demo-page demo-photos gpu-check test lint format types layers stubs check-stubs docs check-docs check-breaking unit test-journeys test-slow chaos bench clean

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## Create .venv with everything the project needs.

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv || true
	if $(BIN)/python -m uv --version >/dev/null 2>&1; then \
	  $(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python -e ".[server]" --group dev; \
	else \
	  $(BIN)/python -m pip install --quiet --upgrade pip && $(BIN)/python -m pip install --quiet -e ".[server]" --group dev; \
	fi
	touch $(READY)

# What checks the page's modules; the page itself needs neither node nor a build.
$(READY_NODE): package.json package-lock.json | $(READY)
	@if command -v npm >/dev/null; then \
	  npm ci --ignore-scripts --silent && touch $@; \
	else \
	  echo "node and npm are not installed: the page's modules are not checked"; \
	fi

SHORT := --recipe pretrained,max_iterations=150 # trainings that end within the minutes that a demo may take

demo: $(READY)  ## Run a campaign on the demo data; leaves runs/demo/report.html.
	$(BIN)/al-loop --data demo --budget 3h --max-rounds 2 --compare random $(SHORT) --workdir runs/demo --resume
	@echo "To label yourself, in a browser: make demo-page"

# An hour of simulated people first, so that there is a network whose proposals you review.
PAGE := --data demo:photos,80 --assist boxes --min-proposal-iou 0.3 $(SHORT) --workdir runs/demo-page --resume
demo-page: $(READY)  ## Label photographs yourself on a page: open the address it tells; Ctrl-C stops, and it goes on from there.
	test -f runs/demo-page/begun || { $(BIN)/al-loop --budget 1h --max-rounds 1 $(PAGE) && touch runs/demo-page/begun; }
	$(BIN)/al-loop --budget 2h --max-rounds 9 $(PAGE) --labeler web

demo-photos: $(READY)  ## Run a campaign on photographs; leaves runs/demo-photos/report.html.
	$(BIN)/al-loop --data demo:photos,120 --budget 2h --max-rounds 2 --compare random $(SHORT) --workdir runs/demo-photos --resume

test: lint types layers check-stubs check-docs unit  ## Lint, format, types, layers, fresh stubs and docs, tests.

lint: $(READY) $(READY_NODE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python proto/stubs.py lint
	if test -f $(READY_NODE); then node_modules/.bin/eslint .; fi

format: $(READY)  ## Format Python and protobuf sources.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/buf format --path proto/maskloop/v1 -w

types: $(READY) $(READY_NODE)
	$(BIN)/mypy
	if test -f $(READY_NODE); then node_modules/.bin/tsc; fi

layers: $(READY)
	$(BIN)/lint-imports

stubs: $(READY)  ## Generate the protobuf stubs.
	$(BIN)/python proto/stubs.py generate

check-stubs: $(READY)
	$(BIN)/python proto/stubs.py check

docs: $(READY)  ## Generate docs/cli.md, docs/configuration.md and docs/wire.md.
	$(BIN)/python -m docs.generate generate

check-docs: $(READY)
	$(BIN)/python -m docs.generate check

check-breaking: $(READY)  ## Compare the wire with that of the latest release.
	$(BIN)/python proto/stubs.py breaking

# Each file in one process, which makes its servers and networks once, in the order of `testpaths`: the rooms whose files
# take longest come first, so that none of them is left alone at the end. Three for two cores: tests of servers and of
# kills mostly wait for other processes.
# One thread each: the workers keep every core busy.
WORKERS ?= $(shell expr `getconf _NPROCESSORS_ONLN` \* 3 / 2)
ABREAST := -n $(WORKERS) --maxprocesses 6 --dist loadfile --no-loadscope-reorder
unit test-journeys: export OMP_NUM_THREADS := 1
unit: $(READY)
	$(BIN)/pytest $(ABREAST)

test-journeys: $(READY)  ## Whole programs and whole trainings: what the tests of `make test` are too quick for.
	$(BIN)/pytest -m 'journey and not slow' $(ABREAST)

gpu-check: $(READY)  ## On a machine with a GPU: train, score and rank on it, and compare with the CPU.
	$(BIN)/python -m benchmarks gpu_check

test-slow: $(READY)  ## The tests that take minutes: kills, real trainings.
	$(BIN)/pytest -m slow --timeout 5400

# Drawn requests and kills on loopback. A seed draws the same again; see CONTRIBUTING.md.
CALLS ?= 20000
KILLS ?= 80
SECONDS ?= 1800
DATABASE ?= sqlite
chaos: $(READY)  ## Fuzz and kill real servers: make chaos CALLS=20000 KILLS=80 SECONDS=1800 DATABASE=both SEED=1.
	$(BIN)/python -m tests.chaos --calls $(CALLS) --kills $(KILLS) --seconds $(SECONDS) --database $(DATABASE) \
	  $(if $(SEED),--seed $(SEED))

bench: $(READY)  ## Benchmarks: ratios in one run.
	$(BIN)/python -m benchmarks

clean:  ## Remove everything that was made.
	rm -rf $(VENV) node_modules runs .mypy_cache .ruff_cache .pytest_cache
