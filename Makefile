# One verb a command. `make demo` needs Python 3.11+, Node 20+ and make; nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
# Two houses side by side (tests/e2e/houses.py): a browser waits for most of its time.
E2E := $(BIN)/pytest --numprocesses=2 --no-loadscope-reorder --durations=25 tests/e2e
# Most modules of torch and its kin are never imported; compiling them all costs a minute.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile
FRONTEND_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) \
	frontend/index.html frontend/vite.config.ts frontend/tsconfig.json

.PHONY: help demo test lint types e2e bench fix lock schema viewer-coverage protocol-coverage protocol-mutations gallery clean install system-parts

help: ## show this
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# --- the house ---------------------------------------------------------------------------

demo: ## the whole house with the demo hospital, in your browser
	@$(MAKE) --no-print-directory --jobs=2 $(STAMPS)/runtime frontend/dist/index.html
	@exec $(BIN)/python manage.py up --demo --orthanc=auto

install: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node ## everything a developer needs

# --- what CI runs ------------------------------------------------------------------------

test: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node frontend/dist/index.html system-parts ## all tests: backend, frontend, contracts, integration, e2e
	cd frontend && npm test --silent
	$(BIN)/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder --ignore=tests/e2e --ignore=tests/bench
	$(E2E)

e2e: $(STAMPS)/runtime $(STAMPS)/dev frontend/dist/index.html system-parts ## the main job in real browsers
	$(E2E)

lint: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node ## style, floors, deployment files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .yamllint .pre-commit-config.yaml docker
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker/compose.yml
	cd frontend && npm run --silent lint

types: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node ## mypy and tsc
	$(BIN)/mypy apps config
	cd frontend && npm run --silent types

fix: $(STAMPS)/dev $(STAMPS)/node ## put right what a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd frontend && npx eslint --fix .

bench: $(STAMPS)/runtime $(STAMPS)/dev frontend/dist/index.html ## make bench NAME=images
	@$(BIN)/python -m tests.system_parts --bench
	@test -n "$(NAME)" || { echo "make bench NAME=…  one of:"; $(BIN)/python -m tests.bench.run --list; exit 2; }
	$(BIN)/python -m tests.bench.run $(NAME)

viewer-coverage: $(STAMPS)/runtime ## every capability of the viewer has its test in a real browser
	$(BIN)/python -m tests.viewer_coverage

protocol-coverage: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node frontend/dist/index.html system-parts ## every rule of the live session with its tests, and whether they pass
	$(BIN)/python -m tests.protocol.coverage

protocol-mutations: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/node ## break what guards data and privacy, one thing at a time: tests must fail
	$(BIN)/python -m tests.protocol.mutate

gallery: $(STAMPS)/runtime $(STAMPS)/dev frontend/dist/index.html system-parts ## take the pictures of docs/gallery.md anew
	$(BIN)/python -m tests.gallery

lock: $(BIN)/uv ## write the lock files anew from requirements/*.in
	$(LOCK) requirements/base.in -o requirements/base.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) --excludes requirements/site.txt --no-emit-package torch --no-emit-package setuptools \
		requirements/ai.in -o requirements/ai.txt
	cd frontend && npm install --package-lock-only

schema: $(STAMPS)/runtime $(STAMPS)/node ## write what is generated from the code: OpenAPI, live protocol, their types
	$(BIN)/python manage.py spectacular --format openapi-json --file frontend/src/api/schema.json
	$(BIN)/python manage.py export_live_schema
	cd frontend && npm run --silent api:types

clean: ## remove what was built; keeps the data in var
	rm -rf $(STAMPS) $(VENV) frontend/node_modules frontend/dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how it gets there -------------------------------------------------------------------

# No path and no host may land in a lock file; a file that is already pinned stays pinned.
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --generate-hashes \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links

$(BIN)/uv: $(BIN)/python
	$(PIP) uv

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Consilium needs Python 3.11 or newer; name it by PYTHON=python3.12 make …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "This Python cannot make a venv: apt-get install python3-venv"; exit 1; }

# pip resolves torch last and without hash: whichever build the site offers (decision 0002).
$(STAMPS)/runtime: requirements/base.txt requirements/ai.txt requirements/torch.txt | $(BIN)/python
	@mkdir -p $(STAMPS)
	@echo "installing Python packages"
	$(PIP) --require-hashes -r requirements/base.txt
	$(PIP) -r requirements/torch.txt
	$(PIP) --require-hashes --no-deps -r requirements/ai.txt
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(STAMPS)/node: frontend/package-lock.json
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null || \
		{ echo "Consilium needs Node.js 20 or newer with npm to build its page."; exit 1; }
	@mkdir -p $(STAMPS)
	@echo "installing frontend packages"
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: $(STAMPS)/node $(FRONTEND_SOURCES)
	@echo "building the page"
	cd frontend && npm run --silent build
	@touch $@

system-parts: $(STAMPS)/dev
	@$(BIN)/python -m tests.system_parts
