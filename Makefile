# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Seconds for each door that `make campaign` fuzzes.
FUZZ ?= 600
SPEC ?= ../shared/reference/esi-openapi-2026-08-18.json

.PHONY: help setup demo test lint type bench routes facts example completions man reference docs lock audit dist campaign clean

help:  ## Show this.
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(RUN): pyproject.toml requirements.lock requirements-build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'eveobs needs Python 3.11 or newer: make PYTHON=python3.12 demo' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo 'Python has no venv module; on Debian: apt install python3-venv' >&2; exit 1; }
	@echo 'Installing eveobs into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements-build.lock
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	@echo 'Installing what the tests need ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
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

campaign: $(DEV)  ## Break eveobs for hours: fuzz every door, kill it at random moments.
	@$(PIP) install 'atheris>=3.0,<4'
	@for door in $$($(BIN)/python scripts/fuzz.py --list); do \
	  echo "== fuzz $$door"; $(BIN)/python scripts/fuzz.py $$door -max_total_time=$(FUZZ) || exit 1; done
	@echo '== kill -9'; $(BIN)/python scripts/kill_campaign.py --kills 200

bench: $(DEV)  ## Measure requests a second, start-up and memory against the sandbox.
	@$(BIN)/python scripts/benchmark.py

routes: $(DEV)  ## Write routes.py and documented.json from ESI's OpenAPI document SPEC=...
	@$(BIN)/python scripts/generate_routes.py $(SPEC)
	@$(BIN)/python scripts/generate_documented.py $(SPEC)

facts: $(DEV)  ## Write the facts of ESI's OpenAPI document SPEC=... into tests/data and eveobs/esi.
	@$(BIN)/python -m scripts.generate_facts $(SPEC)

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

lock: $(DEV)  ## Pin every dependency, with hashes, in requirements*.lock.
	@sh scripts/lock.sh $(BIN)/uv

audit:  ## Ask PyPI for known vulnerabilities of everything that is locked.
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip --quiet --disable-pip-version-check install 'pip-audit>=2.9'
	@for lock in requirements.lock requirements-build.lock requirements-dev.lock; do \
	  $(VENV)-audit/bin/pip-audit --require-hashes --disable-pip --strict -r $$lock || exit 1; done

dist: requirements.lock requirements-build.lock  ## Build wheel, sdist and their bill of materials into dist/.
	@rm -rf dist $(VENV)-dist
	@$(PYTHON) -m venv $(VENV)-dist
	@$(VENV)-dist/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes \
	  -r requirements-build.lock -r requirements.lock
	@$(VENV)-dist/bin/hatchling build
	@$(PYTHON) -m venv $(VENV)-dist/sbom
	@$(VENV)-dist/sbom/bin/python -m pip --quiet --disable-pip-version-check install 'cyclonedx-bom>=7,<8'
	@$(VENV)-dist/sbom/bin/cyclonedx-py environment $(VENV)-dist/bin/python --pyproject pyproject.toml \
	  --output-reproducible --of JSON -o dist/eveobs.cdx.json
	@rm -rf $(VENV)-dist

clean:  ## Remove everything that the other targets made.
	rm -rf $(VENV) $(VENV)-audit $(VENV)-dist .demo dist build site .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
