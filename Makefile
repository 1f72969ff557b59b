# `make` lists what there is. Python 3.11 or newer is all that `make demo` and `make test` need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Modules are compiled when they are first imported, and once: otherwise each start costs seconds more.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
HOST ?= 127.0.0.1
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --require-hashes
# uv installs in seconds what takes pip most of a minute; pip does it where uv cannot (another platform, a
# mirror that only pip knows of). The pins are complete, so neither has anything to resolve.
INSTALL = { $(BIN)/uv --version >/dev/null 2>&1 || $(PIP) -r requirements/installer.txt; } \
  && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r $< 2>/dev/null \
  || $(PIP) --no-deps --no-compile -r $<

# The demo has a database of its own, and neither a broker nor a cache: it must never reach those of a real site.
# Its static files come straight from the wheels, so that there is no folder of collected ones.
DEMO_DATABASE_URL ?= sqlite:///$(CURDIR)/demo.sqlite3
DEMO := TWOFOLD_DEMO=1 DATABASE_URL='$(DEMO_DATABASE_URL)' CELERY_BROKER_URL= CACHE_URL=locmemcache://demo \
  PYTHONWARNINGS='ignore:No directory at:UserWarning'
# What a site in production sets, for `check --deploy`.
DEPLOYED := SECRET_KEY="$$(od -An -N48 -tx1 /dev/urandom | tr -d ' \n')" ALLOWED_HOSTS=twofold.example.org DATABASE_URL=postgres://twofold@db.example.org/twofold
# What the tests run on: as many processes as there are cores, so that none needs threads for its sums.
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto

help:  ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- Set-up -------------------------------------------------------------------------------------------------

setup: $(VENV)/base.stamp  ## install what the application needs into .venv

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)' here. Twofold needs Python 3.11 or newer: install it, or name one, as in 'make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "'$(PYTHON)' is $$($(PYTHON) --version). Twofold needs Python 3.11 or newer: install it, or name one, as in 'make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.12'." >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed. Debian and Ubuntu keep it apart: 'apt-get install python3-venv'." >&2; exit 1; }

$(VENV)/base.stamp: requirements/base.txt | $(BIN)/python
	@echo "Installing what the application needs (requirements/base.txt) ..."
	@$(INSTALL)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(BIN)/python
	@echo "Installing what tests and checks need (requirements/dev.txt) ..."
	@$(INSTALL)
	@touch $@ $(VENV)/base.stamp

$(VENV)/e2e.stamp: requirements/e2e.txt | $(BIN)/python
	@echo "Installing what browser tests need (requirements/e2e.txt) ..."
	@$(INSTALL)
	@touch $@ $(VENV)/dev.stamp $(VENV)/base.stamp

lock: $(BIN)/python  ## pin requirements/*.in anew, with hashes
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/python -m pip --disable-pip-version-check -qq install uv
	@for name in installer base observability dev e2e; do \
	  (cd requirements && ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --no-header --no-emit-index-url --no-emit-find-links $(UPGRADE) $$name.in -o $$name.txt); done

# -- See it ---------------------------------------------------------------------------------------------------

demo: setup  ## load the demo and serve its board on http://127.0.0.1:8000
	@echo "Making the demo ..."
	@$(DEMO) $(BIN)/python manage.py migrate --noinput --verbosity 0
	@$(DEMO) $(BIN)/python manage.py demo
	@echo "The board is on http://$(HOST):$(PORT)/ (Ctrl+C stops it)."
	@$(DEMO) $(BIN)/python -m uvicorn portfolio.config.asgi:application --host $(HOST) --port $(PORT) \
	  --lifespan off --no-access-log --log-level warning

screenshots: $(VENV)/e2e.stamp  ## take the pictures of docs/images from the demo
	@$(BIN)/python -m scripts.screenshots

# -- Test it --------------------------------------------------------------------------------------------------

test: $(VENV)/dev.stamp  ## run the tests on SQLite, with nothing to start
	@# The tables come from the models, ten seconds sooner; 'test-services' and the demo come by the migrations,
	@# and 'check' says when the two differ.
	@DATABASE_URL= CELERY_BROKER_URL= CACHE_URL=locmemcache://tests $(PYTEST) --no-migrations $(TESTS)

test-services: $(VENV)/dev.stamp  ## run the same tests on DATABASE_URL and CELERY_BROKER_URL
	@test -n "$${DATABASE_URL:-}" && test -n "$${CELERY_BROKER_URL:-}" || { \
	  echo "Set DATABASE_URL (postgres://user:password@host:5432/name, whose user may create databases) and CELERY_BROKER_URL (redis://host:6379/0) first; 'make test' needs neither." >&2; exit 1; }
	@$(PYTEST) $(TESTS)

e2e: $(VENV)/e2e.stamp  ## walk the demo in a real browser (needs Chromium), and fuzz the API
	@# By file: each has the demo as it left it.
	@$(PYTEST) --dist loadfile tests/e2e $(TESTS)
	@DATABASE_URL= CELERY_BROKER_URL= CACHE_URL=locmemcache://tests $(PYTEST) tests/api/test_fuzz.py

faults: $(VENV)/dev.stamp  ## kill servers of its own, fuzz uploads, and load the site; FAULTS=0.1 is a tenth of it
	@# As it is, it says what it did: how many kills hit something at work, and how long pages took.
	@$(PYTEST) -rP --show-capture=stdout tests/faults $(TESTS)

check: $(VENV)/dev.stamp  ## formatting, lint, types, imports between rooms, migrations, deployment, templates
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; echo "'make format' mends this." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .imports.log || { cat .imports.log; rm .imports.log; exit 1; }; rm -f .imports.log
	@DJANGO_SETTINGS_MODULE=tests.settings DATABASE_URL= $(BIN)/python manage.py makemigrations --check --dry-run
	@$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/python -m scripts.check_tree
	@echo "All checks passed."

bench: $(VENV)/base.stamp  ## measure everything beside its yardstick (PostgreSQL, Redis); QUICK=1 takes a minute, ROWS="pages fresh" some of it
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(ROWS)

drill: $(VENV)/base.stamp  ## back DATABASE_URL up, restore it into a database of its own, and compare
	@$(BIN)/python -m scripts.restore_drill

# -- Tidy -----------------------------------------------------------------------------------------------------

format: $(VENV)/dev.stamp  ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

clean:  ## remove everything that was made here: .venv, caches, the demo's database
	@rm -rf $(VENV) staticfiles .e2e .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis demo.sqlite3*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup lock demo screenshots test test-services e2e faults check bench drill format clean
