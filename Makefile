# The commands a person runs, which are the commands CI runs. Needs make and Python 3.11 or newer; the rest is fetched into .venv.

PYTHONS := python3.13 python3.12 python3.11 python3.14 python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The pins are complete, so nothing is looked for beyond them; `pip check` says if one is missing.
INSTALL := $(PIP) install --quiet --no-deps
COMPLETE := $(PIP) check >/dev/null || { $(PIP) check; exit 1; }

# What the stamps stand for: `concertato` can be run; the tests and linters can be run.
READY := $(VENV)/.ready
READY_TO_TEST := $(VENV)/.ready-to-test

.DEFAULT_GOAL := help
.PHONY: help setup demo test simulate crash bench bench-peers lint fmt clean

help:
	@echo 'make demo    run examples/order_processing to its result'
	@echo 'make test    run the tests, on all cores; PYTEST="-k rollback -x" hands pytest more options (-n0: in one process)'
	@echo 'make simulate   random runs through random histories, on all cores; N=1000000 so many, SEED=, WORKERS= (CONTRIBUTING.md)'
	@echo 'make crash   kill real processes at random moments; N=1000 so many, SEED='
	@echo 'make bench   measure everything; ONLY=W1,W8 some of it, BENCH="--rounds 9" hands it more options (bench/README.md)'
	@echo 'make bench-peers   measure W1, W2, W3, W5 beside LangGraph, Burr and DBOS, which it installs under build/'
	@echo 'make lint    ruff, mypy and the layers (import-linter)'
	@echo 'make fmt     put the source into shape'
	@echo 'make setup   only make .venv, with the command in .venv/bin/concertato'
	@echo 'make clean   remove .venv, caches and what the examples wrote'

setup: $(READY)

DEMO := examples/order_processing
demo: $(READY)
	@$(BIN)/concertato run $(DEMO)/workflow.yaml -i @$(DEMO)/orders/coffee.json
	@echo && echo 'The ledger it was paid from ($(DEMO)/ledger.py):'
	@$(BIN)/python $(DEMO)/ledger.py
	@echo && echo 'Look closer: $(BIN)/concertato show last'

test: $(READY_TO_TEST)
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(PYTEST)

simulate: $(READY_TO_TEST)
	@cd tests && exec ../$(BIN)/python -m property.simulate $(N) $(if $(SEED),--seed $(SEED)) $(if $(WORKERS),--workers $(WORKERS))

crash: $(READY_TO_TEST)
	@cd tests && exec ../$(BIN)/python -m crash.moments $(N) $(if $(SEED),--seed $(SEED))

bench: $(READY)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(BENCH)

bench-peers: $(READY)
	@$(BIN)/python -m bench.peers $(if $(ONLY),--only $(ONLY)) $(BENCH)

lint: $(READY_TO_TEST)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fmt: $(READY_TO_TEST)
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache examples/*/out examples/*/.concertato
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The package is installed editable: what you change is what runs.
$(READY): pyproject.toml requirements/runtime.txt requirements/build.txt | $(BIN)/pip
	@echo 'setup: installing concertato and what it needs'
	@$(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	@$(INSTALL) --no-build-isolation --editable .
	@$(COMPLETE)
	@touch $@
	@echo 'setup: done, the command is $(BIN)/concertato'

$(READY_TO_TEST): $(READY) requirements/dev.txt
	@echo 'setup: installing what the tests and linters need'
	@$(INSTALL) -r requirements/dev.txt
	@$(COMPLETE)
	@touch $@

# The first Python that is new enough and complete. PYTHON=/path/to/python names another.
$(BIN)/pip:
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "setup: making $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV) && exit 0; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	  seen="$$seen$$($$python -c 'import sys; print(" %s (%d.%d)" % ((sys.argv[1],) + tuple(sys.version_info)[:2]))' $$python 2>/dev/null)"; \
	done; \
	echo 'setup: expected a Python 3.11 or newer with its venv and ensurepip modules; found:'"$${seen:- none}" >&2; \
	echo '  Debian and Ubuntu keep those modules apart: apt-get install python3 python3-venv' >&2; \
	echo '  Another Python: make setup PYTHON=/path/to/python3' >&2; \
	exit 1
