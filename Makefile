# Everything is set up by the targets themselves; the second time that takes a second.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export ORCHESTRATOR_HOME ?= $(CURDIR)/.orchestrator
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test check bench ui clean
.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(VENV)/.ready ## Set up the virtual environment, the wheelhouse and the sandbox
	@infra/install_system.sh

$(VENV)/.ready: requirements.txt pyproject.toml infra/sandbox/base-requirements.txt examples/parcel-desk/requirements.txt infra/setup.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) infra/setup.sh

demo: setup ## Run the main job on the bundled sample customer: no keys, no servers
	@BIN=$(abspath $(BIN)) examples/demo.sh

test: setup ## Run all tests
	@echo "== tests"
	@$(BIN)/python -m pytest

check: setup ## Run the checks that CI runs: formatting, lint, types, layers, definitions
	@echo "== ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== mypy --strict" && $(BIN)/mypy
	@echo "== import-linter" && $(BIN)/lint-imports --no-cache
	@echo "== definitions load" && $(BIN)/python -c "from orchestrator_assets.definitions import defs; defs.resolve_all_job_defs(); print('ok')"

bench: setup ## Measure: overhead of a warm run, its parts, and import times
	@$(BIN)/python -m tests.bench

ui: setup ## Open the Dagster UI over the demo's jobs, with its daemon
	@test -d $(ORCHESTRATOR_HOME)/dagster || $(MAKE) --no-print-directory demo
	@$(BIN)/orchestrator ui

clean: ## Remove what the targets made
	rm -rf $(VENV) .wheelhouse .orchestrator .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
