# Everything a contributor needs. Each target does its own set-up, once, into .venv.

PYTHON ?= python3
BIN := .venv/bin
PLUGINS := $(wildcard verifiers/* sandboxes/* plugins/*)
HEAVY := plugins/ray# set up with torch alone
SPECIFICATIONS := pyproject.toml constraints.txt $(wildcard $(addsuffix /pyproject.toml,$(PLUGINS)))
CORE := .venv/.ready-core
TRAIN := .venv/.ready-train

# Two torch processes with several threads each are slower than with one, on every machine that runs them side by side.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM := false

# One package's tests: those in its folder, and of the conformance suite its own part.
override PACKAGE := $(PACKAGE:%/=%)
NAME := $(notdir $(PACKAGE))
TESTS := $(if $(PACKAGE),tests/$(PACKAGE))
ifneq ($(filter verifiers/%,$(PACKAGE)),)
    TESTS += tests/verifiers/test_conformance.py -k 'not test_conformance or [$(NAME).'
else ifneq ($(filter sandboxes/%,$(PACKAGE)),)
    TESTS := tests/sandboxes -k $(NAME)
endif

.PHONY: help demo setup-core setup-train test test-all mutate survivors lint bench dist clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target does; do \
		printf 'make %-12s %s\n' "$$target" "$$does"; done

demo: $(TRAIN)  ## train a tiny model on a composed reward, from nothing, in under a minute
	@$(BIN)/python examples/demo/demo.py

setup-core: $(CORE)  ## set up all that needs neither torch nor Ray

setup-train: $(TRAIN)  ## set up everything

# Building in the environment itself saves a fresh one for each of our packages; bytecode is written when it is needed.
define set-up
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv ($(1), once)"
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt editables hatchling setuptools \
		&& $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-compile \
			--no-build-isolation -e '.[$(2)]' $(addprefix -e ./,$(3)); \
	} 2>.venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
endef

$(CORE): $(SPECIFICATIONS)
	$(call set-up,about a minute,dev,$(filter-out $(HEAVY),$(PLUGINS)))
	@touch $@

$(TRAIN): $(SPECIFICATIONS)
	$(call set-up,two minutes,dev-train,$(PLUGINS))
	@touch $(CORE) $@

ifdef PACKAGE
$(if $(wildcard $(PACKAGE)/pyproject.toml $(PACKAGE)/assay),,$(error there is no package $(PACKAGE); name its folder, as in PACKAGE=verifiers/math))
test: $(if $(filter $(HEAVY),$(PACKAGE)),$(TRAIN),$(CORE))
else
test: $(TRAIN)
endif
test:  ## run the tests, but for the slowest; PACKAGE=verifiers/math runs those of one package, without torch
	@$(BIN)/python -m pytest -n auto -m "not slow and not timing" $(TESTS)

test-all: $(TRAIN)  ## run all of them, as continuous integration does
	@$(BIN)/python -m pytest -n auto -m "not timing"

mutate: $(CORE)  ## change the core in small ways and count what no test notices; ONLY=assay.extract changes one module
	@$(BIN)/python tests/mutation.py $(ONLY)

survivors: $(CORE)  ## show the changes that no test has noticed
	@$(BIN)/python tests/mutation.py --survivors $(ONLY)

lint: $(CORE)  ## check style, types and who imports whom
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { $(BIN)/ruff format --diff --quiet; exit 1; }
	@$(BIN)/mypy
	@PYTHONPATH=$(HEAVY) $(BIN)/lint-imports --no-cache --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }

bench: $(TRAIN)  ## test what holds on an idle machine, and measure assay beside its peers
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r benchmarks/requirements.txt
	@$(BIN)/python -m pytest -n0 -m timing
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

dist: $(CORE)  ## build the wheel and the source of every distribution into dist/, and check them
	@rm -rf dist
	@for folder in . $(PLUGINS); do \
		$(BIN)/python -m build --no-isolation --outdir dist $$folder >.venv/build.log 2>&1 \
			|| { cat .venv/build.log >&2; exit 1; }; \
		tail -n 1 .venv/build.log; \
	done
	@$(BIN)/twine check --strict dist/*

clean:  ## remove the virtual environment, what was built, and caches
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis runs build dist
