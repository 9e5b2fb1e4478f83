# Everything a newcomer needs. Each target does its own set-up, once, into .venv.

PYTHON ?= python3
BIN := .venv/bin
PLUGINS := $(wildcard verifiers/* sandboxes/* plugins/*)
READY := .venv/.ready

# Two torch processes with several threads each are slower than with one, on every machine that runs them side by side.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help demo test test-all lint bench clean

help:
	@echo "make demo   train a tiny model on a composed reward, from nothing, in under a minute"
	@echo "make test   run the tests, but for the slowest"
	@echo "make test-all   all of them, as continuous integration does"
	@echo "make lint   check style, types and who imports whom"
	@echo "make bench  test what holds on an idle machine, and measure assay beside its peers"
	@echo "make clean  remove the virtual environment and caches"

$(READY): pyproject.toml constraints.txt $(wildcard $(addsuffix /pyproject.toml,$(PLUGINS)))
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[train,serve,dev]' $(addprefix -e ./,$(PLUGINS)) 2>.venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
	@touch $@

demo: $(READY)
	@$(BIN)/python examples/demo/demo.py

test: $(READY)
	@$(BIN)/python -m pytest -n auto -m "not slow and not timing"

test-all: $(READY)
	@$(BIN)/python -m pytest -n auto -m "not timing"

lint: $(READY)
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { $(BIN)/ruff format --diff --quiet; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }

bench: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r benchmarks/requirements.txt
	@$(BIN)/python -m pytest -n0 -m timing
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis runs build dist
