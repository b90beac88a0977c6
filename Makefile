# Two commands matter: `make run` (the service with a demo camera) and `make test` (everything).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(BIN)/uv pip install --quiet --python $(VENV)
CLIENT_SOURCES := $(shell find client_web -path client_web/node_modules -prune -o -path client_web/dist -prune -o \
	-path client_web/tests -prune -o -type f -print)

.PHONY: run test check format lock clean

run: $(STAMPS)/installed
	@$(BIN)/maskwatch demo

test: $(STAMPS)/tests
	scripts/check
	scripts/test

check: $(STAMPS)/tests
	scripts/check

format: $(STAMPS)/tests
	$(BIN)/ruff format server tests hatch_build.py
	$(BIN)/ruff check --fix server tests hatch_build.py
	scripts/npm run format

lock: $(STAMPS)/uv
	scripts/lock

clean:
	rm -rf $(VENV) client_web/node_modules client_web/dist dist build

$(STAMPS)/uv:
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@mkdir -p $(STAMPS)
	@touch $@

# What serving and the demo need. Where everything is installed already, that is enough.
$(STAMPS)/serve: $(STAMPS)/uv requirements/serve.txt
	@echo "Installing what serving needs (a minute or two the first time) ..."
	@test -f $(STAMPS)/all || $(UV) --require-hashes -r requirements/serve.txt
	@touch $@

# All extras, and what the tests need.
$(STAMPS)/all: $(STAMPS)/uv requirements/all.txt
	@echo "Installing all extras and what the tests need ..."
	@$(UV) --require-hashes -r requirements/all.txt
	@touch $@ $(STAMPS)/serve

# maskwatch itself, in place; builds the web client when its sources have changed.
$(STAMPS)/installed: $(STAMPS)/serve pyproject.toml hatch_build.py $(CLIENT_SOURCES)
	@echo "Installing maskwatch and building its web client ..."
	@$(UV) --no-deps --editable .
	@touch $@

$(STAMPS)/tests: $(STAMPS)/all $(STAMPS)/installed client_web/package-lock.json scripts/system-packages
	scripts/system-packages
	scripts/npm ci --no-audit --no-fund --ignore-scripts
	@touch $@
