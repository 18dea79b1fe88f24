# Everything sets itself up: only Python 3.11+, make and the package registries are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check --no-input
SECONDS ?= 30
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test test-unit test-pythons hostile check format lock pictures fuzz mutation bench bench-stores bench-storm bench-failover clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo ## Run the sample app and a sign-in provider: no account anywhere is needed.
	@PORT=$(or $(PORT),5000) PROVIDER_PORT=$(or $(PROVIDER_PORT),9400) $(BIN)/python examples/flask_app/demo.py

test: $(VENV)/check $(VENV)-interop/ready ## Run all tests; those that need a missing program say so.
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --include 'src/admit/protocol/*' --fail-under 100
	$(BIN)/coverage report --skip-covered

test-unit: $(VENV)/check ## Run the fast tests: no browser, no other provider, no real store.
	$(BIN)/python -m pytest --ignore tests/browser --ignore tests/hostile --ignore tests/interop \
	  --ignore tests/stores

hostile: $(VENV)/check ## Attack the sample app, break its provider, and print what each case came to.
	@$(BIN)/python tests/hostile/table.py $(if $(CASES),-k "$(CASES)")

test-pythons: ## Run the fast tests and the hostile ones on every supported Python that is installed.
	@for version in 3.11 3.12 3.13; do \
	  python=python$$version; \
	  $$python -c '' 2>/dev/null || python=$$(pyenv prefix $$version 2>/dev/null)/bin/python; \
	  if $$python -c '' 2>/dev/null; then \
	    echo "== Python $$version"; \
	    $(MAKE) --no-print-directory test-unit hostile PYTHON=$$python VENV=.venv-$$version || exit 1; \
	  else echo "== Python $$version is not installed here"; fi; \
	done

check: $(VENV)/check ## Run the linters, the type checkers and the import contracts.
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/pyright --warnings
	$(BIN)/lint-imports --no-logo

format: $(VENV)/check ## Format the code, and repair what the linter can.
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format

lock: $(VENV)/check ## Bring requirements/ up to date with pyproject.toml.
	for group in demo test check fuzz mutation; do \
	  $(BIN)/$(LOCK) pyproject.toml --extra dev --group $$group -o requirements/$$group.txt || exit 1; \
	done
	$(BIN)/$(LOCK) --group interop -o requirements/interop.txt

pictures: $(VENV)/check ## Take the documentation's pictures anew, in Chromium.
	$(BIN)/python tests/browser/pictures.py

fuzz: $(VENV)/check $(VENV)-fuzz/ready ## Fuzz: the state machine, then each target; SECONDS=60 says how long.
	FUZZ_SECONDS=$(SECONDS) $(BIN)/python -m pytest tests/properties/test_state_machine.py
	@if test -e $(VENV)-fuzz/ready; then $(VENV)-fuzz/bin/python tests/fuzz/run.py $(SECONDS); \
	else echo "No atheris for this Python: make fuzz PYTHON=python3.13 VENV=.venv-3.13"; fi

bench: ## Measure against bare Flask; PEERS="admit authlib ..." adds other libraries.
	$(PYTHON) bench/run.py $(if $(PEERS),--peers $(PEERS))

bench-stores: $(VENV)/check ## Measure sessions in stores: sizes, a million of them, ends of a thousand.
	$(BIN)/python bench/stores.py

bench-storm: ## Sign in 200 users a second for a minute, with sessions in Redis; RATES="50 100" asks others.
	$(PYTHON) bench/storm.py $(if $(RATES),--rates $(RATES))

bench-failover: ## Kill a primary of Redis under load, behind Sentinel and in a Cluster.
	$(PYTHON) bench/failover.py

mutation: ## Change the code in 2,900 places, one at a time, and see whether a test notices; CHILDREN=1 is gentler.
	@$(MAKE) --no-print-directory VENV=$(VENV)-mutation $(VENV)-mutation/mutation
	@rm -rf mutants
	nice -n 10 $(VENV)-mutation/bin/mutmut run --max-children $(or $(CHILDREN),2)
	@$(VENV)-mutation/bin/python tests/mutation/score.py

clean: ## Remove what the other targets made.
	rm -rf $(VENV) .venv-* .*_cache .coverage .hypothesis dist mutants tests/fuzz/found

# Locked by hash, ours included: the build tool comes from the same lock.
$(VENV)/demo $(VENV)/check $(VENV)/mutation: $(VENV)/%: requirements/%.txt pyproject.toml
	@echo "Setting up $(VENV) ($*) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) --require-hashes -r $<
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)-interop/ready: requirements/interop.txt tests/interop/package-lock.json
	@echo "Setting up $(VENV)-interop ..."
	@test -x $(VENV)-interop/bin/python || $(PYTHON) -m venv $(VENV)-interop
	@$(VENV)-interop/bin/python $(PIP) --require-hashes -r $<
	@PATH="$(abspath $(VENV)-interop/bin):$$PATH" npm ci --silent --no-fund --no-audit --ignore-scripts --prefix tests/interop
	@touch $@

# Without the fuzzer, the state machine runs all the same.
$(VENV)-fuzz/ready: requirements/fuzz.txt
	@echo "Setting up $(VENV)-fuzz ..."
	@test -x $(VENV)-fuzz/bin/python || $(PYTHON) -m venv $(VENV)-fuzz
	@-$(VENV)-fuzz/bin/python $(PIP) --only-binary :all: --require-hashes -r $< && touch $@
