# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
SPEC ?= ../shared/reference/esi-openapi-2026-08-18.json

.PHONY: help setup demo test lint type bench routes example completions man reference docs clean

help:  ## Show this.
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(RUN): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'eveobs needs Python 3.11 or newer: make PYTHON=python3.12 demo' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo 'Python has no venv module; on Debian: apt install python3-venv' >&2; exit 1; }
	@echo 'Installing eveobs into $(VENV) ...'
	@$(PIP) install --editable .
	@touch $@

$(DEV): $(RUN)
	@echo 'Installing what the tests need ...'
	@$(PIP) install --editable '.[dev]'
	@touch $@

setup: $(DEV)  ## Make .venv with everything for development.

demo: $(RUN)  ## Watch the contracts of The Forge in a sandbox and publish them, without the internet.
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

test: $(DEV)  ## Run all tests.
	@$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term $(ARGS)

lint: $(DEV)  ## Check style, import order, security rules and the arrows between the rooms.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/generate_example.py --check
	@$(BIN)/python scripts/generate_completions.py --check
	@$(BIN)/python scripts/generate_man.py --check
	@$(BIN)/python -m scripts.generate_reference --check

type: $(DEV)  ## Check the types.
	@$(BIN)/mypy

bench: $(DEV)  ## Measure requests a second, start-up and memory against the sandbox.
	@$(BIN)/python scripts/benchmark.py

routes: $(DEV)  ## Write eveobs/esi/routes.py from ESI's OpenAPI document SPEC=...
	@$(BIN)/python scripts/generate_routes.py $(SPEC)

example: $(DEV)  ## Write eveobs.toml.example from the settings tree.
	@$(BIN)/python scripts/generate_example.py

completions: $(DEV)  ## Write the completion scripts of all shells.
	@$(BIN)/python scripts/generate_completions.py

man: $(DEV)  ## Write the manual pages, from the help of the commands.
	@$(BIN)/python scripts/generate_man.py

reference: $(DEV)  ## Write docs/reference from the code.
	@$(BIN)/python -m scripts.generate_reference

docs: $(DEV)  ## Build the documentation into site/.
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --editable '.[docs]'
	@$(BIN)/mkdocs build --quiet

clean:  ## Remove everything that the other targets made.
	rm -rf $(VENV) .demo dist build site .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
