# Two commands: `make up` runs SecureCart, `make test` proves it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/securecart/serve/portal/static
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' 2>/dev/null)

.PHONY: up test check bench fuzz install browser lock clean

up: install
	@exec $(BIN)/securecart up $(ARGS)

test: install browser
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -q -m slow -n 2 --dist loadfile

# What a change is checked with while it is made: under a minute.
check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	cd web && PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent check
	$(BIN)/pytest -q -m "not slow" -n 2

bench: install
	$(BIN)/python bench/policy.py
	$(BIN)/python bench/gateway.py
	$(BIN)/python bench/sts.py
	$(BIN)/python bench/storm.py

fuzz: install
	$(BIN)/python fuzz/run.py --seconds 30

install: $(VENV)/.installed $(STATIC)/index.html

$(VENV)/bin/python:
	@tools/debian-packages python3-venv -- "$(PYTHON)" -c "import ensurepip"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements/dev.lock pyproject.toml hatch_build.py
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STATIC)/index.html: $(WEB_SOURCES) | $(VENV)/.installed
	$(BIN)/python hatch_build.py

# The end-to-end tests drive the system's Chromium.
browser:
	@tools/debian-packages chromium -- chromium --version

lock: $(VENV)/bin/python
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  --group dev pyproject.toml --output-file requirements/dev.lock

clean:
	rm -rf $(VENV) web/node_modules $(STATIC) dist
