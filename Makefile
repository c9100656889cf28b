# Every verb of the project. Nothing is installed outside .venv and .venv-*, and every version comes from locks/.

PYTHON ?= python3
BIN := .venv/bin
# The demo needs the program only; a complete .venv has it.
PROGRAM := $(if $(wildcard .venv/ready),.venv,.venv-demo)
ARGS ?=
# Many machines forbid bytecode, and then each of thousands of processes compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check serve golden pictures bench sweep replay lock newest oldest clean

help: ## show the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/ready ## make .venv with everything the project needs

demo: $(PROGRAM)/ready ## plan, apply, change, plan and apply again; no key, no network
	@$(PROGRAM)/bin/assistants-sync demo

test: .venv/ready .venv-sdk/ready .venv-agents-sdk/ready check ## all checks and all tests
	@$(BIN)/pytest -q -n 3 --dist worksteal --cov --cov-report=term $(ARGS)

check: .venv/ready ## format, lint, types and layers
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

bench: .venv/ready .venv-bench/ready .venv-sdk/ready .venv-octodns/ready ## measure beside other programs; writes BENCHMARKS.md
	@PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

sweep: .venv/ready ## long runs: kill the program at every step, many times over; writes RELIABILITY.md
	@$(BIN)/pytest -q -n 2 --dist worksteal -m sweep --timeout 600 $(ARGS)
	@$(BIN)/pytest -q -n 2 --dist worksteal -m property --hypothesis-profile long --timeout 600
	@PYTHONPATH=tests $(BIN)/python -m reliability

replay: .venv/ready ## try one case of the sweep again: make replay CASE='stories 7'
	@PYTHONPATH=tests $(BIN)/python -m reliability --replay "$(CASE)"

# `make lock`, `make newest` and `make oldest` alone resolve versions. Wheels only: see tools/venv.
RESOLVE = $(BIN)/uv pip compile --quiet --upgrade --only-binary :all: --generate-hashes \
	--no-annotate --custom-compile-command 'make $@'
LOCK = $(RESOLVE) --universal --python-version 3.11

lock: .venv/ready ## renew the versions in locks/, within the ranges of pyproject.toml
	@$(LOCK) --all-extras --group dev pyproject.toml --output-file locks/development.txt
	@$(LOCK) --group build pyproject.toml --constraint locks/development.txt --output-file locks/program.txt
	@$(LOCK) --all-extras --group build pyproject.toml --constraint locks/development.txt --output-file locks/action.txt
	@$(LOCK) locks/sdk.in --output-file locks/sdk.txt
	@$(LOCK) locks/agents-sdk.in --output-file locks/agents-sdk.txt
	@$(LOCK) locks/octodns.in --output-file locks/octodns.txt

define test_versions
@$(RESOLVE) --python "$(PYTHON)" --resolution $(1) \
	--all-extras --group build --group test pyproject.toml --output-file .venv-$@.txt
@sh tools/venv .venv-$@ "$(PYTHON)" .venv-$@.txt .
@.venv-$@/bin/pytest -q -n 2 $(ARGS)
endef

newest: .venv/ready .venv-sdk/ready .venv-agents-sdk/ready ## all tests on the newest versions that pyproject.toml admits
	$(call test_versions,highest)

oldest: .venv/ready .venv-sdk/ready .venv-agents-sdk/ready ## all tests on the oldest versions that pyproject.toml admits
	$(call test_versions,lowest-direct)

clean: ## remove what make made
	rm -rf .venv .venv-* .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .reliability

.venv/ready: locks/development.txt pyproject.toml tools/venv
	@sh tools/venv .venv "$(PYTHON)" locks/development.txt .
	@touch $@

# The program alone takes a tenth of the room of .venv.
.venv-demo/ready: locks/program.txt pyproject.toml tools/venv
	@sh tools/venv .venv-demo "$(PYTHON)" locks/program.txt .
	@touch $@

# What users have: libraries use whatever else is installed, which takes time.
.venv-bench/ready: locks/action.txt pyproject.toml tools/venv
	@sh tools/venv .venv-bench "$(PYTHON)" locks/action.txt .
	@touch $@

# The stock SDK of the time, in an environment of its own: an honest client for the embedded server.
.venv-sdk/ready: locks/sdk.txt tools/venv
	@sh tools/venv .venv-sdk "$(PYTHON)" locks/sdk.txt
	@touch $@

# A newer SDK, which speaks to agents.
.venv-agents-sdk/ready: locks/agents-sdk.txt tools/venv
	@sh tools/venv .venv-agents-sdk "$(PYTHON)" locks/agents-sdk.txt
	@touch $@

# A reconciler of DNS records, whose plans are compared with ours.
.venv-octodns/ready: locks/octodns.txt tools/venv
	@sh tools/venv .venv-octodns "$(PYTHON)" locks/octodns.txt
	@touch $@
