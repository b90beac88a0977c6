# Two commands matter: `make run` (the service with a demo camera) and `make test` (everything).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps

.PHONY: run test check format lock clean client

run: $(STAMPS)/serve client
	$(BIN)/maskwatch demo

test: $(STAMPS)/all client
	scripts/system-packages
	scripts/check
	scripts/test

check: $(STAMPS)/all
	scripts/check

format: $(STAMPS)/all
	$(BIN)/ruff format server tests hatch_build.py
	$(BIN)/ruff check --fix server tests hatch_build.py

lock: $(STAMPS)/uv
	scripts/lock

# Builds the web client if its sources have changed since.
client: $(STAMPS)/uv
	@scripts/build-client

clean:
	rm -rf $(VENV) client_web/node_modules client_web/dist dist build

$(STAMPS)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/serve: $(STAMPS)/uv requirements/serve.txt pyproject.toml
	@test -f $(STAMPS)/all || $(BIN)/uv pip install --python $(VENV) --require-hashes -r requirements/serve.txt
	$(BIN)/uv pip install --python $(VENV) --no-deps --editable .
	@touch $@

$(STAMPS)/all: $(STAMPS)/uv requirements/all.txt pyproject.toml
	$(BIN)/uv pip install --python $(VENV) --require-hashes -r requirements/all.txt
	$(BIN)/uv pip install --python $(VENV) --no-deps --editable .
	@touch $@ $(STAMPS)/serve
