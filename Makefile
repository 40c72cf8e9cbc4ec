# `make demo` and `make test` set themselves up: they need Python 3.11 or later and make.
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python that is new enough and can make an environment.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
	if command -v $$each >/dev/null 2>&1 && $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$each; break; fi; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types layers golden bench clean

help: ## Show this
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1	/' | expand -t 12

demo: $(VENV)/.run ## Run the Anthropic batch workflow to its end, without a key or the network
	$(BIN)/arazzo run workflows/anthropic-message-batch.arazzo.yaml -i workflows/inputs/two-prompts.json --mock

test: $(VENV)/.dev ## Run every test
	$(BIN)/python -m pytest -n auto $(TESTS)

check: lint types layers ## Lint, types and layers

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/python -m pytest -q tests/unit/test_layers.py

golden: $(VENV)/.dev ## Write the expected terminal output anew; look at the diff
	ARAZZO_WRITE_GOLDEN=1 $(BIN)/python -m pytest -q tests/cli

bench: $(VENV)/.dev ## Print the benchmarks' table
	$(BIN)/python benchmarks/run.py

clean: ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or later with venv was found; name one: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) …" >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@$(PIP) install -e .
	@touch $@

# Dependency groups need a newer pip than some Pythons bring.
$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install -e . --group dev
	@touch $(VENV)/.run $@
