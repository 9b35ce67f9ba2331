# Everything a person or CI runs. `make install`, `make demo` and `make test` need Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(VENV)/.runs
SETUP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.PHONY: install demo test check lint types layers setup lock topics clean bench-read bench-annotate bench-stories bench-watch bench-crawl bench-freshness bench-search bench-web bench-release

# What runs diemtin, without what tests it.
install: $(INSTALL)
	@echo "$(BIN)/diemtin --help"

# What tests it, too.
setup: $(SETUP)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("diemtin needs Python 3.11 or newer; this is " + sys.version.split()[0] + " (make PYTHON=python3.12 ...)" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(INSTALL): requirements-run.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once; a minute or two) ..."
	@$(PIP) --require-hashes -r requirements-run.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $(INSTALL)

$(SETUP): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) with all tools (once; two or three minutes) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $(SETUP) $(INSTALL)

demo: $(INSTALL)
	@$(BIN)/diemtin demo

test: $(SETUP)
	@$(BIN)/python -m pytest -n 2

lint: $(SETUP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(SETUP)
	@$(BIN)/mypy

layers: $(SETUP)
	@$(BIN)/lint-imports

check: test lint types layers

# Measurements, never part of the tests. The peers that are not installed are named and left out.
bench-read bench-annotate bench-stories bench-watch bench-crawl bench-freshness bench-search bench-web bench-release: $(SETUP)
	@$(BIN)/python bench/$(subst -,_,$@).py $(ARGS)

# The topic model anew, from the labelled lines beside it; the same lines give the same file.
topics: $(SETUP)
	@$(BIN)/diemtin topics train --out crawler/topic

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	@$(LOCK) --extra test pyproject.toml --output-file requirements.lock
	@$(LOCK) --extra build --extra postgres --extra notify -c requirements.lock pyproject.toml --output-file requirements-run.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
