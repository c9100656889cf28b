# Every verb of the project. Nothing is installed outside .venv and .venv-sdk.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help setup demo test check serve golden pictures bench sweep replay clean

help: ## show the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/ready ## make .venv with everything the project needs

demo: .venv/ready ## plan, apply, change, plan and apply again; no key, no network
	@$(BIN)/assistants-sync demo

test: .venv/ready .venv-sdk/ready check ## all checks and all tests
	@$(BIN)/pytest -q -n 2 --cov --cov-report=term $(ARGS)

check: .venv/ready ## format, lint, types and floors
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

serve: .venv/ready ## the embedded server on http://127.0.0.1:8123/v1
	@$(BIN)/assistants-sync serve $(ARGS)

golden: .venv/ready ## write what every format prints of every plan, for a person to read in the diff
	@GOLDEN=write $(BIN)/pytest -q tests/render/test_render_golden.py

pictures: .venv/ready ## draw the pictures of docs/ anew, of what the program prints
	@$(BIN)/python tools/pictures.py

bench: .venv/ready .venv-sdk/ready ## measure, side by side in one run
	@$(BIN)/python tests/bench.py $(ARGS)

sweep: .venv/ready ## long runs: kill the program at every step, many times over; writes RELIABILITY.md
	@$(BIN)/pytest -q -n 2 --dist worksteal -m sweep --timeout 600 $(ARGS)
	@PYTHONPATH=tests $(BIN)/python -m reliability

replay: .venv/ready ## try one case of the sweep again: make replay CASE='stories 7'
	@PYTHONPATH=tests $(BIN)/python -m reliability --replay "$(CASE)"

clean: ## remove what make made
	rm -rf .venv .venv-sdk .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .reliability

.venv/ready: pyproject.toml Makefile
	@sh tools/venv .venv "$(PYTHON)" --group dev --editable .
	@touch $@

# The stock SDK of the time, in an environment of its own: an honest client for the embedded server.
.venv-sdk/ready: Makefile
	@sh tools/venv .venv-sdk "$(PYTHON)" 'openai==1.17.1' 'httpx<0.28'
	@touch $@
