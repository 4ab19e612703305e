# Every target sets itself up: the first run makes .venv, later ones are quick.
# PYTHON chooses the interpreter for .venv (3.11 or later), JOBS the number of test processes.

.DEFAULT_GOAL := help
PYTHON ?=
JOBS ?= 2
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
SOURCES := src tests benchmarks examples

.PHONY: help demo test test-deep test-all check bench clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

.venv/.installed: pyproject.toml .ci/venv
	@echo "setting up .venv (once)"
	@.ci/venv .venv $(PYTHON)

demo: .venv/.installed ## sign a sample message from an iPhone and show what changed
	@$(BIN)/python examples/demo.py

test: .venv/.installed ## run the tests with branch coverage
	$(PYTEST) --cov --cov-report=term

test-deep: .venv/.installed ## run all tests, with many examples and slow judges
	$(PYTEST) -m "" --hypothesis-profile=deep

test-all: ## run the tests on every Python from 3.11 on that is found
	@JOBS=$(JOBS) .ci/test-all

check: .venv/.installed ## lint, format check and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.installed ## measure against other libraries, print the table, write JSON and the plot
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.plot

clean: ## remove what was made, except the environments
	rm -rf build dist demo-out .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
