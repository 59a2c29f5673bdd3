# Two commands matter: `make demo` and `make test`. A machine needs python3 (3.11 or newer) with pip, and make.
#
#   make setup     .venv with everything pinned, and .venv/bin/flyball; instant when nothing changed
#   make demo      one governed month, with a report
#   make test      everything CI runs, cheapest first
#   make lint      the part of it that runs nothing of ours
#   make docs      the documentation, into site/
#   make mutants   plant known bugs, one by one: a test must turn red, or a seed of the simulator break a promise
#   make kernel-mutants  a hundred random changes to the kernel: the tests must notice (20 minutes)
#   make bench     speed and memory, as JSON
#   make pins      bring requirements/*.txt up to pyproject.toml (UPGRADE=--upgrade: and to the newest versions)
#   make clean     remove whatever make made
#
# uv finds a Python on this machine and downloads none; where python3 is older than 3.11, `UV_PYTHON_DOWNLOADS=automatic
# make setup` lets it fetch one. It trusts the certificates this system trusts.

PYTHON  = python3
WORKERS = 2
MINUTES = 3
UPGRADE =

export UV_PYTHON_DOWNLOADS ?= never
export UV_SYSTEM_CERTS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

UV      := .uv/bin/uv
BIN     := .venv/bin
INTO    := --quiet --python $(BIN)/python
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 $(UPGRADE)

# A demo on a fresh machine installs what runs, not what checks; where `make setup` has been, that serves.
READY   := $(if $(wildcard .venv/.dev),.venv/.dev,.venv/.run)

.PHONY: setup demo test lint docs mutants kernel-mutants bench pins clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

setup: .venv/.dev

demo: $(READY)
	$(BIN)/flyball demo

test: lint docs
	$(BIN)/pytest -n $(WORKERS)
	$(BIN)/flyball lab sim --minutes $(MINUTES) --seeds 500 --jobs $(WORKERS)

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m tools.lint_house
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy --strict

docs: .venv/.dev
	$(BIN)/zensical build --clean --strict

mutants: .venv/.dev
	$(BIN)/flyball lab mutants

kernel-mutants: .venv/.dev .cache/mutmut/.there
	PYTHONPATH=$(CURDIR)/.cache/mutmut $(BIN)/python -m tools.kernel_mutants

bench: .venv/.dev
	$(BIN)/flyball lab bench --json

# `--target` needs neither the venv module nor a word from PEP 668.
$(UV): requirements/uv.txt
	$(PYTHON) -m pip install -qq --upgrade --target .uv --require-hashes -r requirements/uv.txt
	@touch $@

# Beside the environment: nothing else needs what it brings.
.cache/mutmut/.there: requirements/mutants.txt .venv/.dev
	$(UV) pip install $(INTO) --target .cache/mutmut --require-hashes -r requirements/mutants.txt
	@touch $@

.venv/.dev .venv/.run: .venv/.%: requirements/%.txt pyproject.toml $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --clear --no-project --python ">=3.11" .venv
	$(UV) pip sync $(INTO) --require-hashes requirements/$*.txt
	$(UV) pip install $(INTO) --no-deps --no-build-isolation --editable .
	@touch $@

pins: $(UV)
	$(COMPILE) -o requirements/uv.txt requirements/uv.in
	$(COMPILE) -o requirements/run.txt --all-extras pyproject.toml requirements/run.in
	$(COMPILE) -o requirements/dev.txt --all-extras pyproject.toml requirements/dev.in -c requirements/run.txt
	$(COMPILE) -o requirements/mutants.txt requirements/mutants.in -c requirements/dev.txt

clean:
	rm -rf .uv .venv site dist build .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
