# Everything a person or CI runs. `make demo` and `make test` need Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: demo test check lint types layers setup lock clean bench-read bench-annotate bench-stories bench-watch bench-crawl

setup: $(SETUP)

$(SETUP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("diemtin needs Python 3.11 or newer; this is " + sys.version.split()[0] + " (make PYTHON=python3.12 ...)" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(SETUP)

demo: $(SETUP)
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
bench-read bench-annotate bench-stories bench-watch bench-crawl: $(SETUP)
	@$(BIN)/python bench/$(subst -,_,$@).py $(ARGS)

lock:
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra test pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
