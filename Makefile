# The project's few commands. `make demo` and `make test` need nothing but Python (>= 3.11) and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check format lint types layers dependencies docs wheel expected
.PHONY: bench bench-parse bench-rules clean

help:
	@echo "make demo       install into $(VENV) and check the repository in fixtures/storefront"
	@echo "make test       install and run all tests (make test-slow adds the long ones)"
	@echo "make check      the whole gate: format, lint, types, layers, dependencies, tests, docs, wheel"
	@echo "make bench      measure against peers on a folder: make bench CORPUS=path"
	@echo "                (bench-parse: the parsers; bench-rules: the two evaluators)"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[lsp]" --group dev
	@touch $@

demo: $(STAMP)
	@$(BIN)/plumb check fixtures/storefront --exit-zero

test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto

test-slow: $(STAMP)
	$(BIN)/python -m pytest -q -m "slow or not slow"

format: $(STAMP)
	$(BIN)/ruff format --check engine parsers rules tests benchmarks

lint: $(STAMP)
	$(BIN)/ruff check engine parsers rules tests benchmarks
	$(BIN)/plumb fmt --check rules parsers

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

dependencies: $(STAMP)
	$(BIN)/deptry .

# Generated pages are committed; the gate fails if they are not what the program prints today.
docs: $(STAMP)
	$(BIN)/python -m plumbrule.catalogue docs
	@test -z "$$(git status --porcelain -- docs)" || \
		(git status --short -- docs && echo "generated docs changed: commit them" && false)

# The wheel must work alone: built, installed into an empty environment, run on the fixture.
wheel: $(STAMP)
	rm -rf dist build/wheel-check
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv build/wheel-check
	build/wheel-check/bin/python -m pip install --quiet dist/plumbrule-*.whl
	build/wheel-check/bin/plumb --version
	build/wheel-check/bin/plumb check fixtures/storefront --exit-zero --output concise > build/wheel-check/out.txt
	test -s build/wheel-check/out.txt

check: format lint types layers dependencies test docs wheel

# What the end-to-end test expects of the demo's repository; read the difference before committing.
expected: $(STAMP)
	cd fixtures/storefront && ../../$(BIN)/plumb check . --exit-zero --today 2026-01-01 \
		--output concise=../expected/storefront.txt

bench: $(STAMP)
	$(BIN)/python benchmarks/against_peers.py $(CORPUS)

bench-parse: $(STAMP)
	$(BIN)/python benchmarks/parse.py $(CORPUS)
	$(BIN)/python benchmarks/parse_hcl.py $(CORPUS)

bench-rules: $(STAMP)
	$(BIN)/python benchmarks/rules.py $(CORPUS)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
