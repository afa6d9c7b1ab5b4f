# Everything from a clone: the first target that needs it makes .venv, later runs start at once.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.stamp
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install test test-quick check docs tour bench clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

install: $(STAMP) ## make .venv with the package and its tools

test: $(STAMP) ## run every test
	$(BIN)/python -m pytest --durations=10 $(ARGS)

test-quick: $(STAMP) ## run the tests that take seconds
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

check: $(STAMP) ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: $(STAMP) ## write the module map and the README's tables anew
	$(BIN)/python tests/module_map.py
	$(BIN)/python tests/readme_figures.py

tour: $(STAMP) ## from a base model to a reasoning model and a report: make tour ARGS=--quick
	$(BIN)/ponder tour $(ARGS)

bench: $(STAMP) ## measure start-up and the engine beside transformers on this machine
	$(BIN)/python benchmarks/start_up.py
	$(BIN)/python benchmarks/engine_vs_peers.py $(ARGS)

clean: ## remove .venv and caches; runs/ stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Written last, so an install that was interrupted is taken up again.
$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "ponder needs Python 3.11 or newer, and there is no $(PYTHON): name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ponder needs Python 3.11 or newer, and $(PYTHON) is older: name another with make PYTHON=..." >&2; exit 1; }
	@rm -f $@
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
